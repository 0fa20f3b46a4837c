"""Bytes to fields and back, and lengths that lie."""
import os
import random
import tempfile
import unittest

from . import faults, pcap, show
from . import packet as p


class Bytes(unittest.TestCase):
    def test_checksum_of_rfc1071(self):
        """Section 3 adds these by hand: ddf2, so the field holds 220d; an odd length counts a zero more."""
        data = bytes.fromhex("0001f203f4f5f6f7")
        self.assertEqual(p.checksum(data), 0x220d)
        self.assertEqual(p.checksum(data[:7]), p.checksum(data[:7] + b"\0"))
        self.assertEqual(p.checksum(b""), 0xffff)

    def test_arp_both_ways(self):
        frame = bytes.fromhex("ffffffffffff52540012345608060001080006040001525400123456"
                              "0a00020f0000000000000a000202")
        f = p.Frame(frame)
        self.assertEqual((f.arp.op, f.arp.spa, f.arp.tpa), (1, "10.0.2.15", "10.0.2.2"))
        self.assertEqual(p.Ether(f.eth.dst, f.eth.src, p.TYPE_ARP, f.arp.emit()).emit(pad=False), frame)
        self.assertEqual(len(p.Ether(f.eth.dst, f.eth.src, p.TYPE_ARP, f.arp.emit()).emit()), 60)

    def test_ip_header_of_a_real_datagram(self):
        """A header whose checksum was computed elsewhere (b861) is accepted and comes out the same."""
        data = bytes.fromhex("450000730000400040 11b861c0a80001c0a800c7".replace(" ", "")) + bytes(0x73 - 20)
        ip = p.Ip.parse(data)
        self.assertEqual((ip.src, ip.dst, ip.proto, ip.df, ip.ttl), ("192.168.0.1", "192.168.0.199", 17, True, 64))
        self.assertEqual(ip.emit(), data)

    def test_udp_checksum_never_zero(self):
        """RFC 768: a sum that comes out as zero goes out as ffff, for zero means none."""
        ip = p.Ip("10.0.2.2", "10.0.2.15", p.UDP)
        for n in range(70000):
            raw = p.Udp(1, 2, n.to_bytes(4, "big")).emit(ip)
            if raw[6:8] == b"\xff\xff":
                break
        else:
            self.fail("no payload has that sum")
        p.Udp.parse(raw, ip)

    def test_udp_wrong_checksum_is_seen(self):
        ip = p.udp_packet("10.0.2.2", "10.0.2.15", 7, 9, b"abc")
        self.assertEqual(p.Udp.parse(ip.payload, ip).payload, b"abc")
        bad = ip.payload[:-1] + b"x"
        with self.assertRaises(p.Malformed):
            p.Udp.parse(bad, ip)

    def test_on_purpose(self):
        """Fields set by the test go out as they are."""
        raw = p.Ip("1.2.3.4", "5.6.7.8", 99, b"x", version_=6, total_=5, sum_=0x1234).emit()
        self.assertEqual((raw[0] >> 4, raw[2:4], raw[10:12]), (6, b"\0\5", b"\x12\x34"))

    def test_every_cut_is_refused(self):
        """A frame cut anywhere before its end is malformed, and nothing but Malformed is raised."""
        for ip in (p.udp_packet("10.0.2.2", "10.0.2.15", 7, 9, b"hello there, long enough to need no padding"),
                   p.Ip("10.0.2.2", "10.0.2.15", p.ICMP, p.Icmp(8, 0, 1, b"x" * 40).emit())):
            raw = p.Ether(p.BROADCAST, p.mac_text(bytes(6)), p.TYPE_IP, ip.emit()).emit()
            self.assertIsNone(p.Frame(raw).error)
            for n in range(len(raw)):
                self.assertIsNotNone(p.Frame(raw[:n]).error, "%d bytes were accepted" % n)

    def test_noise_never_breaks_it(self):
        r = random.Random(1)
        good = p.Ether(p.BROADCAST, p.mac_text(bytes(6)), p.TYPE_IP,
                       p.udp_packet("10.0.2.2", "10.0.2.15", 7, 9, b"x" * 30).emit()).emit()
        for _ in range(3000):
            raw = bytearray(good)
            for _ in range(r.randrange(6)):
                raw[r.randrange(len(raw))] = r.randrange(256)
            show.line(bytes(raw[:r.randrange(len(raw) + 1)]))


class Fragments(unittest.TestCase):
    def test_any_order(self):
        r = random.Random(2)
        for size in (1, 1472, 1473, 1480, 3000, 8000, 65507):
            data = bytes(r.randrange(256) for _ in range(size))
            ip = p.udp_packet("10.0.2.2", "10.0.2.15", 7, 9, data, id=5)
            pieces = p.fragments(ip)
            self.assertTrue(all(len(x.emit()) <= 1500 for x in pieces))
            self.assertTrue(all(len(x.payload) % 8 == 0 for x in pieces[:-1]))
            r.shuffle(pieces)
            box = p.Reassembler()
            whole = [w for w in (box.add(p.Ip.parse(x.emit())) for x in pieces) if w]
            self.assertEqual(len(whole), 1)
            self.assertEqual(p.Udp.parse(whole[0].payload, whole[0]).payload, data)
            self.assertEqual(box.waiting, {})

    def test_a_missing_one(self):
        pieces = p.fragments(p.udp_packet("1.1.1.1", "2.2.2.2", 1, 2, bytes(5000), id=1))
        for i in range(len(pieces)):
            box = p.Reassembler()
            self.assertFalse([w for w in map(box.add, pieces[:i] + pieces[i + 1:]) if w])


class Cable(unittest.TestCase):
    def test_same_seed_same_faults(self):
        def one(seed):
            f = faults.Faults(seed, 0.2, 0.2, 0.2, 0.2, 0.1)
            return [f.apply(bytes([i] * 20)) for i in range(200)], str(f)
        self.assertEqual(one(3), one(3))
        self.assertNotEqual(one(3)[0], one(4)[0])

    def test_nothing_but_loss_loses(self):
        f = faults.Faults(5, repeat=0.3, swap=0.5, delay=0.01)
        out = [x for i in range(500) for _, x in f.apply(i.to_bytes(4, "big"))] + [x for _, x in f.flush()]
        self.assertEqual({int.from_bytes(x, "big") for x in out}, set(range(500)))
        self.assertGreater(len(out), 500)
        self.assertNotEqual(out, sorted(out))

    def test_pcap_both_ways(self):
        with tempfile.TemporaryDirectory() as d:
            path = os.path.join(d, "x.pcap")
            w = pcap.Writer(path)
            w.frame(b"abc", 12.5)
            w.frame(b"defg", 13.25)
            w.close()
            self.assertEqual(pcap.read(path), [(12.5, b"abc"), (13.25, b"defg")])
