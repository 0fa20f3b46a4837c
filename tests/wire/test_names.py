"""DNS and DHCP: both ways, against bytes made by hand, and against messages that lie."""
import unittest

from . import dhcp, dns
from .packet import Malformed


class Names(unittest.TestCase):
    def test_a_query_by_hand(self):
        """Bytes of RFC 1035 section 4.1, written out."""
        raw = bytes.fromhex("1a2b01000001000000000000" "03777777076578616d706c6503636f6d0000010001")
        m = dns.Message.parse(raw)
        self.assertEqual((m.id, m.recursion, m.questions), (0x1a2b, True, [dns.Question("www.example.com")]))
        self.assertEqual(m.emit(), raw)

    def test_compression(self):
        """RFC 1035 section 4.1.4: the second name points at the first; both forms say the same."""
        m = dns.Message(1, response=True, questions=[dns.Question("www.rxv.test")],
                        answers=[dns.Record("www.rxv.test", dns.CNAME, 9, "host.rxv.test"),
                                 dns.Record("host.rxv.test", dns.A, 9, "10.1.2.3")])
        short, long = m.emit(), m.emit(compress=False)
        self.assertLess(len(short), len(long))
        self.assertEqual(dns.Message.parse(short), dns.Message.parse(long))
        self.assertIn(b"\xc0\x0c", short)

    def test_edns(self):
        m = dns.Message(7, questions=[dns.Question("a.b")], edns=4096)
        self.assertEqual(dns.Message.parse(m.emit()).edns, 4096)

    def test_pointers_that_do_not_lead_back(self):
        """RFC 9267: to itself, forward, past the end, two that point at each other, and label type 01."""
        head = bytes.fromhex("000181800001000000000000")
        for name in ("c00c", "c020", "ffff", "c00ec00c", "4161", "8061", "c0", "05616263"):
            with self.assertRaises(Malformed, msg=name):
                dns.Message.parse(head + bytes.fromhex(name) + b"\0\1\0\1")

    def test_every_cut_is_refused(self):
        raw = dns.Message(1, response=True, questions=[dns.Question("x.test")],
                          answers=[dns.Record("x.test", dns.A, 1, "1.2.3.4")]).emit()
        for n in range(len(raw)):
            with self.assertRaises(Malformed):
                dns.Message.parse(raw[:n])

    def test_the_server(self):
        server = dns.Server({"a.test": [dns.Record("a.test", dns.CNAME, 5, "b.test")],
                             "b.test": [dns.Record("b.test", dns.A, 5, "10.9.8.7")],
                             "loop.test": [dns.Record("loop.test", dns.CNAME, 5, "loop.test")]})

        def ask(name, **more):
            m = dns.Message(3, questions=[dns.Question(name, **more)])
            return dns.Message.parse(server.answer(m.emit()))
        self.assertEqual([r.data for r in ask("A.test").answers], ["b.test", "10.9.8.7"])
        self.assertEqual(ask("none.test").rcode, dns.NXDOMAIN)
        self.assertEqual(ask("b.test", type=dns.TXT).rcode, dns.NOERROR)
        self.assertLessEqual(len(ask("loop.test").answers), 8)
        self.assertIsNone(server.answer(b"short"))
        self.assertIsNone(server.answer(dns.Message(3, response=True).emit()))
        self.assertEqual(dns.Message.parse(server.answer(b"\0\7\1\0\0\1" + bytes(6) + b"\xff")).rcode, dns.FORMERR)


class Dhcp(unittest.TestCase):
    def test_four_messages(self):
        """Discover, offer, request, acknowledge; then a request for somebody else's address is refused."""
        s = dhcp.Server("10.0.2.2", "10.0.2.50", router="10.0.2.2", dns="10.0.2.3")
        mac = "52:54:00:00:00:01"
        offer = s.answer(dhcp.Message(1, 0x1234, mac, options={dhcp.TYPE: b"\1"}).emit())
        offer = dhcp.Message.parse(offer.emit())
        self.assertEqual((offer.type, offer.xid, offer.yiaddr), (dhcp.OFFER, 0x1234, "10.0.2.50"))
        ask = dhcp.Message(1, 0x1234, mac, options={dhcp.TYPE: b"\3", dhcp.REQUESTED: b"\x0a\0\2\x32"})
        self.assertEqual(s.answer(ask.emit()).type, dhcp.ACK)
        ask.options[dhcp.REQUESTED] = b"\x0a\0\2\x33"
        self.assertEqual(s.answer(ask.emit()).type, dhcp.NAK)

    def test_every_cut_is_refused(self):
        m = dhcp.Message(1, 1, "52:54:00:00:00:01", options={dhcp.TYPE: b"\1"})
        raw = m.emit().rstrip(b"\0")
        self.assertEqual(dhcp.Message.parse(raw), m)
        for n in range(len(raw)):
            with self.assertRaises(Malformed):
                dhcp.Message.parse(raw[:n])
