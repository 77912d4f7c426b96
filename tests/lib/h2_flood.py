#!/usr/bin/env python3
# h2_flood.py CLIENT ADDRESS KIND: an HTTP/2 client that misbehaves in one way, frame by frame, and says how it ended:
# "goaway N" (the error code), "reset N" (of its stream), "answered", "closed" or "alive" (it answered the last PING).
import socket
import struct
import sys

client, address, kind = sys.argv[1:4]
DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind_, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind_, flags]) + struct.pack(">I", stream) + payload


def text(value):
    return bytes([len(value)]) + value.encode()


def fields(*pairs):
    return b"".join(b"\x00" + text(name) + text(value) for name, value in pairs)


GET = fields((":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/sleep/3000"))
POST = fields((":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/sleep/3000"))
sock = socket.socket(socket.AF_INET6)
sock.bind((client, 0))
sock.settimeout(10)
sock.connect((address, 80))
sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))


def floods():
    if kind == "ping":
        return [frame(PING, 0, 0, b"12345678")] * 3000
    if kind == "settings":
        return [frame(SETTINGS, 0, 0)] * 3000
    if kind == "priority":
        return [frame(PRIORITY, 0, 1, struct.pack(">IB", 0, 9))] * 3000
    if kind == "empty-data":
        return [frame(HEADERS, END_HEADERS, 1, POST)] + [frame(DATA, 0, 1)] * 3000
    if kind == "window":
        return [frame(WINDOW, 0, 0, struct.pack(">I", 1))] * 3000
    if kind == "reset":
        pairs = ((frame(HEADERS, END_STREAM | END_HEADERS, n, GET), frame(RST, 0, n, struct.pack(">I", 8)))
                 for n in range(1, 1201, 2))
        return [each for pair in pairs for each in pair]
    if kind == "continuation":
        return [frame(HEADERS, END_STREAM, 1, GET)] + [frame(CONTINUATION, 0, 1, fields(("x", "y")))] * 3000
    if kind == "head":
        large = fields(("x", "y" * 100)) * 120
        return [frame(HEADERS, END_STREAM, 1, GET)] + [frame(CONTINUATION, 0, 1, large)] + [
            frame(CONTINUATION, END_HEADERS, 1, large)]
    if kind == "unknown":
        return [frame(99, 0, 0, b"unknown")] * 3
    raise SystemExit("no such kind: " + kind)


def receive(count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def outcome():
    while True:
        head = receive(9)
        kind_, flags, stream = head[3], head[4], struct.unpack(">I", head[5:9])[0]
        payload = receive(int.from_bytes(head[:3], "big"))
        if kind_ == GOAWAY:
            return "goaway %d" % struct.unpack(">I", payload[4:8])
        if kind_ == RST and stream == 1:
            return "reset %d" % struct.unpack(">I", payload[:4])
        if kind_ == HEADERS and kind == "head":
            return "answered"
        if kind_ == PING and flags & ACK and payload == b"theend!!":
            return "alive"


try:
    for each in floods():
        sock.sendall(each)
    if kind != "head":
        sock.sendall(frame(PING, 0, 0, b"theend!!"))
except OSError:
    pass
try:
    print(outcome())
except (EOFError, OSError):
    print("closed")
