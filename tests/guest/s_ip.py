"""IPv4 and ICMP over the wire: checks, fragments, echo, errors."""
import random
import time

from wire import packet as p
from .scenario import check, equal, scenario

GUEST = "10.0.2.15"


def error(kind, code):
    return lambda f: f.icmp and (f.icmp.type, f.icmp.code) == (kind, code)


@scenario(harts=(1, 3, 8), net="wire")
def echo_of_every_size(t):
    """Pings of 0 to 65507 bytes come back byte for byte, the long ones in fragments both ways."""
    r = random.Random(1)
    for n, size in enumerate((0, 1, 2, 7, 18, 26, 56, 100, 1000, 1471, 1472, 1473, 1480, 2952, 2960, 2961, 8000, 20001, 65507)):
        data = bytes(r.randrange(256) for _ in range(size))
        ip = t.host.ping(data, seq=n)
        check(p.Icmp.parse(ip.payload).payload == data, "the reply to %d bytes differs" % size)
        equal((ip.src, ip.dst), (GUEST, t.host.address), "its addresses")


@scenario(net="wire")
def fragments_in_any_order(t):
    """Fragments shuffled, repeated, cut into odd sizes, of two packets at once: each packet is answered once."""
    r = random.Random(2)
    t.host.ping(b"warm")
    for turn in range(20):
        size = r.choice([600, 1500, 3000, 9000])
        data = bytes(r.randrange(256) for _ in range(size))
        pieces = []
        for k in range(2):
            ip = p.Ip(t.host.address, GUEST, p.ICMP, p.Icmp(p.ECHO, 0, 0x4000 << 16 | turn * 2 + k, data).emit(),
                      id=1000 + turn * 2 + k)
            parts = p.fragments(ip, r.choice([68, 300, 576, 1500]) if size < 3000 else r.choice([576, 1500]))
            pieces += parts
        r.shuffle(pieces)
        for piece in pieces:
            t.lan.send(p.Ether(t.lan.mac, t.host.mac, p.TYPE_IP, piece.emit()))
        for k in range(2):
            seq = turn * 2 + k
            reply = t.lan.until("reply %d" % seq, lambda: [x for x in t.host.received if t.host.is_reply(x, 0x4000, seq)])
            check(p.Icmp.parse(reply[0].payload).payload == data, "reply %d differs" % seq)


@scenario(net="wire")
def bad_fragments(t):
    """Overlaps, ends beyond 65535, lengths that are no multiple of 8, and tiny first ones are dropped by name, the
    incomplete ones give their memory back, and the guest still answers."""
    t.host.ping(b"warm")
    before = t.numbers()
    data = p.Icmp(p.ECHO, 0, 0x50000001, bytes(2000)).emit()

    def send(ident, offset, payload, mf):
        ip = p.Ip(t.host.address, GUEST, p.ICMP, payload, id=ident, offset=offset, mf=mf)
        t.lan.send(p.Ether(t.lan.mac, t.host.mac, p.TYPE_IP, ip.emit()))
    send(1, 0, data[:800], True)       # teardrop: the second lies inside the first
    send(1, 400, data[400:600], False)
    t.dropped("frag.overlap", 1, before)
    send(2, 65528, data[:800], False)  # ping of death
    t.dropped("frag.beyond", 1, before)
    send(3, 0, data[:801], True)
    send(4, 8, b"", True)
    t.dropped("frag.len", 2, before)
    t.host.ping(b"alive" * 700)
    equal([x for x in t.host.received if t.host.is_reply(x, 0x5000, 1)], [], "replies to what was dropped")


@scenario(net="wire", seconds=240)
def fragments_exhausted(t):
    """A thousand first fragments without a rest: bounded, dropped by name, and a whole packet still gets through."""
    t.host.ping(b"warm")
    before = t.numbers()
    for i in range(1000):
        ip = p.Ip(t.host.address, GUEST, p.ICMP, bytes(1480), id=i + 1, mf=True)
        t.lan.send(p.Ether(t.lan.mac, t.host.mac, p.TYPE_IP, ip.emit()))
    now = t.dropped("frag.full", 100, before)
    check(now["packets.free"] * 4 > before["packets.free"], "fragments hold %d of %d packets" % (
        before["packets.free"] - now["packets.free"], before["packets.free"]))
    t.host.ping(b"small")
    t.begin("nt echo 7 1", "ready")
    t.host.send_udp(99, 7, b"x" * 3000)
    t.lan.until("the echo of 3000 bytes", lambda: [x for x in t.host.received if x.proto == p.UDP])
    t.m.prompt()


@scenario(net="wire")
def bad_headers(t):
    """Each check of the IP header has its name: version, IHL, lengths, checksum, source, flags, link broadcast."""
    t.host.ping(b"warm")

    def send(name, count=1, to=None, **fields):
        before = t.numbers()
        ip = p.udp_packet(fields.pop("src", t.host.address), fields.pop("dst", GUEST), 9, 9, b"x" * 30)
        for key, value in fields.items():
            setattr(ip, key, value)
        t.lan.send(p.Ether(to or t.lan.mac, t.host.mac, p.TYPE_IP, ip.emit()))
        t.dropped(name, count, before)
    send("ip.version", version_=6)
    send("ip.ihl", ihl_=4)
    send("ip.ihl", ihl_=15, total_=40)
    send("ip.len", total_=19)
    send("ip.len", total_=1400)
    send("ip.cksum", sum_=1)
    for src in ("255.255.255.255", "127.0.0.1", "224.0.0.1", "10.0.2.255", GUEST):
        send("ip.src", src=src)
    send("ip.dst", dst="10.0.2.99")
    send("ip.linkcast", to=p.BROADCAST)
    send("ip.flags", reserved_=True)
    send("ip.proto", proto=200)
    send("ip.options", options=b"\x07\x01\x04\x00")
    t.host.ping(b"alive")


@scenario(net="wire")
def unknown_frames(t):
    """Frames that are not for us, of no known type, tagged, from a group address or from ourselves are dropped by name."""
    before = t.numbers()
    t.lan.send(p.Ether(t.lan.mac, t.host.mac, 0x88cc, b"lldp"))
    t.dropped("eth.type", 1, before)
    t.lan.send(p.Ether(t.lan.mac, t.host.mac, p.TYPE_VLAN, b"\0\1\x08\0" + bytes(40)))
    t.dropped("eth.vlan", 1, before)
    t.lan.send(p.Ether(t.lan.mac, p.BROADCAST, p.TYPE_IP, bytes(40)))
    t.lan.send(p.Ether(t.lan.mac, t.lan.mac, p.TYPE_IP, bytes(40)))
    t.dropped("eth.src", 2, before)
    t.lan.send(bytes(5))
    t.lan.send(t.lan.mac.encode()[:9])
    t.host.ping(b"alive")


@scenario(harts=(1, 3), net="wire")
def port_unreachable(t):
    """A datagram to a port where nobody listens: counted, and answered by ICMP 3/3 with its header and first 8 bytes."""
    t.host.ping(b"warm")
    before = t.numbers()
    mark = t.lan.mark()
    ip = p.udp_packet(t.host.address, GUEST, 4444, 5555, b"anybody there?", id=77)
    t.host.send_ip(ip)
    f = t.lan.wait("port unreachable", error(p.UNREACHABLE, 3), mark)
    equal(f.icmp.payload[:28], ip.emit()[:28], "the quoted header")
    t.dropped("udp.noport", 1, before)


@scenario(net="wire")
def protocol_unreachable(t):
    """An unknown protocol is answered by ICMP 3/2; but never for a broadcast, an ICMP error or a later fragment."""
    t.host.ping(b"warm")
    mark = t.lan.mark()
    t.host.send_ip(p.Ip(t.host.address, GUEST, 99, b"what is this"))
    t.lan.wait("protocol unreachable", error(p.UNREACHABLE, 2), mark)
    mark = t.lan.mark()
    quoted = p.udp_packet(GUEST, t.host.address, 1, 2, b"never sent").emit()
    t.lan.send(p.Ether(p.BROADCAST, t.host.mac, p.TYPE_IP, p.udp_packet(t.host.address, "10.0.2.255", 9, 5555, b"x").emit()))
    t.lan.send(p.Ether(p.BROADCAST, t.host.mac, p.TYPE_IP, p.udp_packet(t.host.address, "255.255.255.255", 9, 5555, b"x").emit()))
    t.host.send_ip(p.Ip(t.host.address, GUEST, p.ICMP, p.Icmp(p.UNREACHABLE, 3, 0, quoted).emit()))
    t.host.send_ip(p.Ip(t.host.address, GUEST, p.UDP, bytes(16), offset=80, mf=False))
    t.lan.send(p.Ether(p.BROADCAST, t.host.mac, p.TYPE_IP, p.Ip(t.host.address, "10.0.2.255", p.ICMP,
                                                                p.Icmp(p.ECHO, 0, 1, b"smurf").emit()).emit()))
    t.host.ping(b"alive")
    bad = t.lan.frames(lambda f: f.icmp and f.icmp.type in (p.UNREACHABLE, p.TIME_EXCEEDED), mark)
    equal(bad, [], "errors about what must get none")


@scenario(net="wire")
def errors_are_limited(t):
    """A storm to closed ports gets few errors, the rest is counted; then the guest answers as ever."""
    t.host.ping(b"warm")
    before = t.numbers()

    def limited():
        for i in range(500):
            t.host.send_udp(4444, 6000 + i, b"scan")
        return t.numbers().get("icmp.rate", 0) - before.get("icmp.rate", 0) >= 200
    t.until("errors that were not sent", limited)
    t.host.ping(b"alive")


@scenario(net="wire")
def bad_icmp(t):
    """Short, wrong checksum, unknown type, and an error about nothing of ours: dropped by name."""
    t.host.ping(b"warm")
    before = t.numbers()

    def send(payload):
        t.host.send_ip(p.Ip(t.host.address, GUEST, p.ICMP, payload))
    send(b"\x08\0\0")
    t.dropped("icmp.short", 1, before)
    send(p.Icmp(p.ECHO, 0, 1, b"x", sum_=1).emit())
    t.dropped("icmp.cksum", 1, before)
    send(p.Icmp(42, 0).emit())
    t.dropped("icmp.type", 1, before)
    send(p.Icmp(p.UNREACHABLE, 3, 0, b"E").emit())
    send(p.Icmp(p.UNREACHABLE, 3, 0, p.udp_packet("1.2.3.4", "5.6.7.8", 1, 2, b"").emit()).emit())
    t.dropped("icmp.inner", 2, before)
    t.host.ping(b"alive")


@scenario(net="wire")
def ttl_of_one(t):
    """A packet to us is taken whatever its TTL (RFC 1122 3.2.1.7); one for somebody else is not forwarded."""
    ip = t.host.ping(b"last hop", ttl=1)
    check(ip.ttl >= 32, "the reply's TTL is %d" % ip.ttl)
    before = t.numbers()
    mark = t.lan.mark()
    t.host.send_ip(p.udp_packet(t.host.address, "192.0.2.1", 1, 2, b"", ttl=1), mac=t.lan.mac)
    t.dropped("ip.dst", 1, before)
    equal(t.lan.frames(lambda f: f.ip, mark), [], "packets that the guest sent")


@scenario(net="wire", seconds=300)
def reassembly_timeout(t):
    """When the rest does not come the guest says so: ICMP 11/1 with the first fragment's header, no sooner than `netctl
    fraglife` says, and the packets are free again. (What it says by itself is in netctl.lists: 60 s.)"""
    t.host.ping(b"warm")
    t.sh("netctl fraglife 3")
    before = t.numbers()
    ip = p.Ip(t.host.address, GUEST, p.UDP, bytes(1480), id=4242, mf=True)
    t.lan.send(p.Ether(t.lan.mac, t.host.mac, p.TYPE_IP, ip.emit()))
    sent = time.monotonic()
    f = t.lan.wait("time exceeded", error(p.TIME_EXCEEDED, 1), seconds=60)
    check(time.monotonic() - sent >= 2, "the guest waited %.1f seconds for the rest, not 3" % (time.monotonic() - sent))
    equal(f.icmp.payload[:28], ip.emit()[:28], "the quoted header")
    t.dropped("frag.timeout", 1, before)
    t.settled("all packets free", lambda n: n["packets.free"] >= before["packets.free"])


@scenario(net="wire")
def redirected(t):
    """The gateway says that another one is nearer: the next datagrams for that host go there, and nobody else's do. What a
    stranger says changes nothing. (RFC 1122 3.2.2.2)"""
    nearer, stranger = t.lan.host("10.0.2.3"), t.lan.host("10.0.2.9")

    def sent(to, port):
        mark = t.lan.mark()
        t.sh("nt send %s %d 1 20" % (to, port))
        return t.lan.wait("a datagram to " + to, lambda f: f.udp and f.udp.dport == port, mark)

    def redirect(by, to, about):
        t.lan.send(p.Ether(t.lan.mac, by.mac, p.TYPE_IP, p.Ip(by.address, GUEST, p.ICMP, p.Icmp(
            p.REDIRECT, 1, int.from_bytes(p.ip_bytes(to.address), "big"), about.ip.emit()[:28]).emit()).emit()))
    first = sent("192.0.2.7", 9)
    equal(first.eth.dst, t.host.mac, "the next hop before")
    before = t.numbers()
    redirect(stranger, stranger, first)
    t.dropped("icmp.redirect", 1, before)
    redirect(t.host, nearer, first)
    t.settled("a redirect that was followed", lambda n: n["icmp.redirected"] == before.get("icmp.redirected", 0) + 1)
    equal(sent("192.0.2.7", 10).eth.dst, nearer.mac, "the next hop afterwards")
    equal(sent("192.0.2.8", 11).eth.dst, t.host.mac, "the next hop to another host")


@scenario(net="wire")
def ping_program(t):
    """ping in the guest: replies with their times, a host that is silent, a network that answers with an error."""
    out = t.sh("ping -c 2 10.0.2.2", 60)
    check(out.count("10.0.2.2") >= 2 and "2 " in out, "ping printed:\n" + out)
    t.host.answer_ping = False

    def unreachable(ip):
        return p.Icmp(p.UNREACHABLE, 1, 0, ip.emit()[:28]).emit()
    mark = t.lan.mark()
    t.m.send("ping -c 1 10.0.2.2\n")
    f = t.lan.wait("the echo request", lambda f: f.icmp and f.icmp.type == p.ECHO, mark)
    t.host.send_ip(p.Ip(t.host.address, GUEST, p.ICMP, unreachable(f.ip)))
    t.m.prompt(60)


@scenario(net="wire")
def routes(t):
    """What is not on the link goes to the gateway; a broadcast goes to everybody; loopback stays inside."""
    mark = t.lan.mark()
    t.sh("nt send 192.0.2.7 9 1 20")
    f = t.lan.wait("a datagram for a far host", lambda f: f.udp and f.udp.dport == 9, mark)
    equal((f.eth.dst, f.ip.dst), (t.host.mac, "192.0.2.7"), "its next hop and destination")
    mark = t.lan.mark()
    t.sh("nt send 127.0.0.1 9 1 20; nt send 10.0.2.15 9 1 20")
    t.sh("nt send 10.0.2.2 10 1 20")
    t.lan.wait("the datagram behind them", lambda f: f.udp and f.udp.dport == 10, mark)
    equal(t.lan.frames(lambda f: f.ip and f.ip.dst.startswith(("127.", "10.0.2.15")), mark), [], "frames to ourselves")
