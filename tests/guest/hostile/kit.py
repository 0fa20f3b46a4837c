"""What the classes of hostile input share: how one is written down, what its function is given, and how it is judged.

    @hostile("I5", "total length beyond the frame", "RFC 791 3.1; CVE-2020-11896")
    def total_beyond(c):
        for total in (...):
            c.ip("ip.len", total_=total)

A function sends frames, and says with each one what must become of it: the name under which it is dropped, or the
answer that it gets. Afterwards the guest must have counted just that, answered just that, and given everything back.
Most frames hold an echo request, so that a check that is missing shows itself by an answer.
"""
import collections
import dataclasses
import os
import random
import re
import socket
import time

from wire import packet as p
from wire import lan as wire_lan
from .. import machine
from ..machine import Failure
from ..scenario import check, equal

GUEST = wire_lan.GUEST
NOBODY = "00:00:00:00:00:00"
ECHO_PORT = 7      # nt echo
CLOSED_PORT = 5999
BARRIER = 0x6272   # identifier of our own pings, which are no part of a class
GIVEN_BACK = ("socks.free", "files.free", "procs.free", "inodes.free")
BY_ITSELF = ("ARP request", "ARP announcement")  # what the guest may say at any time
CLASSES = []       # HostileClasses, in the order of their definition


@dataclasses.dataclass
class HostileClass:
    name: str      # E1
    title: str     # what is sent, in words
    source: str    # clause or CVE
    function: object
    group: str
    debug: bool    # only a debug kernel can be tested so


def hostile(name, title, source, debug=False):
    def register(function):
        group = function.__module__.rpartition(".")[2]
        CLASSES.append(HostileClass(name, title, source, function, group, debug))
        return function
    return register


def drop_names():
    """The kernel's names of drops, from the header that has them all."""
    with open(os.path.join(machine.ROOT, "kernel", "pkt", "drop.h"), encoding="utf-8") as f:
        return re.findall(r'X\([A-Z_]+, "([a-z_.]+)"', f.read())


def kind(f):
    """What a frame of the guest's is, for counting answers; None: it is not counted."""
    if f.arp:
        return "ARP reply" if f.arp.op == 2 else "ARP announcement" if f.arp.spa == f.arp.tpa else "ARP request"
    if f.ip is None:
        return "frame of no known kind"
    if f.ip.offset:
        return None  # its first fragment is
    if f.ip.proto == p.ICMP and len(f.ip.payload) >= 8:
        if f.ip.payload[0] == p.ECHO_REPLY:
            return None if f.ip.payload[4:6] == BARRIER.to_bytes(2, "big") else "echo reply"
        return "ICMP %d/%d" % (f.ip.payload[0], f.ip.payload[1])
    return "UDP" if f.ip.proto == p.UDP else "protocol %d" % f.ip.proto


def plain(counter):
    return {k: v for k, v in counter.items() if v}


def in_words(counts, none):
    return ", ".join("%s %d" % x for x in sorted(counts.items())) or none


class Case:
    """One run of one class. before: the guest's counters. tools: what the whole group shares."""

    def __init__(self, t, the_class, before, tools, seed):
        self.t, self.lan, self.host, self.the_class, self.before, self.tools = t, t.lan, t.host, the_class, before, tools
        self.r = random.Random("%s %d" % (the_class.name, seed))
        self.drops = collections.Counter()    # name: how many must have been counted
        self.either = []                      # (names, how many by all of them together)
        self.inside = False                   # programs of the guest do what they like: only what is left of it counts
        self.answers = collections.Counter()  # kind: how many frames
        self.counts = collections.Counter()   # counters that are no drops
        self.sent, self.said = 0, []
        self.on_the_wire = False              # frames that the card may not have had yet
        self.mark = t.lan.mark()
        self.ids = iter(range(1, 65536))

    # Sending.

    def frame(self, frame, drop=None, answer=None):
        """One frame, bytes or an Ether. drop: the name it is dropped under; answer: the kind that answers it."""
        if drop:
            self.drops[drop] += 1
        if answer:
            self.answers[answer] += 1
        self.sent += 1
        self.on_the_wire = True
        self.lan.send(frame)

    def ether(self, payload, drop=None, answer=None, to=None, src=None, kind_=p.TYPE_IP, pad=True):
        self.frame(p.Ether(to or self.lan.mac, src or self.host.mac, kind_, payload).emit(pad), drop, answer)

    def echo_message(self, data=b"hostile?", seq=1):
        return p.Icmp(p.ECHO, 0, 0x4000 << 16 | seq, data).emit()

    def ip(self, drop=None, answer=None, to=None, mac=None, cut=None, behind=b"", **fields):
        """An IP packet, by default an echo request to the guest. to, mac: the frame's addresses. cut: bytes that are
        sent of it. behind: what follows it in the frame."""
        fields.setdefault("src", self.host.address)
        fields.setdefault("dst", GUEST)
        fields.setdefault("proto", p.ICMP)
        fields.setdefault("id", next(self.ids))
        fields.setdefault("payload", self.echo_message())
        self.ether(p.Ip(**fields).emit()[:cut] + behind, drop, answer, to, mac)

    def icmp(self, drop=None, answer=None, kind_=p.ECHO, code=0, rest=0x40000001, data=b"hostile?", sum_=None, **fields):
        self.ip(drop, answer, proto=p.ICMP, payload=p.Icmp(kind_, code, rest, data, sum_).emit(), **fields)

    def udp(self, drop=None, answer=None, data=b"hostile?", sport=9, dport=ECHO_PORT, length_=None, sum_=None, **fields):
        fields.setdefault("src", self.host.address)
        fields.setdefault("dst", GUEST)
        message = p.Udp(sport, dport, data, length_, sum_).emit(p.Ip(fields["src"], fields["dst"], p.UDP))
        self.ip(drop, answer, proto=p.UDP, payload=message, **fields)

    def piece(self, ident, offset, payload, mf, drop=None, answer=None, **fields):
        """One fragment of an ICMP message."""
        self.ip(drop, answer, id=ident, offset=offset, payload=payload, mf=mf, **fields)

    def short(self, frame, drop):
        """A frame that QEMU's card would fill up or refuse, put on the ring behind its back."""
        self.drops[drop] += 1
        self.sent += 1
        if self.on_the_wire:
            self.barrier()  # the card and we must not fill one descriptor
        self.tools.card.receive(frame)
        self.lan.note(p.Frame(frame, time.time(), sent=True))

    def arp(self, drop=None, answer=None, op=1, sha=None, spa=None, tha=NOBODY, tpa=GUEST, to=p.BROADCAST, mac=None,
            cut=None, **fields):
        """An ARP message, by default the gateway's request for the guest's address."""
        message = p.Arp(op, sha or self.host.mac, spa or self.host.address, tha, tpa, **fields).emit()[:cut]
        self.ether(message, drop, answer, to, mac, p.TYPE_ARP)

    # What may be said about the outcome.

    def one_of(self, names, count):
        """So many drops under these names together: which, is the card's affair."""
        self.either.append((tuple(names), count))

    def counted(self, name, count):
        """A counter that is no drop moves by so much."""
        self.counts[name] += count

    def say(self, text):
        self.said.append(text)

    # The guest.

    def barrier(self):
        """All that was sent before has been dealt with by the stack when this returns: a ping goes through it last."""
        self.tools.seq = (self.tools.seq + 1) & 0xffff
        reply = self.host.ping(b"still there?", ident=BARRIER, seq=self.tools.seq)
        self.on_the_wire = False
        return reply

    def echo(self):
        """There is an echo in the guest, at ECHO_PORT."""
        if not self.tools.echo:
            self.tools.echo = True
            self.t.m.background("nt echo %d 0" % ECHO_PORT, "ready")
            self.rebase()

    def rebase(self):
        """What the guest counted up to now is the class's own preparation."""
        self.barrier()
        self.before = self.t.numbers()

    def heard(self):
        """Answers so far, by kind."""
        return collections.Counter(kind(f) for f in self.lan.frames(since=self.mark))

    def ut(self, group, *names):
        """Tests of user/tests/ut_GROUP.c: all must pass."""
        out = self.t.sh("ut_%s %s" % (group, " ".join(names)), 120)
        bad = [line for line in out.split("\n") if "FAILED" in line]
        check(not bad and "%d passed, 0 failed" % len(names) in out, "ut_%s: %s" % (group, "; ".join(bad) or out))
        self.say("ut_%s: %s" % (group, " ".join(names)))
        self.inside = True

    # The verdict.

    def judge(self):
        """Raises unless all is as the class said. result: the guest's counters now."""
        self.barrier()
        wanted = plain(self.answers)
        self.lan.until("the answers " + in_words(wanted, "none"),
                       lambda: all(self.heard()[k] >= n for k, n in wanted.items()))
        if not self.inside:
            self.judge_counts(self.t.numbers())
        now = self.t.settled("everything given back: packets, sockets, files, processes", self.all_back)
        broken, self.lan.broken = self.lan.broken, []
        check(not broken, "the guest broke a rule of the wire: " + "; ".join(broken[:3]))
        return now

    def judge_counts(self, now):
        """What was answered, and what was counted, is what the class said."""
        wanted = plain(self.answers)
        heard = {k: n for k, n in self.heard().items() if k and (k in wanted or k not in BY_ITSELF)}
        equal(heard, wanted, "what the guest answered")
        found = {k: now.get(k, 0) - self.before.get(k, 0) for k in self.tools.drop_names}
        for names, count in self.either:
            each = {k: found[k] - self.drops[k] for k in names if found.get(k, 0) > self.drops[k]}
            equal(sum(each.values()), count, "drops under " + " or ".join(names))
            found.update({k: self.drops[k] for k in each})
            self.say("(%s)" % in_words(each, "none"))
        equal(plain(found), plain(self.drops), "what was dropped")
        for name, count in self.counts.items():
            equal(now.get(name, 0) - self.before.get(name, 0), count, name)

    def all_back(self, now):
        return now["packets.free"] >= self.before["packets.free"] and all(now[k] == self.before[k] for k in GIVEN_BACK)

    def outcome(self):
        """In words, for the table."""
        parts = ["%s %d" % x for x in sorted(plain(self.drops).items())]
        parts += ["%d %s" % (n, k) for k, n in sorted(plain(self.answers).items())]
        parts += ["%s %d" % x for x in sorted(plain(self.counts).items())]
        return ", ".join(parts + self.said) or "taken in silence"


EOP, DONE = 2 << 32, 1 << 32  # in a receive descriptor's second word


class Card:
    """The card behind the driver's back, through QEMU's qtest: registers and descriptors."""

    BAR = 0x40000000  # where pci.c puts the first card's registers
    RCTL, RDBAL, RDH = 0x100, 0x2800, 0x2810

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20 * machine.SLOW)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="ascii")

    def ask(self, text):
        self.file.write(text + "\n")
        self.file.flush()
        while True:
            words = self.file.readline().split()
            if not words or words[0] == "FAIL":
                raise Failure("QEMU's qtest does not know '%s'" % text)
            if words[0] == "OK":
                return int(words[1], 16) if len(words) > 1 else 0

    def read(self, register):
        return self.ask("readl %#x" % (self.BAR + register))

    def write(self, register, value):
        self.ask("writel %#x %#x" % (self.BAR + register, value))

    def receive(self, frame, word=EOP | DONE, length=None):
        """A frame of any length is in the next receive descriptor, whose second word is this: as if the card had put it
        there. Whoever sleeps hears of it with the next frame of the wire."""
        head = self.read(self.RDH)
        descriptor = self.read(self.RDBAL) + 16 * head
        self.write(self.RDH, (head + 1) % 256)
        if frame:
            self.ask("write %#x %#x 0x%s" % (self.ask("readq %#x" % descriptor), len(frame), frame.hex()))
        self.ask("writeq %#x %#x" % (descriptor + 8, word | (len(frame) if length is None else length)))

    def close(self):
        self.file.close()
        self.socket.close()
