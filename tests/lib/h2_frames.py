# h2_frames.py - HTTP/2 frame by frame, for clients in tests that do what no library does. Fields go out as literals.
import socket
import struct

DATA, HEADERS, PRIORITY, RST, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS, ACK = 1, 4, 1


def frame(kind_, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind_, flags]) + struct.pack(">I", stream) + payload


def text(value):
    return bytes([len(value)]) + value.encode()


def fields(*pairs):
    return b"".join(b"\x00" + text(name) + text(value) for name, value in pairs)


def connect(client, address):
    sock = socket.socket(socket.AF_INET6)
    sock.bind((client, 0))
    sock.settimeout(10)
    sock.connect((address, 80))
    sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))
    return sock


def receive(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def next_frame(sock):
    """kind, flags, stream, payload"""
    head = receive(sock, 9)
    return head[3], head[4], struct.unpack(">I", head[5:9])[0], receive(sock, int.from_bytes(head[:3], "big"))
