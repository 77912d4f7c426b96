#!/usr/bin/env python3
# h2_websocket.py CLIENT ADDRESS SENT: opens a WebSocket over HTTP/2 (RFC 8441), sends the text, ends its side, and prints the
# status and what came back until the other side ended.
import struct
import sys

from h2_frames import DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST, SETTINGS, connect, fields, frame, next_frame

client, address, text = sys.argv[1:4]
sock = connect(client, address)
came = ""
while True:
    kind, flags, stream, payload = next_frame(sock)
    if kind == SETTINGS and payload:
        settings = dict(struct.unpack(">HI", payload[i:i + 6]) for i in range(0, len(payload), 6))
        if settings.get(8) != 1:
            raise SystemExit("the proxy does not offer extended CONNECT")
        sock.sendall(frame(HEADERS, END_HEADERS, 1, fields(
            (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"), (":authority", "ws"),
            (":path", "/chat"), ("sec-websocket-version", "13"))))
        sock.sendall(frame(DATA, 0, 1, text.encode()))
    if kind == HEADERS and stream == 1:
        came += {0x88: "200 "}.get(payload[0], "%02x " % payload[0])
        sock.sendall(frame(DATA, END_STREAM, 1, b"!"))
    if kind == DATA:
        came += payload.decode()
    if kind in (RST, GOAWAY):
        came += " ended %d" % struct.unpack(">I", payload[-4:])
    if kind in (RST, GOAWAY) or (stream == 1 and flags & END_STREAM and kind in (DATA, HEADERS)):
        break
print(came)
