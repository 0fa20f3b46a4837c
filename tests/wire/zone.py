"""The names of nettest's DNS test (user/tests/nettest.c has the table), and what a hostile server says about one of them."""
import struct

from . import dns

HOST = dns.Record("host.rxv.test", dns.A, 60, "192.0.2.80")
SERVER = dns.Record("ns.rxv.test", dns.A, 60, "192.0.2.53")


def soa():
    data = bytearray()
    for name in ("ns.rxv.test", "admin.rxv.test"):
        dns.emit_name(data, name, None)
    return dns.Record("rxv.test", dns.SOA, 60, bytes(data) + struct.pack("!5I", 1, 3600, 600, 86400, 60))


class Server(dns.Server):
    def __init__(self):
        super().__init__({
            "one.rxv.test": [dns.Record("one.rxv.test", dns.A, 60, "192.0.2.1")],
            "www.rxv.test": [dns.Record("www.rxv.test", dns.CNAME, 60, HOST.name)],
            "host.rxv.test": [HOST],
            "evil.rxv.test": [dns.Record("evil.rxv.test", dns.A, 60, "192.0.2.66")],
        })

    def answers(self, query):
        """Every datagram that goes back for this one, in order; none for what is no query."""
        raw = self.answer(query)
        if raw is None:
            return []
        reply = dns.Message.parse(raw)
        asked = reply.questions[0].name if reply.questions else ""
        if asked == "www.rxv.test":
            reply.authority.append(dns.Record("rxv.test", dns.NS, 60, SERVER.name))
            reply.additional.append(SERVER)
        elif reply.rcode == dns.NXDOMAIN:
            reply.authority.append(soa())
        good = reply.emit()
        return (hostile(reply) if asked == "evil.rxv.test" else []) + [good]


def hostile(good):
    """Answers that a client must not believe, nor be hurt by. good: the right one."""
    head = struct.pack("!6H", good.id, 0x8180, 1, 1, 0, 0)
    question = bytearray()
    dns.emit_name(question, good.questions[0].name, None)
    question += struct.pack("!HH", dns.A, dns.IN)
    start = head + bytes(question)
    at = len(start)  # where the answer's name is
    rest = struct.pack("!HHIH", dns.A, dns.IN, 60, 4) + b"\xc0\0\2\x43"

    def pointer(to):
        return struct.pack("!H", 0xc000 | to)
    other = dns.Message.parse(good.emit())
    other.questions = [dns.Question("other.rxv.test")]
    return [
        head[:5],
        struct.pack("!H", good.id ^ 0x5555) + good.emit()[2:],
        start + pointer(at) + rest,                              # a name that is a pointer to itself
        start + pointer(at + 2) + pointer(at) + rest,            # two that point at each other
        start[:6] + b"\xff\xff" + start[8:] + pointer(12) + rest[:10] + b"\xc0\0\2\x43",  # 65535 records, and one is there
        start + pointer(12) + rest[:8] + b"\2\0" + rest[10:],    # data that ends after the message
        start + pointer(12) + rest[:8] + b"\0\3" + rest[10:13],  # an address of three bytes
        other.emit(),
    ]
