#!/usr/bin/env python3
# h2_flood.py CLIENT ADDRESS KIND: an HTTP/2 client that misbehaves in one way, frame by frame, and says how it ended:
# "goaway N" (the error code), "reset N" (of its stream), "answered", "closed" or "alive" (it answered the last PING).
import struct
import sys

from h2_frames import (ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PRIORITY, RST, SETTINGS,
                       WINDOW, connect, fields, frame, next_frame)

client, address, kind = sys.argv[1:4]
GET = fields((":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/sleep/3000"))
LONG = fields((":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/sleep/12000"))
POST = fields((":method", "POST"), (":scheme", "http"), (":authority", "a"), (":path", "/sleep/3000"))
SHORT = POST + fields(("content-length", "3"))
sock = connect(client, address)


def made_resets():
    """Bodies that are not what their length says: the server must reset, stream by stream, never too many at once."""
    for first in range(1, 2401, 40):
        for n in range(first, first + 40, 2):
            yield frame(HEADERS, END_HEADERS, n, SHORT) + frame(DATA, END_STREAM, n, b"longer")
        while (got := next_frame(sock))[:3] != (RST, 0, first + 38):
            if got[0] == GOAWAY:
                raise SystemExit(print(goaway(got[3])))


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
    if kind == "made-reset":
        return made_resets()
    if kind == "continuation":
        return [frame(HEADERS, END_STREAM, 1, GET)] + [frame(CONTINUATION, 0, 1, fields(("x", "y")))] * 3000
    if kind == "head":
        large = fields(("x", "y" * 100)) * 120
        return [frame(HEADERS, END_STREAM, 1, GET)] + [frame(CONTINUATION, 0, 1, large)] + [
            frame(CONTINUATION, END_HEADERS, 1, large)]
    if kind == "malformed": # the other request lasts longer than a section may take
        sock.settimeout(30)
        return [frame(HEADERS, END_STREAM | END_HEADERS, 1, LONG),
                frame(HEADERS, END_STREAM | END_HEADERS, 3, GET + fields(("connection", "close")))]
    if kind == "endless": # and this one is not even read to its end
        sock.settimeout(30)
        return [frame(HEADERS, END_STREAM | END_HEADERS, 1, LONG), frame(HEADERS, END_STREAM, 3, GET)] + [
            frame(CONTINUATION, 4 * (n == 7), 3, fields(("x", "y" * 100)) * 150) for n in range(8)]
    if kind == "unknown":
        return [frame(99, 0, 0, b"unknown")] * 3
    raise SystemExit("no such kind: " + kind)


def goaway(payload):
    return "goaway %d" % struct.unpack(">I", payload[4:8])


def outcome():
    while True:
        kind_, flags, stream, payload = next_frame(sock)
        if kind_ == GOAWAY:
            return goaway(payload)
        if kind_ == RST and stream == 1:
            return "reset %d" % struct.unpack(">I", payload[:4])
        if kind_ == HEADERS and stream == 1 and kind in ("head", "malformed", "endless"):
            return "answered"
        if kind_ == PING and flags & ACK and payload == b"theend!!":
            return "alive"


try:
    for each in floods():
        sock.sendall(each)
    if kind not in ("head", "malformed", "endless"):
        sock.sendall(frame(PING, 0, 0, b"theend!!"))
except OSError:
    pass
try:
    print(outcome())
except (EOFError, OSError):
    print("closed")
