#!/usr/bin/env python3
# h2_early.py CLIENT ADDRESS [LENGTH]: begins a request with a body of so many octets, or of a length it does not say, sends one
# of them, and prints what comes when it is answered before: how far the window opened, and the code of the reset.
import struct
import sys

from h2_frames import DATA, END_HEADERS, HEADERS, RST, WINDOW, connect, fields, frame, next_frame

client, address = sys.argv[1:3]
length = sys.argv[3:]
sock = connect(client, address)
head = [(":method", "POST"), (":scheme", "http"), (":authority", "web"), (":path", "/")]
sock.sendall(frame(HEADERS, END_HEADERS, 1, fields(*head, *[("content-length", n) for n in length])))
sock.sendall(frame(DATA, 0, 1, b"x"))
opened = 0
while True:
    kind, _, stream, payload = next_frame(sock)
    if stream != 1:
        continue
    if kind == HEADERS:
        print("answered, window", opened)
    if kind == WINDOW:
        opened += struct.unpack(">I", payload)[0]
    if kind == RST:
        print("reset", struct.unpack(">I", payload)[0])
        break
