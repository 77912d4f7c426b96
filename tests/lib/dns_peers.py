"""dns_peers.py OURS NSD KNOT SOURCE ZONEFILE...: the same questions to flycast-dns and to two servers that have loaded
its zones (ports of ::1; ours is asked from SOURCE), and every answer compared. A difference must be one of `reasons`,
and every reason must be met, or the list is stale. Prints how often each was.
"""
import random
import re
import socket
import struct
import sys

ZONES = (b'flycast', b'internal', b'a.a.d.f.ip6.arpa')
EMPTY = 65280  # what the files give names without records
A, NS, SOA, PTR, TXT, AAAA, SRV, OPT, DS, HTTPS, ANY = 1, 2, 6, 12, 16, 28, 33, 41, 43, 65, 255
KINDS = {'SOA': SOA, 'NS': NS, 'AAAA': AAAA, 'TXT': TXT, 'PTR': PTR, 'SRV': SRV, 'HTTPS': HTTPS}
TSIG, IXFR, AXFR, MAILB, MAILA = 250, 251, 252, 253, 254
TYPES = (0, A, NS, 5, SOA, PTR, 13, 15, TXT, AAAA, 29, SRV, 35, 37, 39, OPT, DS, 44, 46, 47, 48, 50, 51, 52, 59, 61, 64,
         HTTPS, 99, 249, TSIG, IXFR, AXFR, MAILB, MAILA, ANY, 256, 257, 32768, 65279, 65534, 65535)
SIZES = (0, 1, 511, 512, 513, 600, 1231, 1232, 1233, 4096, 65535)
NAMES_IN_DATA = {NS: 0, 5: 0, PTR: 0, SOA: 0}
WINDOW = 50  # questions on their way
RCODES = {0: 'NOERROR', 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED', 9: 'NOTAUTH'}


# ---------------------------------------------------------------------------------------------------- names

def wire(labels):
    return b''.join(bytes([len(label)]) + label for label in labels) + b'\0'


def labels_of(text):
    """The labels of a name in a zone file."""
    labels, label, at = [], bytearray(), 0
    while at < len(text):
        if text[at] == '\\' and text[at + 1].isdigit():
            label.append(int(text[at + 1:at + 4]))
            at += 4
        elif text[at] == '\\':
            label.append(ord(text[at + 1]))
            at += 2
        elif text[at] == '.':
            labels.append(bytes(label))
            label = bytearray()
            at += 1
        else:
            label.append(ord(text[at]))
            at += 1
    return tuple(labels)


def zone_of(labels):
    """How many labels the zone has that a name is in; 0: none."""
    folded = [label.lower() for label in labels]
    for zone in ZONES:
        apex = zone.split(b'.')
        if folded[len(folded) - len(apex):] == apex:
            return len(apex)
    return 0


def mangled(labels, rng):
    return tuple(bytes(rng.choice((c, c ^ 32)) if chr(c).isalpha() and c < 128 else c for c in label)
                 for label in labels)


def longest(zone):
    """A name of 255 octets in the zone."""
    left, labels = 254 - len(wire(zone)), []
    while left > 0:
        take = min(63, left - 1)
        if left - 1 - take == 1:
            take -= 1
        labels.append(b'l' * take)
        left -= take + 1
    return tuple(labels) + zone


def gathered(files):
    """{name: {type}} of the files."""
    names = {}
    for file in files:
        for line in open(file, encoding='ascii'):
            if not line.startswith(';'):
                owner, _, _, kind, _ = line.split('\t', 4)
                names.setdefault(labels_of(owner), set()).add(KINDS.get(kind) or int(kind.replace('TYPE', '')))
    return names


def asked_names(names):
    """Those of the files, all above them, beside and below them, odd ones, long ones, and ones of no zone."""
    wanted = set(names)
    for labels in names:
        apex = zone_of(labels)
        for cut in range(1, len(labels) - apex + 1):
            wanted.add(labels[cut:])
        if len(labels) > apex:
            wanted.add((b'nobody',) + labels[1:])
            wanted.add((labels[0][:-1] + bytes([labels[0][-1] ^ 1]),) + labels[1:])
        if len(wire((b'below',) + labels)) <= 255:
            wanted.add((b'below',) + labels)
    for zone in ZONES:
        apex = tuple(zone.split(b'.'))
        for odd in (b'*', b'\0', b'a.b', b'\xff\xfe', b'\\', b' ', b'l' * 63, b'_', b'@', b'$'):
            wanted.add((odd,) + apex)
        wanted.add(longest(apex))
    wanted |= {(), (b'com',), (b'example', b'com'), (b'arpa',), (b'ip6', b'arpa'), (b'a', b'd', b'f', b'ip6', b'arpa'),
               (b'xflycast',), (b'x.flycast',), longest((b'com',)), (b'top3', b'nearest', b'of', b'web', b'internal')}
    return sorted(wanted)


# ---------------------------------------------------------------------------------------------------- messages

class Question:
    def __init__(self, labels, kind, size=None, do=False, tcp=False, flags=0x0100):
        self.labels, self.kind, self.size, self.do, self.tcp, self.flags = labels, kind, size, do, tcp, flags

    def octets(self, number):
        out = struct.pack('>HHHHHH', number, self.flags, 1, 0, 0, self.size is not None)
        out += wire(self.labels) + struct.pack('>HH', self.kind, 1)
        if self.size is not None:
            out += struct.pack('>BHHIH', 0, OPT, self.size, 0x8000 if self.do else 0, 0)
        return out

    def __str__(self):
        name = '.'.join(repr(label)[2:-1] for label in self.labels) or '.'
        return f"{name} type {self.kind} over {'TCP' if self.tcp else 'UDP'}" + \
            (f" size {self.size}{' DO' if self.do else ''}" if self.size is not None else '')


def read_name(packet, at):
    labels, after, jumps = [], None, 0
    while packet[at]:
        if packet[at] >= 0xc0:
            after = after or at + 2
            at = struct.unpack_from('>H', packet, at)[0] & 0x3fff
            jumps += 1
            assert jumps < 10
            continue
        labels.append(bytes(packet[at + 1:at + 1 + packet[at]]))
        at += 1 + packet[at]
    return tuple(labels), after or at + 1


class Answer:
    """What an answer says, without how it is written down."""

    def __init__(self, packet, question):
        self.len = len(packet)
        _, flags, qd, an, ns, ar = struct.unpack_from('>HHHHHH', packet)
        asked = question.octets(0)[12:12 + len(wire(question.labels)) + 4]
        self.flags, self.rcode = flags & 0xfff0, flags & 15
        self.echoed = qd == 1 and packet[12:12 + len(asked)] == asked
        at, self.opt, sections = 12 + (len(asked) if qd else 0), None, []
        for count in (an, ns, ar):
            records = []
            for _ in range(count):
                record, at = self.read_record(packet, at)
                if record is not None:
                    records.append(record)
            sections.append(sorted(records))
        self.answer, self.authority, self.additional = sections
        assert at == len(packet), 'octets behind the last record'

    def read_record(self, packet, at):
        owner, at = read_name(packet, at)
        kind, cls, ttl, length = struct.unpack_from('>HHIH', packet, at)
        at += 10
        end, data = at + length, bytes(packet[at:at + length])
        if kind == OPT:
            options = []
            while at < end:
                code, size = struct.unpack_from('>HH', packet, at)
                options.append((code, bytes(packet[at + 4:at + 4 + size])))
                at += 4 + size
            self.opt = (cls, ttl, options)
            return None, end
        if kind in NAMES_IN_DATA:
            target, rest = read_name(packet, at)
            data = wire(target).lower()
            if kind == SOA:
                mailbox, rest = read_name(packet, rest)
                data += wire(mailbox).lower()
            data += bytes(packet[rest:end])
        return (owner, kind, cls, ttl, data), end

    def __str__(self):
        bits = ((0x8000, 'qr'), (0x400, 'aa'), (0x200, 'tc'), (0x100, 'rd'), (0x80, 'ra'), (0x20, 'ad'), (0x10, 'cd'))
        set_bits = ''.join(' ' + name for bit, name in bits if self.flags & bit)
        return (f'{RCODES.get(self.rcode, self.rcode)}{set_bits} {self.len} octets, question echoed: {self.echoed}, '
                f'{self.answer}, {self.authority}, {self.additional}, {self.opt}')


TC = 0x200


# ---------------------------------------------------------------------------------------------------- servers

class Server:
    def __init__(self, port, source='::1'):
        self.to, self.source = ('::1', port), source
        self.udp = self.open(socket.SOCK_DGRAM)

    def open(self, kind):
        s = socket.socket(socket.AF_INET6, kind)
        s.settimeout(20)
        s.bind((self.source, 0))
        s.connect(self.to)
        return s

    def ask(self, questions):
        """One answer for each; all of them go the same way."""
        messages = [q.octets(number) for number, q in enumerate(questions)]
        got = self.over_tcp(messages) if questions[0].tcp else self.over_udp(messages)
        return [Answer(got[number], q) for number, q in enumerate(questions)]

    def over_udp(self, messages):
        got = {}
        for message in messages:
            self.udp.send(message)
        while len(got) < len(messages):
            packet = self.udp.recv(65535)
            got[packet[0] << 8 | packet[1]] = packet
        return got

    def over_tcp(self, messages):
        try:
            return self.over_connection(messages)
        except ConnectionError:
            # Knot ends a connection behind some answers; ours has to go on.
            if self.source == '::1' and len(messages) > 1:
                return {n: a for message in messages for n, a in self.over_connection([message]).items()}
            raise

    def over_connection(self, messages):
        got, buffer = {}, b''
        with self.open(socket.SOCK_STREAM) as s:
            s.sendall(b''.join(struct.pack('>H', len(m)) + m for m in messages))
            while len(got) < len(messages):
                while len(buffer) < 2 or len(buffer) < 2 + (buffer[0] << 8 | buffer[1]):
                    part = s.recv(65535)
                    if not part:
                        raise ConnectionError('the connection ended')
                    buffer += part
                size = buffer[0] << 8 | buffer[1]
                packet, buffer = buffer[2:2 + size], buffer[2 + size:]
                got[packet[0] << 8 | packet[1]] = packet
        return got


# ---------------------------------------------------------------------------------------------------- comparing

def folded(records):
    """Owners without their case, for only those of the answer section are the question's own; and each record once, for
    Knot tells the address of a target again for each SRV that names it."""
    return sorted({(tuple(label.lower() for label in owner), *rest) for owner, *rest in records})


def differences(ours, theirs):
    found = set()
    for what in ('rcode', 'flags', 'echoed', 'answer'):
        if getattr(ours, what) != getattr(theirs, what):
            found.add(what)
    for what in ('authority', 'additional'):
        if folded(getattr(ours, what)) != folded(getattr(theirs, what)):
            found.add(what)
    if (ours.opt is None) != (theirs.opt is None) or (ours.opt and ours.opt[:2] != theirs.opt[:2]):
        found.add('opt')
    if ours.opt and theirs.opt and ours.opt[2] != theirs.opt[2]:
        found.add('options')
    return found


class Reason:
    """Why an answer may differ, and in what. `when` gets the question, our answer and theirs."""

    def __init__(self, peers, why, what, when):
        self.peers, self.why, self.what, self.when, self.count = peers, why, set(what.split()), when, 0


def reasons(names):
    both = ('NSD', 'Knot')

    def holds(q):
        return names.get(tuple(label.lower() for label in q.labels), set())

    return [
        Reason(both, 'IXFR over UDP: REFUSED, where they say NOTAUTH', 'rcode',
               lambda q, ours, theirs: q.kind == IXFR and (ours.rcode, theirs.rcode) == (5, 9)),
        Reason(both, 'AXFR over UDP: REFUSED, where they say NOTIMP; RFC 5936 4.2 leaves it open', 'rcode',
               lambda q, ours, theirs: q.kind == AXFR and (ours.rcode, theirs.rcode) == (5, 4)),
        Reason(('Knot',), 'type 0 is a type like any other that a name has not; Knot says NOTIMP',
               'rcode flags authority', lambda q, ours, theirs: q.kind == 0 and theirs.rcode == 4),
        Reason(('Knot',), 'a size of 1 is 512 (RFC 6891 6.2.3); Knot says FORMERR',
               'rcode flags answer authority additional opt',
               lambda q, ours, theirs: q.size == 1 and theirs.rcode == 1),
        Reason(both, 'NS, SRV and HTTPS come with the address of the one they name; they leave out what is optional',
               'additional', lambda q, ours, theirs: q.kind in (NS, SRV, HTTPS, ANY) and len(ours.additional) == 1
               and not theirs.additional),
        Reason(('Knot',), 'SRV of Machines has no addresses, HTTPS no HTTPS in its additional section; Knot tells them',
               'additional', lambda q, ours, theirs: q.kind in (SRV, HTTPS, ANY)
               and len(theirs.additional) > len(ours.additional)
               and set(folded(theirs.additional)) > set(folded(ours.additional))),
        Reason(both, 'ANY is one record set; of an apex ours is its SOA', 'answer additional',
               lambda q, ours, theirs: q.kind == ANY and SOA in holds(q) and [r[1] for r in ours.answer] == [SOA]),
        Reason(both, 'ANY of a name without records: the file has a placeholder', 'answer authority',
               lambda q, ours, theirs: q.kind == ANY and holds(q) == {EMPTY} and not ours.answer),
        Reason(both, 'what does not fit: as many whole records as do, with TC; they tell none', 'answer',
               lambda q, ours, theirs: ours.flags & theirs.flags & TC and not theirs.answer),
        Reason(both, 'top<n>.nearest.of.<app> is a pattern and not in the file', 'rcode answer authority',
               lambda q, ours, theirs: len(q.labels) == 5 and re.fullmatch(rb'(?i)top[1-9][0-9]*', q.labels[0])
               and theirs.rcode == 3),
    ]


def compare(servers, questions, known):
    """The sentences about differences that nothing explains."""
    answers, wrong = {name: server.ask(questions) for name, server in servers.items()}, []
    for i, q in enumerate(questions):
        for peer in ('NSD', 'Knot'):
            ours, theirs = answers['ours'][i], answers[peer][i]
            left = differences(ours, theirs)
            for reason in known:
                if left & reason.what and peer in reason.peers and reason.when(q, ours, theirs):
                    left -= reason.what
                    reason.count += 1
            if left:
                wrong.append(f'{peer}: {q}: {", ".join(sorted(left))}\n    ours:   {ours}\n    theirs: {theirs}')
    return wrong


def main():
    ports, source, files = [int(port) for port in sys.argv[1:4]], sys.argv[4], sys.argv[5:]
    rng = random.Random(1)
    servers = {'ours': Server(ports[0], source), 'NSD': Server(ports[1]), 'Knot': Server(ports[2])}
    names = gathered(files)
    wanted = asked_names(names)
    questions = []
    for tcp in (False, True):
        # Transfers over TCP are no matter of one answer; over TCP every name gets some types, over UDP all
        # of them, but for the many names that are alike.
        for labels in wanted:
            alike = b'vm' in labels or len(labels) > 8
            kinds = rng.sample([kind for kind in TYPES if kind not in (IXFR, AXFR)], 6) if tcp else \
                rng.sample(TYPES, 8) if alike else TYPES
            questions += [Question(labels, kind, tcp=tcp) for kind in kinds]
            questions += [Question(mangled(labels, rng), kind, tcp=tcp, flags=rng.getrandbits(16) & 0x07f0)
                          for kind in (A, AAAA, TXT)]
            for kind in names.get(labels, {AAAA}) - {EMPTY} or {AAAA}:
                sizes = rng.sample(SIZES, 3) if tcp or alike else SIZES
                questions += [Question(labels, kind, size, do=size % 2 == 1, tcp=tcp) for size in sizes]
    known, wrong = reasons(names), []
    for tcp in (False, True):
        same_way = [q for q in questions if q.tcp == tcp]
        for at in range(0, len(same_way), WINDOW):
            wrong += compare(servers, same_way[at:at + WINDOW], known)
    print(f'{len(questions)} questions about {len(wanted)} names to each of three servers')
    for reason in known:
        print(f'{reason.count:8} {"/".join(reason.peers)}: {reason.why}')
    for line in wrong[:40]:
        print(line)
    stale = [reason.why for reason in known if reason.count == 0]
    if stale:
        print('differences that are listed and were not met:', *stale, sep='\n    ')
    if wrong:
        print(f'{len(wrong)} differences that are not listed')
    sys.exit(bool(wrong or stale))


main()
