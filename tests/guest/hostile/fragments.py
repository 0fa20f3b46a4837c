"""Fragments: overlaps, lies about the end, tiny ones, too many, too few.

A datagram of which two pieces disagree is dead: what is there of it is dropped, and so is what still comes (RFC 5722's
rule). Its place is taken by the next one that needs it.
"""
from wire import packet as p
from ..scenario import check, equal
from .kit import CLOSED_PORT, GUEST, hostile

PLACES, PIECES_EACH = 16, 128  # datagrams that wait, pieces of one of them (kernel/net/frag.c)
LIFE = 5  # seconds, in F9; 60 by default, which ip.reassembly_timeout waits for


def cut(message, size):
    """[(offset, bytes, more)]"""
    return [(at, message[at:at + size], at + size < len(message)) for at in range(0, len(message), size)]


@hostile("F1", "teardrop: a piece inside another", "RFC 5722; CVE-1999-0015")
def teardrop(c):
    message = c.echo_message(bytes(1000))
    for ident, at, n in ((1, 24, 8), (2, 0, 8), (3, 392, 8), (4, 8, 384), (5, 24, 4)):
        c.piece(ident, 0, message[:400], True, "frag.overlap")
        c.piece(ident, at, message[at:at + n], n % 8 == 0, "frag.overlap")
        c.piece(ident, 400, message[400:], False, "frag.overlap")  # the rest of a dead one


@hostile("F2", "overlaps at the front and the end, with other bytes and the same", "RFC 5722; RFC 1858 4")
def overlaps(c):
    message = c.echo_message(bytes(range(256)) * 4)
    for ident, at, n in ((11, 392, 640), (12, 400 - 8, 16), (13, 8, 1024), (14, 0, 1024), (15, 0, 408)):
        c.piece(ident, 0, message[:400], True, "frag.overlap")
        c.piece(ident, at, message[at:at + n], at + n < len(message), "frag.overlap")
    c.piece(16, 400, message[400:], False, "frag.overlap")  # the same from behind
    c.piece(16, 0, message[:408], True, "frag.overlap")
    c.piece(17, 0, message[:400], True, "frag.overlap")  # same place and length, one bit differs
    c.piece(17, 0, message[:399] + bytes([message[399] ^ 1]), True, "frag.overlap")


@hostile("F3", "ping of death: ends beyond 65535", "RFC 791 3.2; CVE-1999-0128")
def beyond(c):
    for offset, n in ((65528, 8), (65528, 1400), (65512, 8), (64800, 800)):
        for mf in (True, False):
            c.piece(21, offset, bytes(n), mf, "frag.beyond")
    c.piece(22, 65480, bytes(8), False, "frag.beyond", options=b"\x01" * 40)  # only its own header is too much
    whole = c.echo_message(bytes(65507))
    for offset, part, mf in cut(whole, 1480)[1:]:  # only the first one's header makes it too long
        c.piece(24, offset, part, mf, "frag.beyond")
    c.piece(24, 0, whole[:1480], True, "frag.beyond", options=b"\x01" * 4)
    for offset, part, mf in cut(whole, 1480):  # the longest there can be
        c.piece(23, offset, part, mf)
    c.answers["echo reply"] += 1


@hostile("F4", "first pieces too small for the transport's header", "RFC 1858 3; RFC 3128")
def tiny(c):
    for n in (8, 16):
        c.piece(31, 0, bytes(n), True, "frag.tiny", proto=p.TCP)
    c.piece(32, 8, bytes(40), False, "frag.tiny", proto=p.TCP)
    c.piece(33, 16, bytes(40), True, "frag.tiny", proto=p.TCP)
    for offset, part, mf in cut(c.echo_message(bytes(100)), 8):  # the smallest that ICMP may come in
        c.piece(34, offset, part, mf)
    c.answers["echo reply"] += 1


@hostile("F5", "the first piece again and again", "RFC 8200 4.5 (copies); RFC 5722")
def first_again(c):
    message = c.echo_message(bytes(800))
    c.piece(41, 0, message[:400], True)
    for _ in range(20):
        c.piece(41, 0, message[:400], True, "frag.overlap")  # a copy is dropped, and does no harm
    c.piece(41, 400, message[400:], False, None, "echo reply")


@hostile("F6", "two last pieces with different ends", "RFC 5722; RFC 791 3.2")
def two_ends(c):
    for ident, (a, b) in enumerate(((800, 400), (400, 800), (800, 792), (792, 800)), 51):
        c.piece(ident, a, bytes(16), False, "frag.overlap")
        c.piece(ident, b, bytes(24), False, "frag.overlap")
    c.piece(55, 800, bytes(8), False, "frag.overlap")
    c.piece(55, 1600, bytes(8), True, "frag.overlap")  # behind the end


@hostile("F7", "empty pieces", "RFC 791 3.2; CVE-2018-5391")
def empty(c):
    for offset in (0, 8, 1480, 65528):
        c.piece(61, offset, b"", True, "frag.len")
    c.piece(61, 8, b"", False, "frag.len")


@hostile("F8", "lengths that are no multiple of 8", "RFC 791 3.1 (more fragments)")
def odd(c):
    for n in (1, 7, 9, 15, 401, 1479):
        c.piece(71, 0, bytes(n), True, "frag.len")
        c.piece(71, 1600, bytes(n), True, "frag.len")


@hostile("F10", "40 datagrams begun, and ids used twice", "RFC 1122 3.3.2; CVE-2018-5391 (FragmentSmack)")
def exhaustion(c):
    message = c.echo_message(bytes(800))
    for ident in range(101, 141):
        c.piece(ident, 0, message[:400], True)
    c.drops["frag.full"] += 40 - PLACES  # the oldest gave way
    for ident in range(141 - PLACES, 141):  # the young ones are complete: their memory comes back
        c.piece(ident, 400, message[400:], False, None, "echo reply")
    c.piece(150, 0, message[:400], True)
    c.piece(150, 0, bytes(400), True, src="10.0.2.9", proto=99)  # the same id: another protocol, another sender
    c.piece(150, 400, message[400:], False, None, "echo reply")
    c.piece(150, 8, bytes(8), False, src="10.0.2.9", proto=99, drop="frag.overlap")
    c.drops["frag.overlap"] += 1


@hostile("F11", "all pieces of a datagram but one; more pieces than may wait", "RFC 1122 3.3.2")
def gap(c):
    pieces = cut(c.echo_message(bytes(20000)), 400)
    for at, part, mf in pieces[:-2] + pieces[-1:]:
        c.piece(161, at, part, mf)
    c.barrier()
    equal(c.heard()["echo reply"], 0, "answers to a datagram with a gap")
    c.piece(161, *pieces[-2], answer="echo reply")
    for i in range(PIECES_EACH + 20):  # every second one: it never gets whole
        c.piece(162, 16 * i, bytes(8), True)
    c.barrier()
    equal(c.t.numbers().get("frag.full", 0) - c.before.get("frag.full", 0), 20, "what is too much of it")
    c.drops["frag.full"] += 20 + PIECES_EACH  # the others, when there are younger datagrams
    message = c.echo_message(bytes(800))
    for ident in range(163, 163 + PLACES):
        c.piece(ident, 0, message[:400], True)
    for ident in range(163, 163 + PLACES):
        c.piece(ident, 400, message[400:], False, None, "echo reply")


@hostile("F12", "broadcasts and ICMP errors in pieces", "RFC 1122 3.2.2")
def no_errors(c):
    udp = p.Udp(9, CLOSED_PORT, bytes(800)).emit(p.Ip(c.host.address, "10.0.2.255", p.UDP))
    for at, part, mf in cut(udp, 400):
        c.piece(171, at, part, mf, to=p.BROADCAST, dst="10.0.2.255", proto=p.UDP)
    c.drops["udp.noport"] += 1
    for at, part, mf in cut(bytes(800), 400):
        c.piece(172, at, part, mf, to=p.BROADCAST, dst="10.0.2.255", proto=99)
    c.drops["ip.proto"] += 1
    for at, part, mf in cut(c.echo_message(bytes(800)), 400):
        c.piece(173, at, part, mf, to=p.BROADCAST, dst="10.0.2.255")
    c.drops["icmp.bcast"] += 1
    error = p.Icmp(p.UNREACHABLE, 3, 0, p.udp_packet(GUEST, c.host.address, 1, 2, bytes(800)).emit()).emit()
    for at, part, mf in cut(error, 400):
        c.piece(174, at, part, mf)
    c.drops["icmp.inner"] += 1
    for at, part, mf in cut(bytes(800), 400):  # and to us alone: one error, that quotes the whole header
        c.piece(175, at, part, mf, proto=99)
    c.drops["ip.proto"] += 1
    c.answers["ICMP 3/2"] += 1


@hostile("F13", "UDP lengths that do not fit the pieces", "RFC 768; CVE-2020-11896")
def udp_lengths(c):
    c.echo()
    came, ip = len(c.host.received), p.Ip(c.host.address, GUEST, p.UDP)
    data = bytes(i % 251 for i in range(3000))
    for ident, length in enumerate((3009, 8000, 65535, 0, 7), 181):
        for at, part, mf in cut(p.Udp(9, 7, data, length).emit(ip), 1000):
            c.piece(ident, at, part, mf, proto=p.UDP)
        c.drops["udp.len"] += 1
    for ident, length in enumerate((8, 9, 999, 1000, 1001, 1008, 2999), 191):  # shorter: the rest is no part of it
        message = p.Udp(9, 7, data[:length - 8]).emit(ip) + data[length - 8:]
        for at, part, mf in cut(message, 1000):
            c.piece(ident, at, part, mf, proto=p.UDP)
        c.answers["UDP"] += 1
    c.lan.until("the echoes", lambda: c.heard()["UDP"] >= 7)
    c.barrier()
    echoes = [p.Udp.parse(x.payload).payload for x in c.host.received[came:] if x.proto == p.UDP]
    equal(echoes, [data[:n] for n in (0, 1, 991, 992, 993, 1000, 2991)], "what the echo sent back")


@hostile("F9", "first, middle and last pieces whose rest never comes", "RFC 1122 3.3.2; RFC 792 (time exceeded)")
def timeout(c):
    c.t.sh("netctl fraglife %d" % LIFE)
    message = c.echo_message(bytes(1200))
    for ident in (201, 202, 203):
        c.piece(ident, 0, message[:400], True, "frag.timeout", "ICMP 11/1")
    c.piece(203, 400, message[400:800], True, "frag.timeout")
    for ident in (204, 205):  # without its first piece nobody is told
        c.piece(ident, 400, message[400:800], True, "frag.timeout")
        c.piece(ident, 800, message[800:], False, "frag.timeout")
    c.piece(206, 0, message[:400], True, "frag.timeout", to=p.BROADCAST, dst="10.0.2.255")
    start = c.lan.frames(since=c.mark, sent=True)[0].when
    c.t.settled("the pieces given up", lambda n: n.get("frag.timeout", 0) - c.before.get("frag.timeout", 0) >= 9, 130)
    told = c.lan.frames(lambda f: f.icmp and f.icmp.type == 11, c.mark)
    after = [f.when - start for f in told]
    check(all(LIFE - 1 < s < 6 * LIFE for s in after), "given up after %s s" % after)
    c.t.sh("netctl default")
    quoted = sorted(p.Ip.parse(f.icmp.payload).id for f in told)
    equal(quoted, [201, 202, 203], "the datagrams that the errors quote")
    c.say("after %.0f s" % after[0])
