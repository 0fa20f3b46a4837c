"""ICMP: malformed, to everybody, errors about nothing, and advice that a host must not take."""
import time

from wire import packet as p
from ..scenario import check, equal
from .kit import CLOSED_PORT, GUEST, hostile

RATE, BURST = 50, 50  # errors a second, at once (kernel/net/icmp.h)


def quote(c, proto=p.UDP, dst=None, payload=b"\x13\x88\0\x09\0\x0c\0\0", **fields):
    """A packet that the guest might have sent, as an error quotes it."""
    return p.Ip(GUEST, dst or c.host.address, proto, payload, **fields).emit()


@hostile("C1", "messages of 0 to 7 bytes", "RFC 792")
def short(c):
    for n in range(8):
        c.ip("icmp.short", payload=c.echo_message()[:n])


@hostile("C2", "wrong checksums, of every kind of message", "RFC 1122 3.2.2 (discard); RFC 792")
def bad_checksum(c):
    for kind in (0, 3, 5, 8, 11, 12, 13, 42):
        c.icmp("icmp.cksum", kind_=kind, sum_=c.r.randrange(1, 0xf000), data=bytes(40))
    right = c.echo_message(bytes(99))
    c.ip("icmp.cksum", payload=right[:-1] + b"\1")  # the odd byte at the end counts, too
    c.ip("icmp.cksum", payload=right + b"\1")


@hostile("C3", "echo of 0 to 65507 bytes", "RFC 1122 3.2.2.6")
def sizes(c):
    for size in (0, 1, 17, 18, 19, 1471, 1472, 1473, 2951, 2952, 2953, 20001, 65506, 65507):
        data = c.r.getrandbits(8 * size).to_bytes(size, "big") if size else b""
        reply = c.host.ping(data, ident=0x4000, seq=size & 0xffff)
        check(p.Icmp.parse(reply.payload).payload == data, "the reply to %d bytes differs" % size)
        c.answers["echo reply"] += 1
        c.sent += 1


@hostile("C4", "echo to broadcast and multicast addresses (smurf)", "RFC 1122 3.2.2.6; CVE-1999-0513")
def smurf(c):
    for to in (p.BROADCAST, c.lan.mac):
        for dst in ("10.0.2.255", "255.255.255.255"):
            c.ip("icmp.bcast", to=to, dst=dst)
        c.ip("ip.dst", to=to, dst="224.0.0.1")
    c.icmp("icmp.bcast", to=p.BROADCAST, dst="10.0.2.255", data=bytes(1472))
    c.ip("ip.src", src="10.0.2.255")  # the other half of it: we are to shout


@hostile("C5", "errors whose quote is cut, lies, or is not of ours", "RFC 1122 3.2.2.1; CVE-2020-11910")
def inner(c):
    whole = quote(c)
    for n in range(len(whole)):
        c.icmp("icmp.inner", kind_=p.UNREACHABLE, code=3, data=whole[:n])
    for ihl in (0, 4, 6, 15):
        c.icmp("icmp.inner", kind_=p.UNREACHABLE, code=3, data=quote(c, ihl_=ihl))
    for kind in (p.UNREACHABLE, p.TIME_EXCEEDED, 12):
        c.icmp("icmp.inner", kind_=kind, data=quote(c, version_=6))
        c.icmp("icmp.inner", kind_=kind, data=quote(c, proto=200))
        c.icmp("icmp.inner", kind_=kind, data=quote(c, offset=8))
        c.icmp("icmp.inner", kind_=kind, data=quote(c, dst="192.0.2.1"))
        c.icmp("icmp.inner", kind_=kind, data=p.udp_packet("10.0.2.99", c.host.address, 9, 9, b"").emit())
        c.icmp("icmp.inner", kind_=kind, code=255, data=whole)


@hostile("C6", "fragmentation needed, with MTU 0, 1, 67, 68, 65535", "RFC 1191 3, 6.2; RFC 5927 7")
def path_mtu(c):
    def lie(host, ip, udp):
        for mtu in (0, 1, 67, 68, 552, 1499, 1500, 65535):
            c.icmp("icmp.inner", kind_=p.UNREACHABLE, code=4, rest=mtu, data=ip.emit()[:28])
        host.send_udp(9, udp.sport, b"right")
    c.host.on(9, lie)
    equal(c.t.sh("nt ask %s 9 20000" % c.host.address), "answer right", "what the asker got")
    c.t.sh("nt send %s 10 1 1472" % c.host.address)
    whole = c.lan.wait("a datagram of 1472 bytes, in one piece", lambda f: f.udp and f.udp.dport == 10, c.mark)
    equal(len(whole.udp.payload), 1472, "its length")
    c.answers["UDP"] += 2


@hostile("C7", "redirects: off the link, to us, to all, to the router", "RFC 1122 3.2.2.2, 3.3.1.2")
def redirects(c):
    routes = c.t.sh("netstat -r")

    def redirect(drop, gateway="10.0.2.66", dst="192.0.2.9", code=1, **fields):
        c.icmp(drop, kind_=p.REDIRECT, code=code, data=quote(c, dst=dst), rest=int.from_bytes(p.ip_bytes(gateway), "big"), **fields)
    for gateway in ("192.0.2.1", GUEST, "10.0.2.255", "10.0.2.0", "0.0.0.0", "127.0.0.1", "224.0.0.1", c.host.address):
        for code in (0, 1):
            redirect("icmp.redirect", gateway, code=code)
    redirect("icmp.redirect", src="10.0.2.9")  # from a host that is not the gateway
    redirect("icmp.redirect", dst="10.0.2.9")  # about a neighbour
    redirect("icmp.redirect", dst="224.0.0.1")
    redirect("icmp.redirect", code=4)
    c.icmp("icmp.inner", kind_=p.REDIRECT, code=1, data=quote(c)[:19], rest=0x0a000242)
    c.icmp("icmp.inner", kind_=p.REDIRECT, code=1, data=p.udp_packet("10.0.2.9", "192.0.2.9", 1, 2, b"").emit(), rest=0x0a000242)
    c.barrier()
    equal(c.t.sh("netstat -r"), routes, "the routes")


@hostile("C8", "masks, timestamps, routers, information: asked and told", "RFC 1122 3.2.2.7-9; RFC 6918; CVE-2020-11911")
def questions(c):
    routes = c.t.sh("netstat -r")
    for kind in (9, 10, 13, 14, 15, 16, 17, 18, 30, 31, 37, 38, 40, 42, 253, 255):
        c.icmp("icmp.type", kind_=kind, data=bytes(12))
        c.icmp("icmp.type", kind_=kind, data=b"\xff\xff\0\0" + bytes(8), code=c.r.randrange(256))
    c.barrier()
    equal(c.t.sh("netstat -r"), routes, "the routes")


@hostile("C9", "source quench", "RFC 6633")
def quench(c):
    for data in (b"", quote(c), quote(c, proto=p.TCP)):
        c.icmp("icmp.type", kind_=4, data=data)


@hostile("C10", "errors in packets that deserve an error themselves", "RFC 1122 3.2.2")
def about_errors(c):
    for kind in (p.UNREACHABLE, 4, p.REDIRECT, p.TIME_EXCEEDED, 12):
        c.icmp("ip.options", kind_=kind, data=quote(c), options=b"\x07\x01\x04\0")
    c.icmp("ip.options", "ICMP 12/0", options=b"\x07\x01\x04\0")  # a question may be told
    c.ip("ip.options", payload=b"", options=b"\x07\x01\x04\0")  # ICMP without a type
    for fields in ({"src": "10.0.2.255"}, {"src": "127.0.0.1"}):
        c.udp("ip.src", dport=CLOSED_PORT, **fields)
    c.udp("udp.noport", dport=CLOSED_PORT, to=p.BROADCAST, dst="10.0.2.255")
    c.udp("udp.noport", dport=CLOSED_PORT, dst="10.0.2.255")


@hostile("C11", "echo replies that nobody asked for, and short ones", "RFC 1122 3.2.2.6; CVE-2026-7423")
def replies(c):
    for ident in (0, 1, 7, 0x4000, 65535):
        c.icmp("icmp.type", kind_=p.ECHO_REPLY, rest=ident << 16 | 1)
    for n in range(1, 8):
        c.ip("icmp.short", payload=p.Icmp(p.ECHO_REPLY, 0, 1).emit()[:n])
    quiet = c.lan.host("10.0.2.9")
    quiet.answer_ping = False
    c.t.m.send("ping -c 1 10.0.2.9\n")  # one that waits takes only its own
    asked = c.lan.wait("its request", lambda f: f.icmp and f.icmp.type == p.ECHO, c.mark)
    for rest in (asked.icmp.rest ^ 1 << 20, asked.icmp.rest ^ 0x80000000):
        c.icmp("icmp.type", kind_=p.ECHO_REPLY, rest=rest, data=asked.icmp.payload, src=quiet.address)
    c.icmp(None, kind_=p.ECHO_REPLY, rest=asked.icmp.rest, data=asked.icmp.payload, src=quiet.address)
    out = c.t.m.prompt()
    check("1 received" in out, "ping printed:\n" + out)
    del c.lan.hosts[quiet.address]
    c.answers["ICMP 8/0"] += 1


@hostile("C12", "blind 3/2 and 3/3, for TCP and for ports we do not use", "RFC 5927 4; RFC 1122 4.2.3.9")
def blind(c):
    def lie(host, ip, udp):
        for code in (0, 1, 2, 3, 13):
            for sport, dport in ((udp.sport, 10), (udp.sport ^ 1, 9), (0, 9)):
                c.icmp("icmp.inner", kind_=p.UNREACHABLE, code=code,
                       data=p.udp_packet(GUEST, host.address, sport, dport, b"").emit())
            c.icmp("icmp.inner", kind_=p.UNREACHABLE, code=code,
                   data=quote(c, proto=p.TCP, payload=udp.sport.to_bytes(2, "big") + b"\0\x09" + bytes(4)))
        host.send_udp(9, udp.sport, b"right")
    c.host.on(9, lie)
    equal(c.t.sh("nt ask %s 9 20000" % c.host.address), "answer right", "what the connected socket got")
    c.answers["UDP"] += 1


@hostile("C13", "300 datagrams to closed ports at once", "RFC 1812 4.3.2.8; RFC 1122 3.2.2.1")
def storm(c):
    time.sleep(BURST / RATE)  # the guest's measure of errors fills up again
    start = time.monotonic()
    for port in range(300):
        c.udp("udp.noport", dport=6000 + port)
    c.barrier()
    # How many is left to chance, so that nobody can count with them: from a third of the mean to twice as many (icmp.c).
    least, most = BURST // 3, 2 * (1.5 * BURST + RATE * (time.monotonic() - start) + 1)
    now = c.t.numbers()
    limited = now.get("icmp.rate", 0) - c.before.get("icmp.rate", 0)
    check(least <= 300 - limited <= most, "%d errors at once, %d to %d may be" % (300 - limited, least, most))
    c.drops["icmp.rate"] += limited
    c.answers["ICMP 3/3"] += 300 - limited
    c.barrier()
    time.sleep(BURST / RATE)
