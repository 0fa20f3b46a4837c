"""What the wire and a program may throw at us: class by class (hostile/), and all at once, in seeded storms of frames that
break every rule there is, where the machine as a whole has to stay alive, answer, and give everything back."""
import random

from wire import packet as p
from .hostile import show
from .scenario import check, equal, scenario

GUEST = "10.0.2.15"
FRAMES = 6000
ADDRESSES = (GUEST, GUEST, GUEST, GUEST, "10.0.2.255", "255.255.255.255", "10.0.2.2", "10.0.2.77", "127.0.0.1", "0.0.0.0",
             "224.0.0.1", "240.0.0.1", "192.0.2.1")
MACS = ("52:55:0a:00:02:02", "52:55:0a:00:02:02", "52:00:00:00:00:63", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00")


class Storm:
    """Frames by a seed: well-formed ones of every kind first, and then something about them is wrong."""

    def __init__(self, seed, guest_mac):
        self.r, self.mac = random.Random(seed), guest_mac

    def some(self, most):
        return self.r.randbytes(self.r.randrange(most + 1)) if hasattr(self.r, "randbytes") else bytes(
            self.r.randrange(256) for _ in range(self.r.randrange(most + 1)))

    def short(self):
        return self.r.choice((0, 1, 7, 53, 2000, 2001, 65535, self.r.randrange(65536)))

    def udp(self, ip):
        data = self.some(self.r.choice((0, 8, 100, 1400)))
        return p.Udp(self.short(), self.short(), data).emit(ip)

    def icmp(self):
        kind = self.r.choice((0, 3, 3, 4, 5, 8, 8, 11, 12, 13, 17, self.r.randrange(256)))
        quoted = p.Ip(self.r.choice((GUEST, "10.0.2.2")), self.r.choice(ADDRESSES), self.r.choice((1, 6, 17, 99)), self.some(40),
                      ihl_=self.r.choice((None, None, self.r.randrange(16)))).emit()
        body = quoted[:self.r.randrange(len(quoted) + 1)] if kind in (3, 4, 5, 11, 12) else self.some(600)
        return p.Icmp(kind, self.r.choice((0, 0, 1, 3, 4, self.r.randrange(256))), self.r.getrandbits(32), body).emit()

    def ip(self):
        r = self.r
        ip = p.Ip(r.choice(ADDRESSES + ("10.0.2.2",) * 12), r.choice(ADDRESSES), r.choice((1, 1, 17, 17, 17, 6, 4, r.randrange(256))),
                  ttl=r.choice((64, 64, 0, 1, 255)), id=r.randrange(8))
        ip.payload = self.udp(ip) if ip.proto == 17 else self.icmp() if ip.proto == 1 else self.some(200)
        wrong = r.randrange(12)
        if wrong == 0:
            ip.options = self.some(40)
        elif wrong == 1:
            ip.ihl_ = r.randrange(16)
        elif wrong == 2:
            ip.total_ = r.choice((0, 19, 20, 21, 1500, 65535))
        elif wrong == 3:
            ip.version_ = r.randrange(16)
        elif wrong == 4:
            ip.sum_ = r.randrange(65536)
        elif wrong < 9:
            ip.offset = r.choice((0, 0, 8, 16, 24, 1480, 65528))
            ip.mf = r.random() < 0.7
            ip.df, ip.reserved_ = r.random() < 0.05, r.random() < 0.05
            ip.payload = ip.payload[:r.choice((0, 7, 8, 16, 24, 1480))]
        return ip.emit()

    def arp(self):
        a = p.Arp(self.r.choice((1, 1, 1, 2, 2, 0, 3, 4, 0xffff)), self.r.choice(MACS), self.r.choice(ADDRESSES),
                  self.r.choice(MACS), self.r.choice(ADDRESSES)).emit()
        if self.r.random() < 0.2:
            a = a[:self.r.randrange(len(a))]
        elif self.r.random() < 0.2:
            a = self.r.choice((b"\0\6", b"\0\1")) + self.r.choice((b"\x86\xdd", b"\x08\0")) + self.some(1).ljust(1, b"\6") + a[5:]
        return a

    def frame(self):
        r = self.r
        kind = r.choice((p.TYPE_IP,) * 6 + (p.TYPE_ARP,) * 2 + (p.TYPE_VLAN, 0x88cc, r.randrange(65536)))
        body = self.ip() if kind == p.TYPE_IP else self.arp() if kind == p.TYPE_ARP else self.some(200)
        e = p.Ether(r.choice((self.mac,) * 5 + (p.BROADCAST, "01:00:5e:00:00:01", "52:00:00:00:00:99")), r.choice(MACS + (self.mac,)),
                    kind, body).emit(pad=r.random() < 0.8)
        if r.random() < 0.1:
            at = r.randrange(len(e))
            e = e[:at] + bytes([e[at] ^ 1 << r.randrange(8)]) + e[at + 1:]
        if r.random() < 0.1:
            e = e[:r.randrange(len(e) + 1)]
        return e[:1514]


@scenario(harts=(1, 3), net="wire", seconds=240)
def storm(t):
    """6000 frames that break every rule, by a seed, while the shell works: the guest stays alive, obeys the rules of the
    wire itself, serves again when it is over, and gives all packets, sockets and memory back."""
    t.host.ping(b"warm")
    t.m.background("nt echo 2000 0", "ready")
    t.m.background("nt echo 53 0", "ready")
    t.sh("netctl fraglife 3")
    before = t.numbers()
    storm = Storm(20261121 + t.harts, t.lan.mac)
    for turn in range(6):
        for _ in range(FRAMES // 6):
            frame = storm.frame()
            if frame:
                t.lan.send(frame)
        equal(t.sh("echo alive %d" % turn, 60).split("\n")[-1], "alive %d" % turn, "the shell")
    # The storm may have moved the gateway, and taken our address for somebody else's.
    t.lan.send(p.Ether(p.BROADCAST, t.host.mac, p.TYPE_ARP, p.Arp(1, t.host.mac, t.host.address, "00:00:00:00:00:00", GUEST).emit()))
    t.host.ping(b"still there?")
    mark = t.lan.mark()
    t.host.send_udp(6, 2000, b"and still serving?")
    t.lan.wait("the echo", lambda f: f.udp and f.udp.dport == 6 and f.udp.payload == b"and still serving?", mark)
    now = t.settled("that most kinds of frames were dropped by name", lambda n: n["e0.rx_frames"] - before["e0.rx_frames"] > 1000)
    kinds = [k for k, v in now.items() if "." in k and k.split(".")[0] in ("eth", "arp", "ip", "frag", "icmp", "udp") and v]
    check(len(kinds) >= 30, "only %d kinds of events were counted: %s" % (len(kinds), " ".join(sorted(kinds))))
    # Fragments that wait give up after those seconds, packets that wait for an address after three.
    t.settled("all packets free", lambda n: n["packets.free"] >= before["packets.free"], 90)
    equal(now["socks.free"], before["socks.free"], "free sockets")


@scenario(harts=(3,), net=show.net, seconds=120, debug=True)
def ethernet(t):
    """Hostile frames, E1 to E11: too short, too long, from nobody, in error, too many. Each is dropped by its name."""
    show.graded(t, "ethernet")


@scenario(harts=(3,), net=show.net, seconds=120, debug=True)
def arp(t):
    """Hostile ARP, A1 to A12: malformed, implausible, unasked for, too much."""
    show.graded(t, "arp")


@scenario(harts=(3,), net=show.net, seconds=120, debug=True)
def ip(t):
    """Hostile IPv4 headers, I1 to I16: every field that lies."""
    show.graded(t, "ip")


@scenario(harts=(3,), net=show.net, seconds=240, debug=True)
def fragments(t):
    """Hostile fragments, F1 to F13: overlaps, lies about the end, too many, too few."""
    show.graded(t, "fragments")


@scenario(harts=(3,), net=show.net, seconds=120, debug=True)
def icmp(t):
    """Hostile ICMP, C1 to C13: malformed, to everybody, errors about nothing, bad advice."""
    show.graded(t, "icmp")


@scenario(harts=(3,), net=show.net, seconds=120, debug=True)
def udp(t):
    """Hostile UDP, U1 to U12: lengths, checksums and ports that lie, loops, floods, buffers."""
    show.graded(t, "udp")


@scenario(harts=(3,), net=show.net, seconds=240, debug=True)
def process(t):
    """Hostile programs, P1 to P12: bad descriptors, addresses and lengths; ends at bad moments; nothing left to be had."""
    show.graded(t, "process")


@scenario(harts=(1,), net=show.net, seconds=120)
def release(t):
    """Hostile IPv4, ICMP and UDP again, on the release kernel with one hart."""
    show.graded(t, "ip", "icmp", "udp")
