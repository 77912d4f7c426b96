"""freeze.py TID...: stops these threads, and no others of their process, until its own standard input ends."""
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
def ptrace(what, tid):
    if libc.ptrace(ctypes.c_long(what), ctypes.c_long(tid), ctypes.c_void_p(0), ctypes.c_void_p(0)) < 0:
        raise OSError(ctypes.get_errno(), f'ptrace {what} {tid}')
threads = [int(word) for word in sys.argv[1:]]
for tid in threads:
    ptrace(SEIZE, tid)
    ptrace(INTERRUPT, tid)
    os.waitpid(tid, 0x40000000)  # __WALL
print('frozen', flush=True)
sys.stdin.read()
for tid in threads:
    ptrace(DETACH, tid)
