"""judge.py: a guest without a fault is not judged, and each mistake gets its sentence."""
import dataclasses
import unittest

from . import judge
from . import packet as p

GUEST, MAC, HOST, HOST_MAC = "10.0.2.15", "52:54:00:12:34:56", "10.0.2.2", "52:55:0a:00:02:02"


@dataclasses.dataclass
class FakeHost:
    mac: str
    ports: dict


class FakeLan:
    guest, mac, faults_to_guest, faults_from_guest = GUEST, MAC, None, None

    def __init__(self):
        self.hosts = {HOST: FakeHost(HOST_MAC, {26099: None})}
        self.log = []

    def to(self, packet, kind=p.TYPE_IP):
        self.log.append(p.Frame(p.Ether(MAC, HOST_MAC, kind, packet.emit()).emit(), sent=True))
        return self

    def back(self, raw, kind=p.TYPE_IP, trailer=b""):
        raw = raw if isinstance(raw, bytes) else raw.emit()
        self.log.append(p.Frame(p.Ether(HOST_MAC, MAC, kind, raw).emit() + trailer))
        return self


def arp(op, sha, spa, tha, tpa):
    return p.Arp(op, sha, spa, tha, tpa)


ASK = arp(1, HOST_MAC, HOST, "00:00:00:00:00:00", GUEST)
DATAGRAM = p.udp_packet(GUEST, HOST, 2000, 26099, b"hello, this is a datagram")


class Judged(unittest.TestCase):
    def says(self, lan, text, drops=None):
        found = judge.of(lan, drops)
        self.assertEqual(len(found), 1, found)
        self.assertRegex(found[0], text)

    def test_nothing_is_said_of_good_frames(self):
        lan = FakeLan().to(ASK, p.TYPE_ARP).back(arp(2, MAC, GUEST, HOST_MAC, HOST), p.TYPE_ARP)
        lan.to(p.udp_packet(HOST, GUEST, 26099, 2000, b"x")).back(DATAGRAM)
        lan.back(arp(1, MAC, GUEST, "00:00:00:00:00:00", HOST), p.TYPE_ARP)
        lan.back(arp(1, MAC, GUEST, "00:00:00:00:00:00", GUEST), p.TYPE_ARP)
        lan.back(p.udp_packet(GUEST, HOST, 2000, 40000, b"to a port that nobody knows"))
        self.assertEqual(judge.of(lan, {"udp.noport": 3, "arp.unasked": 1}), [])

    def test_arp_swapped(self):
        lan = FakeLan().to(ASK, p.TYPE_ARP)
        self.says(lan.back(arp(2, MAC, HOST, HOST_MAC, GUEST), p.TYPE_ARP), "wrong way round")

    def test_arp_order(self):
        self.says(FakeLan().back(arp(1, MAC, GUEST, "00:00:00:00:00:00", "2.2.0.10"), p.TYPE_ARP), "asks for 2.2.0.10, which is 10.0.2.2")
        self.says(FakeLan().back(arp(1, MAC, "15.2.0.10", "00:00:00:00:00:00", HOST), p.TYPE_ARP), "calls itself 15.2.0.10")

    def test_ports(self):
        self.says(FakeLan().back(p.udp_packet(GUEST, HOST, 2000, 26099 >> 8 | (26099 & 255) << 8, b"x")), "port 62309, which is 26099")

    def test_addresses(self):
        self.says(FakeLan().back(p.udp_packet(GUEST, "2.2.0.10", 2000, 26099, b"x")), "2.2.0.10, which is 10.0.2.2")

    def test_checksums(self):
        raw = DATAGRAM.emit()
        without = p.checksum(raw[20:26] + b"\0\0" + raw[28:])
        self.says(FakeLan().back(raw[:26] + without.to_bytes(2, "big") + raw[28:]), "wrong UDP checksum: it is right without the pseudo")
        part = p.checksum(raw[:10] + b"\0\0" + raw[12:16])
        self.says(FakeLan().back(raw[:10] + part.to_bytes(2, "big") + raw[12:]), "wrong IP header checksum: it is right for all but the last 4")

    def test_longer_than_its_packet(self):
        long = p.udp_packet(GUEST, HOST, 2000, 26099, b"x" * 100)
        self.says(FakeLan().back(long, trailer=b"\0\0\0\0"), "4 bytes longer")

    def test_drops_of_good_frames(self):
        lan = FakeLan().to(p.udp_packet(HOST, GUEST, 26099, 2000, b"x"))
        self.says(lan, "1 frames as udp.cksum", {"udp.cksum": 1})

    def test_bad_frames_on_purpose_are_no_excuse_for_a_sentence(self):
        bad = p.udp_packet(HOST, GUEST, 26099, 2000, b"x").emit()[:-1] + b"y"
        lan = FakeLan()
        lan.log.append(p.Frame(p.Ether(MAC, HOST_MAC, p.TYPE_IP, bad).emit(), sent=True))
        self.assertEqual(judge.of(lan, {"udp.cksum": 1}), [])


if __name__ == "__main__":
    unittest.main()
