# slow_link.py PID HERE THERE FILE: a cable between this network namespace and that of process PID, with a tun device at each end
# (HERE and THERE are their names). FILE says how long a packet takes, in milliseconds, or "cut". Prints "up" when it is.
import ctypes
import fcntl
import heapq
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_NO_PI, CLONE_NEWNET = 0x400454CA, 1, 0x1000, 0x40000000
pid, here, there, file = sys.argv[1:]


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def delay():
    with open(file, encoding="ascii") as how:
        text = how.read().strip()
    return None if text == "cut" or not text else float(text) / 1000


ends = [tun(here)]
with open(f"/proc/{pid}/ns/net", encoding="ascii") as space:
    if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET) != 0:
        sys.exit("setns: " + os.strerror(ctypes.get_errno()))
ends.append(tun(there))
print("up", flush=True)
waiting = []
serial = 0
while True:
    rest = max(0, waiting[0][0] - time.monotonic()) if waiting else 1
    for fd in select.select(ends, [], [], rest)[0]:
        packet = os.read(fd, 65536)
        took = delay()
        if took is not None:
            serial += 1
            other = ends[1] if fd == ends[0] else ends[0]
            heapq.heappush(waiting, (time.monotonic() + took, serial, other, packet))
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, other, packet = heapq.heappop(waiting)
        try:
            os.write(other, packet)
        except OSError:
            pass
