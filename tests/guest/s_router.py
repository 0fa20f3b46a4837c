"""The router: two cards, a host on each wire, and what RFC 1812 asks of the machine between them."""
import os
import re
import subprocess
import sys

from wire import packet as p
from .machine import ROOT, SLOW, card
from .scenario import check, equal, scenario

A, B = "10.0.2.2", "10.0.3.2"      # the hosts
RA, RB = "10.0.2.15", "10.0.3.15"  # the router, as each of them sees it


def topology(t, forward=True):
    """Two wires, a host on each, the guest between them."""
    t.one, t.two = t.wire("w1"), t.wire("w2", guest=RB, mac="52:54:00:12:34:57")
    t.a, t.b = t.one.host(A), t.two.host(B)
    t.m = t.start(["-netdev", t.one.netdev(), "-device", card(0, "w1"), "-netdev", t.two.netdev(), "-device", card(1, "w2")])
    if forward:
        t.sh("netctl forward on")
    t.a.ping(b"first")
    t.b.ping(b"second")


def error(t, what, since, kind, code, source=RA, lan=None):
    """The ICMP error that comes from the router; its Icmp."""
    f = (lan or t.one).wait(what, lambda f: f.icmp and (f.icmp.type, f.icmp.code) == (kind, code), since)
    equal(f.ip.src, source, "who tells of it")
    return f.icmp


def to_b(data=b"x", **fields):
    return p.udp_packet(A, fields.pop("to", B), 1000, 2000, data, **fields)


@scenario(boot=None, harts=(1, 3, 8))
def forwards(t):
    """A ping of any size goes across and back: one hop less, a right checksum, the router's MAC, not a byte changed."""
    topology(t)
    for size in (0, 1, 56, 1472, 5000):
        since = t.two.mark()
        reply = t.a.ping(bytes(n & 255 for n in range(size)), to=B, seq=size)
        equal(reply.ttl, 63, "the reply's TTL")
        f = t.two.wait("the request on the other wire", lambda f: f.ip, since)
        equal((f.eth.dst, f.ip.src, f.ip.dst, f.ip.ttl), (t.b.mac, A, B, 63), "the request")
    t.b.ping(b"back", to=A)


@scenario(boot=None, harts=(1, 3))
def keeps_order(t):
    """A thousand datagrams in each direction at once: all arrive, in order."""
    topology(t)
    got = {A: [], B: []}
    for host in (t.a, t.b):
        host.on(2000, lambda h, ip, udp: got[h.address].append(int(udp.payload)))
    for n in range(1000):
        t.a.send_udp(1, 2000, b"%d" % n, to=B)
        t.b.send_udp(1, 2000, b"%d" % n, to=A)
    for lan, address in ((t.one, A), (t.two, B)):
        lan.until("all of them at " + address, lambda: len(got[address]) >= 1000, 60)
        equal(got[address], list(range(1000)), "what came to " + address)


@scenario(boot=None)
def off_by_default(t):
    """Unless it is told to, the machine forwards nothing: dropped by name."""
    topology(t, forward=False)
    before, since = t.numbers(), t.two.mark()
    t.a.send_ip(to_b())
    t.dropped("ip.dst", 1, before)
    equal(t.two.frames(lambda f: f.ip, since), [], "forwarded")


@scenario(boot=None)
def errors(t):
    """What cannot go on is told to its sender, from the address that it knows: TTL used up, no route, no such host."""
    topology(t)
    t.sh("route del default")
    since, before, there = t.one.mark(), t.numbers(), t.two.mark()
    t.a.send_ip(to_b(ttl=1))
    quoted = error(t, "11/0", since, 11, 0).payload
    equal((quoted[8], p.ip_text(quoted[12:16]), p.ip_text(quoted[16:20])), (1, A, B), "TTL and addresses that it quotes")
    t.dropped("ip.ttl", 1, before)
    t.a.send_ip(to_b(to="192.0.2.7"))
    error(t, "3/0", since, 3, 0)
    t.dropped("ip.noroute", 1, before)
    t.a.send_ip(to_b(to="10.0.3.99"))
    error(t, "3/1", since, 3, 1)
    t.dropped("arp.timeout", 1, before)
    equal(t.two.frames(lambda f: f.udp, there), [], "forwarded")


@scenario(boot=None)
def redirects(t):
    """A packet that goes back to the wire it came from is forwarded, and its sender told of the shorter way."""
    topology(t)
    other = t.one.host("10.0.2.3")
    got = []
    other.on(2000, lambda h, ip, udp: got.append((ip.dst, udp.payload)))
    t.sh("route add 192.0.2.0/24 10.0.2.3")
    since = t.one.mark()
    t.a.send_ip(to_b(b"round", to="192.0.2.7"), t.one.mac)
    told = error(t, "5/1", since, 5, 1)
    equal(told.rest, 0x0a000203, "the gateway that it names")
    f = t.one.wait("the packet itself", lambda f: f.udp and f.eth.dst == other.mac, since)
    equal(f.ip.ttl, 63, "its TTL")


@scenario(boot=None)
def not_forwarded(t):
    """Broadcasts of any kind, multicast, loopback, source routes and what came in a link broadcast stay where they are."""
    topology(t)
    since, before = t.two.mark(), t.numbers()
    for to in ("10.0.3.255", "10.0.3.0", "255.255.255.255", "224.0.0.5", "127.0.0.1", "240.0.0.1", "0.0.0.0"):
        t.a.send_ip(to_b(to=to), t.one.mac)
    t.a.send_ip(to_b(), p.BROADCAST)
    lsrr = p.Ip(A, B, p.UDP, b"\0" * 8, options=bytes([131, 7, 4, 10, 0, 3, 2, 0]))
    t.a.send_ip(lsrr)
    t.dropped("ip.srcroute", 1, before)
    t.a.ping(b"and now", to=B)
    equal([str(f.ip.dst) for f in t.two.frames(lambda f: f.udp, since)], [], "forwarded")


@scenario(boot=None)
def options(t):
    """Record route gets the router's address, timestamp its time, as far as they have room; others go through."""
    topology(t)
    for sent, wanted in (
            (bytes([7, 7, 4, 0, 0, 0, 0, 0]), bytes([7, 7, 8, 10, 0, 3, 15, 0])),
            (bytes([7, 3, 4, 0]), bytes([7, 3, 4, 0])),
            (bytes([68, 4, 5, 0x10]), bytes([68, 4, 5, 0x20])),
            (bytes([148, 4, 0, 0]), bytes([148, 4, 0, 0]))):
        since = t.two.mark()
        t.a.send_ip(p.Ip(A, B, 99, b"optional", options=sent))
        f = t.two.wait("it on the other wire", lambda f: f.ip and f.ip.proto == 99, since)
        equal(f.ip.options, wanted, "its options")
    since = t.two.mark()
    t.a.send_ip(p.Ip(A, B, 99, b"when", options=bytes([68, 12, 5, 1]) + bytes(8)))
    f = t.two.wait("it on the other wire", lambda f: f.ip and f.ip.proto == 99, since)
    equal(f.ip.options[:8], bytes([68, 12, 13, 1, 10, 0, 3, 15]), "the timestamp's address")
    check(f.ip.options[8] & 0x80, "the time is not marked as one that is not the day's")


@scenario(boot=None, harts=(1, 3))
def filter_decides(t):
    """A program in the path sees each packet and says yes or no; when it has ended, all go on, and nothing is lost."""
    topology(t)
    got = []
    t.b.on(2000, lambda h, ip, udp: got.append(udp.payload))
    t.b.on(53, lambda h, ip, udp: got.append(b"refused"))
    before = t.numbers()
    t.m.background("screend -n 40 udp/53 icmp", "ready")
    check("screend: filter: " in t.sh("screend; true"), "a second filter is not refused")
    for n in range(20):
        t.a.send_udp(1, 53, b"no", to=B)
        t.a.send_udp(1, 2000, b"%d" % n, to=B)
    t.m.expect("screend: 40 packets, 20 refused")
    t.two.until("what it let through", lambda: len(got) >= 20)
    equal(got, [b"%d" % n for n in range(20)], "what came through")
    t.dropped("ip.filtered", 20, before)
    t.a.ping(b"free again", to=B)
    t.m.background("screend", "ready")
    t.a.send_udp(1, 2000, b"more", to=B)
    t.two.until("one more", lambda: len(got) >= 21)


@scenario(boot=None, seconds=240)
def three_guests(t):
    """`make router`: two guests and the router between them, without a word of configuration: a ping goes across."""
    tool = os.path.join(ROOT, "tests", "tools", "router")
    done = subprocess.run([sys.executable, tool], input="ping -c 3 10.0.3.2\n", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=200 * SLOW, env=dict(os.environ, KERNEL=t.kernel or ""))
    check(re.search(r"\b3 received", done.stdout), "`make router` printed:\n" + done.stdout)
    equal(done.returncode, 0, "its status")


@scenario(boot=None)
def smaller_mtu(t):
    """A packet too long for the next link goes on in fragments, options where they belong; with DF its sender is told."""
    topology(t)
    t.sh("ifconfig e1 mtu 576")
    data = bytes(n * 7 & 255 for n in range(1400))
    since = t.two.mark()
    t.a.ping(data, to=B)
    pieces = t.two.frames(lambda f: f.ip and f.ip.src == A, since)
    equal([f.ip.offset for f in pieces], [0, 552, 1104], "offsets of the fragments")
    check(all(len(f.raw) <= 14 + 576 for f in pieces), "a fragment is longer than the link's MTU")
    since = t.two.mark()
    t.a.send_ip(p.Ip(A, B, 99, data[:1000], options=bytes([7, 7, 4, 0, 0, 0, 0, 1, 0x94, 4, 0, 0])))
    one, two = t.two.wait("two fragments", lambda f: f.ip and f.ip.proto == 99, since, count=2)
    equal(one.ip.options, bytes([7, 7, 8, 10, 0, 3, 15, 1, 0x94, 4, 0, 0]), "options of the first one")
    equal(two.ip.options, bytes([0x94, 4, 0, 0]), "options of the second one")
    equal(one.ip.payload + two.ip.payload, data[:1000], "what they carry")
    since = t.one.mark()
    t.a.send_ip(p.Ip(A, B, 99, data, df=True))
    equal(error(t, "3/4", since, 3, 4).rest, 576, "the MTU that it names")
