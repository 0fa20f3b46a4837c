"""The cable to a guest's card, and the hosts at its other end.

A Lan is one pair of unix datagram sockets: one datagram is one frame. A thread reads what the guest sends, logs it,
looks whether the guest keeps the rules that hold for every frame, and lets each host answer. A test adds hosts,
sends frames of its own, and waits for frames by a condition and a deadline, never by sleeping.
"""
import dataclasses
import heapq
import itertools
import os
import re
import select
import socket
import threading
import time

from . import packet as p
from . import pcap, show

GUEST_MAC, GUEST = "52:54:00:12:34:56", "10.0.2.15"
GATEWAY, DNS = "10.0.2.2", "10.0.2.3"
LOG_MAX = 200000  # frames kept
LAG = 2           # seconds that our thread may be behind
LOOK = 0.25       # seconds between two looks at whether waiting makes sense
# What a debug kernel fills memory with: pages given out and given back, packets given back
# (kernel/debug/debug.h). No test sends four such bytes in a row, so a frame that has them has them from there.
POISON = re.compile(rb"\xa5{4}|\x5a{4}|\xdb{4}")


class Timeout(AssertionError):
    """A frame that did not come in time."""


class Lan:
    """where: a directory of the test's own, with a short path (a unix socket's has room for 107 bytes)."""

    def __init__(self, where, name="n0", guest=GUEST, mac=GUEST_MAC, capture=None, scale=1.0):
        self.name, self.guest, self.mac, self.scale = name, guest, mac, scale
        self.theirs, self.ours = os.path.join(where, name + ".q"), os.path.join(where, name + ".h")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(self.ours)
        self.socket.settimeout(20 * scale)
        self.pcap = pcap.Writer(capture)
        self.log = []       # Frames, both ways, oldest first
        self.forgotten = 0  # frames that were in the log before those
        self.broken = []    # rules that the guest broke, a sentence each
        self.unsent = 0     # frames that found no QEMU
        self.watch = None   # called while until() waits
        self.faults_to_guest = self.faults_from_guest = None
        self.hosts = {}
        self.timers, self.serial = [], itertools.count()
        self.more = threading.Condition()
        self.sending, self.timing = threading.Lock(), threading.Lock()
        self.knock, self.door = socket.socketpair()
        self.knock.setblocking(False)
        self.open, self.busy = True, False
        self.thread = threading.Thread(target=self.run, name="lan " + name, daemon=True)
        self.thread.start()

    def netdev(self):
        """QEMU's -netdev for the guest's end."""
        return "dgram,id=%s,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s" % (
            self.name, self.theirs, self.ours)

    def host(self, address, mac=None):
        """Add a host that answers ARP and ping."""
        h = Host(self, address, mac or "52:55:" + p.mac_text(p.ip_bytes(address)))
        self.hosts[address] = h
        return h

    def capture(self, path):
        """From now on what goes over the wire is kept in a new file."""
        with self.more:
            self.pcap.close()
            self.pcap = pcap.Writer(path)

    def close(self):
        if self.open:
            self.open = False
            self.wake()
            self.thread.join(10)
            for s in (self.socket, self.knock, self.door):
                s.close()
            self.pcap.close()
            for path in (self.ours, self.theirs):
                if os.path.exists(path):
                    os.unlink(path)

    # Sending.

    def send(self, frame):
        """A frame to the guest: bytes, or a packet.Ether."""
        raw = frame if isinstance(frame, bytes) else frame.emit()
        if self.faults_to_guest is None:
            return self.put(raw)
        for wait, out in self.faults_to_guest.apply(raw):
            self.later(wait, lambda out=out: self.put(out))

    def put(self, raw):
        with self.sending:
            try:
                self.socket.sendto(raw, self.theirs)
            except (FileNotFoundError, ConnectionRefusedError):
                self.unsent += 1
                return
            except socket.timeout:
                raise Timeout("QEMU takes no frame any more: its card's ring has been full for %g s" %
                              self.socket.gettimeout()) from None
        self.note(p.Frame(raw, time.time(), sent=True))

    def later(self, seconds, action):
        """Run action in the LAN's thread."""
        with self.timing:
            heapq.heappush(self.timers, (time.monotonic() + seconds, next(self.serial), action))
        self.wake()

    def wake(self):
        try:
            self.knock.send(b"x")
        except BlockingIOError:
            pass  # it has enough reasons to wake up

    # Receiving: all of this runs in the LAN's thread.

    def run(self):
        while self.open:
            ready, _, _ = select.select([self.socket, self.door], [], [], self.next_timer())
            if self.door in ready:
                self.door.recv(4096)
            while self.next_timer() == 0:
                with self.timing:
                    action = heapq.heappop(self.timers)[2]
                self.guarded(action)
            if self.socket in ready and self.open:
                self.busy = True  # before it is off the socket: see caught_up()
                self.receive(self.socket.recv(1 << 17))
                self.busy = False
                with self.more:
                    self.more.notify_all()

    def receive(self, raw):
        if self.faults_from_guest is None:
            self.guarded(lambda: self.take(raw))
            return
        for delay, out in self.faults_from_guest.apply(raw):
            self.later(delay, lambda out=out: self.take(out))

    def next_timer(self):
        with self.timing:
            return max(0.0, self.timers[0][0] - time.monotonic()) if self.timers else 5.0

    def guarded(self, action):
        try:
            action()
        except Exception as e:  # the thread must live on; the test sees it by check()
            self.broken.append("the LAN itself failed: %s: %s" % (type(e).__name__, e))

    def take(self, raw):
        frame = p.Frame(raw, time.time())
        if self.faults_from_guest is None:
            self.inspect(frame)
        self.note(frame)
        for h in list(self.hosts.values()):
            h.take(frame)

    def inspect(self, f):
        """The rules for every frame that leaves the guest."""
        if len(f.raw) < p.MINIMUM:
            self.broken.append("a frame of %d bytes: below Ethernet's 60" % len(f.raw))
        if len(f.raw) > 14 + p.MTU:
            self.broken.append("a frame of %d bytes: beyond Ethernet's 1514" % len(f.raw))
        if f.error:
            self.broken.append("a malformed frame: " + show.line(f))
        if f.eth and f.eth.src != self.mac:
            self.broken.append("a frame from %s, which is not the card's address" % f.eth.src)
        if any(f.trailer):
            self.broken.append("bytes of memory in the padding (Etherleak): " + show.line(f))
        if POISON.search(f.raw):
            self.broken.append("bytes of freed or fresh memory at %d: %s" % (POISON.search(f.raw).start(), show.line(f)))
        if f.ip and f.ip.ttl == 0:
            self.broken.append("a packet with TTL 0: " + show.line(f))
        if f.udp and f.udp.sum_ == 0:
            self.broken.append("a UDP datagram without a checksum: " + show.line(f))

    def note(self, frame):
        with self.more:
            self.log.append(frame)
            if len(self.log) > LOG_MAX:
                del self.log[:LOG_MAX // 2]
                self.forgotten += LOG_MAX // 2
            self.pcap.frame(frame.raw, frame.when)
            self.more.notify_all()

    # Waiting.

    def mark(self):
        """A place in the log, for `since`: what comes from now on."""
        with self.more:
            return self.forgotten + len(self.log)

    def caught_up(self):
        """Is all dealt with that the guest has sent so far?"""
        return not select.select([self.socket], [], [], 0)[0] and not self.busy

    def frames(self, condition=lambda f: True, since=0, sent=False):
        """The guest's frames (sent: ours) after the mark that meet the condition. What the guest sent before it said something
        on its console is among them: our thread may be behind, and is waited for (not for ever: in a flood there is always more)."""
        end = time.monotonic() + LAG * self.scale
        with self.more:
            while self.open and threading.current_thread() is not self.thread and not self.caught_up() and time.monotonic() < end:
                self.more.wait(LOOK)
            return self.seen(condition, since, sent)

    def seen(self, condition, since, sent=False):
        """Those of them that our thread has dealt with."""
        with self.more:
            return [f for f in self.log[max(0, since - self.forgotten):] if f.sent == sent and condition(f)]

    def until(self, what, state, seconds=20):
        """Wait until state() holds and return its value; it is looked at whenever a frame has been dealt with. Meanwhile
        watch(seconds waited) is called now and then, without the lock: it raises when waiting makes no sense any more."""
        start = time.monotonic()
        while True:
            with self.more:
                value = state() or self.more.wait(LOOK) and state()
                if value:
                    return value
            waited = time.monotonic() - start
            if waited >= seconds * self.scale:
                raise Timeout("waited %g s on the wire for %s. Last frames:\n  %s" % (
                    seconds * self.scale, what, "\n  ".join(show.tail(self.log) or ["none at all"])))
            if self.watch:
                self.watch(waited)

    def wait(self, what, condition, since=0, count=1, seconds=20):
        """The first `count` frames from the guest after the mark that meet the condition; Timeout, with a
        sentence that says `what` was waited for, when they do not come."""
        found = []

        def enough():
            found[:] = self.seen(condition, since)
            return len(found) >= count
        try:
            self.until(what, enough, seconds)
        except Timeout as e:
            raise Timeout("%d of %d came: %s" % (len(found), count, e)) from None
        return found[0] if count == 1 else found[:count]

    def check(self):
        """Fails when the guest broke a rule."""
        if self.broken:
            raise AssertionError("the guest broke %d rule(s) of the wire: %s" % (
                len(self.broken), "; ".join(self.broken[:4])))


class Host:
    """A station of the LAN: answers ARP and ping, hands UDP to whoever has asked for a port."""

    def __init__(self, lan, address, mac):
        self.lan, self.address, self.mac = lan, address, mac
        self.arp = {}           # what we learned: address -> MAC
        self.answer_arp = self.answer_ping = True
        self.ports = {}         # port -> function(host, Ip, Udp)
        self.parts = p.Reassembler()
        self.ids = itertools.count(1)
        self.received = []      # whole packets to us: Ip

    def take(self, f):
        if f.arp and f.arp.spa != "0.0.0.0":
            if f.arp.tpa == self.address or f.arp.spa in self.arp:
                self.arp[f.arp.spa] = f.arp.sha
            if f.arp.op == 1 and f.arp.tpa == self.address and self.answer_arp:
                self.reply_arp(f.arp)
        elif f.ip and f.eth.dst in (self.mac, p.BROADCAST) and f.ip.dst in (self.address, "255.255.255.255"):
            ip = self.parts.add(f.ip)
            if ip is not None:
                self.deliver(f, ip)

    def reply_arp(self, ask):
        self.lan.send(p.Ether(ask.sha, self.mac, p.TYPE_ARP,
                              p.Arp(2, self.mac, self.address, ask.sha, ask.spa).emit()))

    def deliver(self, f, ip):
        self.received.append(ip)
        try:
            if ip.proto == p.ICMP:
                icmp = p.Icmp.parse(ip.payload)
                if icmp.type == p.ECHO and self.answer_ping and ip.dst == self.address:
                    icmp.type = p.ECHO_REPLY
                    self.send_ip(p.Ip(self.address, ip.src, p.ICMP, icmp.emit()), f.eth.src)
            elif ip.proto == p.UDP:
                udp = p.Udp.parse(ip.payload, ip)
                self.arp.setdefault(ip.src, f.eth.src)
                if udp.dport in self.ports:
                    self.ports[udp.dport](self, ip, udp)
        except p.Malformed as e:
            if self.lan.faults_from_guest is None:
                self.lan.broken.append("to %s: %s" % (self.address, e))

    def on(self, port, handler):
        """handler(host, Ip, Udp) runs in the LAN's thread for every datagram to this port."""
        self.ports[port] = handler

    def send_ip(self, ip, mac=None, mtu=p.MTU):
        """A packet to the guest, in fragments when it is long."""
        if ip.id == 0:
            ip = dataclasses.replace(ip, id=next(self.ids) & 0xffff)
        for piece in p.fragments(ip, mtu):
            self.lan.send(p.Ether(mac or self.arp.get(ip.dst, self.lan.mac), self.mac, p.TYPE_IP, piece.emit()))

    def send_udp(self, sport, dport, data, to=None, **fields):
        self.send_ip(p.udp_packet(self.address, to or self.lan.guest, sport, dport, data, **fields))

    def ping(self, data=b"", ident=0x7278, seq=1, to=None, seconds=20, **fields):
        """One echo request; the reply's Ip, put together from its fragments."""
        before = len(self.received)
        self.send_ip(p.Ip(self.address, to or self.lan.guest, p.ICMP,
                          p.Icmp(p.ECHO, 0, ident << 16 | seq, data).emit(), **fields))
        return self.lan.until(
            "the echo reply to %d bytes from %s" % (len(data), self.address),
            lambda: next((ip for ip in self.received[before:] if self.is_reply(ip, ident, seq)), None), seconds)

    @staticmethod
    def is_reply(ip, ident, seq):
        if ip.proto != p.ICMP or len(ip.payload) < 8:
            return False
        icmp = p.Icmp.parse(ip.payload)
        return (icmp.type, icmp.id, icmp.seq) == (p.ECHO_REPLY, ident, seq)
