# Seconds of packets that are no questions, over UDP and TCP, while a client asks at a steady pace: every question of his is
# answered, memory stays as it was, and the log says nothing.
# shellcheck source=tests/lib/dns.sh
. "$lib/dns.sh"
fly init >/dev/null
fly apps create web >/dev/null
fly networks attach ::1/128 >/dev/null
fly ips allocate-v6 --private -a web >/dev/null
cd "$dir" || exit
dns --metrics '[::1]:9153'
pid=$(pid_of dns)

cat >flood.py <<'PY'
"""flood.py PORT SECONDS SEED: noise at two paces a packet apart, and a client whose questions are all to be answered."""
import random, socket, struct, sys, threading, time
port, seconds, seed = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
QUESTION = b'\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x03web\x07flycast\x00\x00\x1c\x00\x01'
OPT = b'\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x0c\x00\x0a\x00\x08\x01\x23\x45\x67\x89\xab\xcd\xef'
good = struct.pack('!H', 7) + QUESTION + OPT
until = time.monotonic() + seconds

def malformed(r):
    kind = r.randrange(7)
    if kind == 0:
        return r.randbytes(r.randrange(0, 600))
    if kind == 1:
        return good[:r.randrange(len(good))]
    if kind == 2:  # some octets are others
        m = bytearray(good)
        for _ in range(r.randrange(1, 6)):
            m[r.randrange(len(m))] = r.randrange(256)
        return bytes(m)
    if kind == 3:  # a header that promises much
        return r.randbytes(2) + bytes([r.randrange(128), r.randrange(256)]) + r.randbytes(8) + r.randbytes(r.randrange(40))
    if kind == 4:  # a name of pointers
        return good[:12] + struct.pack('!H', 0xc000 | r.randrange(64)) * r.randrange(1, 200)
    if kind == 5:  # options that say another length
        return good[:-10] + struct.pack('!HH', r.randrange(70), r.randrange(65536)) + r.randbytes(r.randrange(60))
    return good + r.randbytes(r.randrange(1, 1200))

sent = [0, 0]
def udp_noise():
    r = random.Random(seed)
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.connect(('::1', port))
    while time.monotonic() < until:
        for _ in range(50):
            try:
                s.send(malformed(r))
            except OSError:
                pass
        sent[0] += 50
        time.sleep(0.002)  # so that no buffer overflows: what is lost there would be lost of the good ones, too

def tcp_noise():
    r = random.Random(seed + 1)
    while time.monotonic() < until:
        try:
            with socket.create_connection(('::1', port), timeout=5) as s:
                for _ in range(r.randrange(1, 20)):
                    m = malformed(r)
                    s.sendall(struct.pack('!H', len(m) if r.randrange(4) else r.randrange(65536)) + m)
                sent[1] += 1
        except OSError:
            pass

noise = [threading.Thread(target=udp_noise), threading.Thread(target=tcp_noise)]
for thread in noise:
    thread.start()
asked = answered = 0
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(('::1', 0))
s.connect(('::1', port))
s.settimeout(5)
while time.monotonic() < until:
    asked += 1
    s.send(struct.pack('!H', asked & 0xffff) + good[2:])
    try:
        m = s.recv(4096)
        answered += m[:2] == struct.pack('!H', asked & 0xffff) and m[3] & 15 == 0 and m[6:8] == b'\0\1'
    except socket.timeout:
        pass
    time.sleep(0.005)
for thread in noise:
    thread.join()
print('all' if asked and asked == answered else f'{answered} of {asked}', *('much' if n >= least else n for n, least in zip(sent, (10000, 50))))
PY
resident() { awk '/^VmRSS/ {print $2}' "/proc/$pid/status"; }
closed() { [ "$(curl -s 'http://[::1]:9153/metrics' | sed -n 's/^flycast_dns_tcp_open //p')" -eq 0 ]; }
is 'all much much' python3 flood.py "$port" 2 "$RANDOM"
within 10 closed
before=$(resident) said=$(wc -l <dns.log)
is 'all much much' python3 flood.py "$port" 5 "$RANDOM"
within 10 closed
[ "${FLYCAST_SANITIZER:-}" ] || [ $(($(resident) - before)) -le 512 ] || fail "it grew from $before KiB to $(resident)"
is "$said" eval 'wc -l <dns.log'
is fdaa:0:1:0:1::2 ask ::1 +tcp AAAA web.flycast
stop dns
pass 'every question is answered among packets that are none, over UDP and TCP; memory and log stay as they were'
