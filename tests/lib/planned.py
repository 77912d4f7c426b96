# planned.py - a server for Machines, of HTTP/1.1 and HTTP/2 (by prior knowledge), that does with each connection what the next
# line of /srv/plan says; when there is none it answers.
#   close       reads the request's head and closes
#   refuse      HTTP/2: resets the stream with REFUSED_STREAM as soon as its head is there
#   late        ... when 20000 octets of the body are there; later: 1200000
#   goaway      HTTP/2: says that it took no stream, and closes
#   answer      reads the request, answers with the number of this connection and the SHA-256 of the body, and closes
# A file name behind the word: not before that file is there.
import hashlib
import os
import signal
import socket
import struct
import sys
import time

sys.path.insert(0, "/srv")
from h2_frames import ACK, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST, SETTINGS, WINDOW, frame, receive  # noqa: E402

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
REFUSED_STREAM = 7
LATE = {"late": 20000, "later": 1200000}


def wait_for(names):
    while names and not os.path.exists(names[0]):
        time.sleep(0.01)


def one(sock, count, step, data):
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        if not part:
            return
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = sum(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    wait_for(step[1:])
    if step[0] == "close":
        return
    body += receive(sock, length - len(body))
    text = ("%d %s\n" % (count, hashlib.sha256(body).hexdigest())).encode()
    sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(text) + text)


def two(sock, count, step):
    sock.sendall(frame(SETTINGS, 0, 0))
    body = b""
    while True:
        head = receive(sock, 9)
        kind, flags, stream = head[3], head[4], struct.unpack(">I", head[5:9])[0]
        payload = receive(sock, int.from_bytes(head[:3], "big"))
        if kind == SETTINGS and not flags & ACK:
            sock.sendall(frame(SETTINGS, ACK, 0))
        elif kind == PING and not flags & ACK:
            sock.sendall(frame(PING, ACK, 0, payload))
        elif kind == HEADERS and step[0] == "refuse":
            sock.sendall(frame(RST, 0, stream, struct.pack(">I", REFUSED_STREAM)))
        elif kind == HEADERS and step[0] == "goaway":
            sock.sendall(frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0)))
            return
        elif kind == DATA:
            body += payload
            if payload:
                more = struct.pack(">I", len(payload))
                sock.sendall(frame(WINDOW, 0, 0, more) + frame(WINDOW, 0, stream, more))
            if step[0] in LATE and len(body) >= LATE[step[0]]:
                sock.sendall(frame(RST, 0, stream, struct.pack(">I", REFUSED_STREAM)))
                step = ["over"]
        if kind in (HEADERS, DATA) and flags & END_STREAM and step[0] == "answer":
            text = ("%d %s\n" % (count, hashlib.sha256(body).hexdigest())).encode()
            last = frame(GOAWAY, 0, 0, struct.pack(">II", stream, 0))
            sock.sendall(frame(HEADERS, END_HEADERS, stream, b"\x88") + last + frame(DATA, END_STREAM, stream, text))
            return


def serve(sock, count, step):
    data = receive(sock, len(PREFACE))
    if data == PREFACE:
        two(sock, count, step)
        sock.shutdown(socket.SHUT_WR)  # with a reset the last frames might be lost
        sock.settimeout(5)
        while sock.recv(65536):
            pass
    else:
        one(sock, count, step, data)


def plan(count):
    try:
        with open("/srv/plan", encoding="ascii") as file:
            lines = file.read().split("\n")
    except FileNotFoundError:
        lines = []
    return lines[count].split() if count < len(lines) and lines[count] else ["answer"]


signal.signal(signal.SIGCHLD, signal.SIG_IGN)
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", int(sys.argv[1])))
listener.listen(64)
begun = 0
seen = None
while True:
    connection = listener.accept()[0]
    now = os.path.exists("/srv/plan") and os.stat("/srv/plan").st_ino
    if now != seen:  # another plan is read from its first line on
        seen, begun = now, 0
    if os.fork() == 0:
        try:
            serve(connection, begun, plan(begun))
        except (EOFError, OSError):
            pass
        os._exit(0)
    connection.close()
    begun += 1
