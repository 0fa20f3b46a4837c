"""The LAN with a guest of Python at the other end of the cable."""
import os
import re
import socket
import tempfile
import time
import unittest

from . import faults, lan
from . import packet as p


class Guest:
    """The cable's other end, where QEMU would be."""

    def __init__(self, the_lan):
        self.lan = the_lan
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(the_lan.theirs)
        self.socket.settimeout(10)

    def send(self, ether):
        self.socket.sendto(ether.emit(), self.lan.ours)

    def send_ip(self, ip):
        self.send(p.Ether("52:55:0a:00:02:02", self.lan.mac, p.TYPE_IP, ip.emit()))

    def recv(self):
        return p.Frame(self.socket.recv(65536))


def poison_of_the_kernel():
    """The bytes that a debug kernel fills fresh and free pages and free packets with."""
    root, found = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), []
    for name in ("debug/debug.h",):
        with open(os.path.join(root, "kernel", name), encoding="utf-8") as f:
            found += re.findall(r"(?m)^#define \w*(?:POISON|FRESH) 0x(\w\w)", f.read())
    return [int(x, 16) for x in found]


class Hosts(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.lan = lan.Lan(self.dir.name)
        self.host = self.lan.host("10.0.2.2")
        self.guest = Guest(self.lan)

    def tearDown(self):
        self.lan.close()
        self.guest.socket.close()
        self.dir.cleanup()

    def test_answers_arp_once(self):
        self.guest.send(p.Ether(p.BROADCAST, self.lan.mac, p.TYPE_ARP,
                                p.Arp(1, self.lan.mac, "10.0.2.15", "00:00:00:00:00:00", "10.0.2.2").emit()))
        f = self.guest.recv()
        self.assertEqual((f.arp.op, f.arp.sha, f.eth.dst), (2, "52:55:0a:00:02:02", self.lan.mac))
        self.lan.check()

    def test_answers_ping_in_fragments(self):
        ip = p.Ip("10.0.2.15", "10.0.2.2", p.ICMP, p.Icmp(p.ECHO, 0, 0x10002, bytes(4000)).emit(), id=9)
        for piece in reversed(p.fragments(ip)):
            self.guest.send_ip(piece)
        box, whole = p.Reassembler(), None
        while whole is None:
            whole = box.add(self.guest.recv().ip)
        icmp = p.Icmp.parse(whole.payload)
        self.assertEqual((icmp.type, icmp.id, icmp.seq, len(icmp.payload)), (p.ECHO_REPLY, 1, 2, 4000))

    def test_udp_to_a_port(self):
        self.host.on(7, lambda h, ip, udp: h.send_udp(7, udp.sport, udp.payload.upper(), to=ip.src))
        self.guest.send_ip(p.udp_packet("10.0.2.15", "10.0.2.2", 99, 7, b"hello"))
        self.assertEqual(self.guest.recv().udp.payload, b"HELLO")
        self.assertEqual(self.lan.wait("the datagram", lambda f: f.udp).udp.payload, b"hello")

    def test_a_deadline_says_what_was_awaited(self):
        with self.assertRaisesRegex(lan.Timeout, "for a miracle"):
            self.lan.wait("a miracle", lambda f: False, seconds=0.05)

    def test_what_was_sent_is_there_though_our_thread_is_behind(self):
        handled = self.host.take
        self.host.take = lambda f: (time.sleep(0.002), handled(f))
        for n in range(1, 51):
            self.guest.send(p.Ether(p.BROADCAST, self.lan.mac, p.TYPE_IP, b""))
            self.guest.send(p.Ether(p.BROADCAST, self.lan.mac, p.TYPE_IP, b""))
            self.assertEqual(len(self.lan.frames()), 2 * n)

    def test_no_guest_is_no_error(self):
        self.guest.socket.close()
        os.unlink(self.lan.theirs)
        self.lan.send(bytes(60))
        self.assertEqual(self.lan.unsent, 1)

    def test_rules_are_watched(self):
        """Short, malformed, with memory in the padding, from a foreign address: each is noticed."""
        good = p.udp_packet("10.0.2.15", "10.0.2.2", 9, 9, b"x")
        frame = p.Ether("52:55:0a:00:02:02", self.lan.mac, p.TYPE_IP, good.emit()).emit()
        bad = [frame[:40], frame[:-1] + b"\1", frame[:6] + b"\2" + frame[7:], frame[:50] + b"\7" + frame[51:],
               p.Ether("52:55:0a:00:02:02", self.lan.mac, p.TYPE_IP, p.Ip("10.0.2.15", "10.0.2.2", 9, ttl=0).emit()).emit()]
        self.guest.socket.sendto(frame, self.lan.ours)
        for raw in bad:
            self.guest.socket.sendto(raw, self.lan.ours)
        self.lan.wait("all", lambda f: True, count=1 + len(bad))
        self.assertGreaterEqual(len(self.lan.broken), len(bad))
        with self.assertRaisesRegex(AssertionError, "padding"):
            self.lan.check()

    def test_memory_in_frames_is_noticed(self):
        """Four bytes of what a debug kernel fills its memory with, anywhere in a frame; three are none."""
        for fill in poison_of_the_kernel():
            for n, broken in ((3, 0), (4, 1)):
                self.lan.broken = []
                ip = p.udp_packet("10.0.2.15", "10.0.2.2", 9, 9, b"data" + bytes([fill]) * n)
                self.guest.send_ip(ip)
                self.lan.wait("the frame", lambda f: f.ip and f.ip.payload == ip.payload)
                self.assertEqual(len(self.lan.broken), broken, "%d bytes of %#x" % (n, fill))

    def test_delayed_frames_come(self):
        self.lan.faults_to_guest = faults.Faults(1, delay=0.05)
        start = time.monotonic()
        for i in range(20):
            self.host.send_udp(1, 2, b"%d" % i)
        got = sorted(int(self.guest.recv().udp.payload) for _ in range(20))
        self.assertEqual(got, list(range(20)))
        self.assertGreater(time.monotonic() - start, 0.005)
