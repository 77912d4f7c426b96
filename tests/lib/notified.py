"""notified.py SOCKET: is systemd's side of sd_notify: prints each message's lines, with ~ before the message's first."""
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
path = sys.argv[1]
s.bind('\0' + path[1:] if path.startswith('@') else path)
print('~LISTENING', flush=True)
while True:
    print('~' + s.recv(4096).decode(), flush=True)
