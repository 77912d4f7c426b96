#!/usr/bin/env python3
# h2_stalled.py CLIENT ADDRESS: opens a WebSocket over HTTP/2 with windows without end, reads its first octets, says "open" and
# reads no more until it is told to with a line of its input; then prints how the stream ended.
import socket
import struct
import sys

from h2_frames import DATA, END_HEADERS, GOAWAY, HEADERS, RST, SETTINGS, WINDOW, fields, frame, next_frame

ENDLESS = (1 << 31) - 1
sock = socket.socket(socket.AF_INET6)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
sock.bind((sys.argv[1], 0))
sock.settimeout(10)
sock.connect((sys.argv[2], 80))
sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, ENDLESS)) +
             frame(WINDOW, 0, 0, struct.pack(">I", ENDLESS - 65535)))
while next_frame(sock)[0] != SETTINGS:
    pass
sock.sendall(frame(HEADERS, END_HEADERS, 1, fields(
    (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "ws"),
    (":path", "/"), ("sec-websocket-version", "13"))))
while next_frame(sock)[0] != DATA:
    pass
print("open", flush=True)
sys.stdin.readline()
while True:
    kind, flags, stream, payload = next_frame(sock)
    if kind in (RST, GOAWAY):
        print("ended %d" % struct.unpack(">I", payload[-4:]))
        break
