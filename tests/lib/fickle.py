# fickle.py - a server for Machines that does as /srv/mode.<its Machine's id> says, from one connection to the next:
#   answer   reads a request and answers with its Machine's id (also when there is no such file)
#   close    reads a request and closes; reset does so with RST, at once
#   refuse   does not listen
import os
import socket
import struct
import sys
import time

me = os.environ["FLY_MACHINE_ID"]
listener = None


def mode():
    try:
        with open("/srv/mode." + me, encoding="ascii") as file:
            return file.read().strip()
    except FileNotFoundError:
        return "answer"


def listen():
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("0.0.0.0", int(sys.argv[1])))
    sock.listen(64)
    sock.settimeout(0.02)
    return sock


def serve(sock, how):
    sock.settimeout(5)
    if how == "reset":
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(4096)
        if not part:
            return
        data += part
    if how == "answer":
        body = (me + "\n").encode()
        sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


while True:
    now = mode()
    if now == "refuse":
        if listener:
            listener.close()
        listener = None
        time.sleep(0.02)
        continue
    listener = listener or listen()
    try:
        with listener.accept()[0] as client:
            serve(client, mode())
    except OSError:
        pass
