"""A server that --forward may name, with habits: upstream.py ADDRESS PORT HABIT

silent    takes questions and never answers
guessed   before the answer (203.0.113.1) come some with other ids, with another question, and one from another port
loud      answers with nothing but wrong ids
useless   SERVFAIL with an extended error
halting   answers over UDP, and closes every connection over TCP
odd       OPT in front of another record of the additional section, and an address of its own
A line to standard output for every question: name, type, transport, source port, id."""
import socket
import struct
import sys
import threading


def name_end(packet):
    at = 12
    while packet[at]:
        at += packet[at] + 1
    return at + 1


def dotted(packet):
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1"))
        at += packet[at] + 1
    return ".".join(labels)


def answer(packet, last_octet, ident=None, name=None, rcode=0, extra=b"", extra_count=0):
    end = name_end(packet)
    question = (name or packet[12:end]) + packet[end:end + 4]
    record = b"" if rcode else b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71" + bytes([last_octet])
    ident = packet[:2] if ident is None else ident
    return ident + struct.pack(">HHHHH", 0x8180 | rcode, 1, 0 if rcode else 1, 0, extra_count) + question + record + extra


OPT_EDE = b"\0\0\x29\x04\xd0\0\0\0\0\0\x08\0\x0f\0\4\0\x09no"  # EDE 9
OPT = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
GLUE = b"\2ns\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xcb\0\x71\x63"


def tell(packet, transport, source):
    end = name_end(packet)
    kind = struct.unpack(">H", packet[end:end + 2])[0]
    print(dotted(packet), kind, transport, source[1], packet[:2].hex(), flush=True)


def replies(packet, habit):
    wrong = bytes([packet[0] ^ 1, packet[1]])
    if habit == "silent":
        return []
    if habit == "loud":
        return [answer(packet, 66, ident=bytes([packet[0] ^ 1, i])) for i in range(20)]
    if habit == "useless":
        return [answer(packet, 0, rcode=2, extra=OPT_EDE, extra_count=1)]
    if habit == "odd":
        return [answer(packet, 1, extra=OPT + GLUE, extra_count=2)]
    return [answer(packet, 66, ident=wrong), answer(packet, 66, name=b"\4evil\4test\0"), b"", packet, packet[:5],
            answer(packet, 1)]


def serve_tcp(listener, habit):
    while True:
        conn, source = listener.accept()
        size = struct.unpack(">H", conn.recv(2, socket.MSG_WAITALL))[0]
        packet = conn.recv(size, socket.MSG_WAITALL)
        tell(packet, "tcp", source)
        if habit == "halting":
            conn.close()
            continue
        if habit == "silent":
            kept.append(conn)
            continue
        message = replies(packet, habit)[-1]
        conn.sendall(struct.pack(">H", len(message)) + message)
        conn.close()


kept = []
address, port, habit = sys.argv[1], int(sys.argv[2]), sys.argv[3]
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.bind((address, port))
tcp = socket.create_server((address, port), family=socket.AF_INET6)
other = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
threading.Thread(target=serve_tcp, args=(tcp, habit), daemon=True).start()
print("serves", flush=True)
while True:
    packet, source = udp.recvfrom(4096)
    tell(packet, "udp", source)
    if habit == "guessed":
        other.sendto(answer(packet, 66), source)
    for message in replies(packet, habit):
        udp.sendto(message, source)
