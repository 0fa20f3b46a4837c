"""nettest.py, the host's side: each test's way, with a guest made of calls and a clock made of numbers."""
import os
import subprocess
import sys
import unittest

from . import dns, zone

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)
import nettest  # noqa: E402


class Fake:
    """A Peer whose sockets are lists."""

    def __init__(self):
        self.now, self.sent, self.answers, self.lines = 100.0, [], [], []
        self.peer = nettest.Peer(lambda which, data: self.sent.append((which, data)),
                                 lambda whom, data: self.answers.append((whom, data)), self.lines.append, lambda: self.now)

    def get(self, data, whom="guest"):
        del self.answers[:]
        self.peer.datagram(data, whom)
        return [d for _, d in self.answers]

    def run(self, seconds):
        end = self.now + seconds
        while self.now < end:
            self.now += max(0.001, self.peer.due())
            self.peer.tick()


class Leading(unittest.TestCase):
    def test_numbered(self):
        """The example in nettest.c: 97 bytes for 1, and each byte follows from N and its place."""
        self.assertEqual(nettest.numbered(b"tx", 0), b"tx 0:")
        one = nettest.numbered(b"tx", 1)
        self.assertEqual((one[:10], len(one)), (b"tx 1:bcdef", 5 + 97))
        self.assertEqual(nettest.numbered(b"tx", 26)[6:8], b"ab")

    def test_begin_is_repeated(self):
        f = Fake()
        self.assertEqual(f.get(b"begin rxone 7"), [b"ready rxone 7"])
        self.assertEqual(f.get(b"begin rxone 7"), [b"ready rxone 7"])
        f.run(3)
        self.assertEqual(f.sent, [(0, b"rxone")])

    def test_txone(self):
        f = Fake()
        f.get(b"begin txone 1")
        self.assertEqual(f.get(b"txone"), [b"pass txone 1"])
        self.assertEqual(f.get(b"begin txone 1"), [b"ready txone 1", b"pass txone 1"])
        f.get(b"begin txone 2")
        self.assertTrue(f.get(b"txoen")[0].startswith(b"fail txone 2 expected"))

    def test_tx(self):
        f = Fake()
        f.get(b"begin tx 1")
        for i in range(31):
            self.assertEqual(f.get(nettest.numbered(b"tx", i)), [])
        self.assertEqual(f.get(nettest.numbered(b"tx", 31)), [b"pass tx 1"])
        f.get(b"begin tx 2")
        f.get(nettest.numbered(b"tx", 0))
        self.assertTrue(f.get(nettest.numbered(b"tx", 2))[0].startswith(b"fail tx 2 expected datagram 'tx 1:'"))
        f.get(b"begin tx 3")
        del f.answers[:]
        f.run(3.5)
        self.assertIn(b"none came", f.answers[0][1])

    def test_rx_and_its_end(self):
        f = Fake()
        f.get(b"begin rx 4")
        f.run(1)
        self.assertGreater(len(f.sent), 40)
        self.assertEqual(f.sent[:3], [(0, nettest.numbered(b"rx", i)) for i in range(3)])
        f.get(b"end rx 4")
        n = len(f.sent)
        f.run(1)
        self.assertEqual(len(f.sent), n)
        f.get(b"begin rx2 5")
        f.run(60)
        self.assertLess(len(f.sent) - n, 2 * 26 / 0.02)

    def test_rxburst(self):
        f = Fake()
        f.get(b"begin rxburst 4")
        f.run(0.15)
        self.assertEqual(f.sent[:33], [(0, b"one %d" % i) for i in range(32)] + [(1, b"two 31")])
        self.assertEqual(f.sent[33:35], [(0, b"one 32"), (0, b"one 33")])

    def test_ping_and_bye(self):
        f = Fake()
        self.assertEqual(f.get(b"ping 5"), [b"ping 5"])
        self.assertEqual(f.get(b"something"), [])
        f.get(b"bye 9 11 0")
        self.assertEqual(f.peer.done, (11, 0))

    def test_noise(self):
        f = Fake()
        for data in (b"", b" ", b"begin", b"begin x", b"begin \xff 1", b"end", b"bye 1 2", b"bye a b c", b"begin nope 3"):
            self.assertEqual(f.get(data), [])


class Zone(unittest.TestCase):
    def ask(self, name):
        return zone.Server().answers(dns.Message(0x4444, questions=[dns.Question(name)], edns=1232).emit())

    def test_good_names(self):
        one = self.ask("one.rxv.test")
        self.assertEqual(len(one), 1)
        m = dns.Message.parse(one[0])
        self.assertEqual((m.id, m.response, m.available, m.edns, m.answers[0].data), (0x4444, True, True, 1232, "192.0.2.1"))
        self.assertIn(b"\xc0\x0c\0\1\0\1", one[0])
        www = dns.Message.parse(self.ask("www.rxv.test")[0])
        self.assertEqual([r.data for r in www.answers], ["host.rxv.test", "192.0.2.80"])
        self.assertEqual((www.authority[0].data, www.additional[0].data), ("ns.rxv.test", "192.0.2.53"))
        self.assertIn(b"\4host\xc0\x10", self.ask("www.rxv.test")[0])
        nobody = dns.Message.parse(self.ask("nobody.rxv.test")[0])
        self.assertEqual((nobody.rcode, nobody.authority[0].type), (dns.NXDOMAIN, dns.SOA))

    def test_evil_ones(self):
        """Eight answers that our own parser refuses or that answer something else, and then the right one."""
        replies = self.ask("evil.rxv.test")
        self.assertEqual(len(replies), 9)
        for raw in replies[:-1]:
            try:
                m = dns.Message.parse(raw)
                self.assertTrue(m.id != 0x4444 or m.questions[0].name != "evil.rxv.test", raw)
            except dns.Malformed:
                pass
        self.assertEqual(dns.Message.parse(replies[-1]).answers[0].data, "192.0.2.66")


class Command(unittest.TestCase):
    def run_it(self, *args):
        return subprocess.run([sys.executable, os.path.join(ROOT, "nettest.py")] + list(args), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)

    def test_bad_arguments_get_a_sentence(self):
        self.assertIn("--forward takes two", self.run_it("rx", "--forward", "1").stderr)
        self.assertIn("invalid choice", self.run_it("nonsense").stderr)

    def test_port_taken(self):
        with nettest.socket.socket(nettest.socket.AF_INET, nettest.socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            result = self.run_it("txone", "--port", str(s.getsockname()[1]), "--forward", "1,2")
        self.assertEqual(result.returncode, 1)
        self.assertIn("Is another nettest.py running?", result.stderr)

    def test_nobody_comes(self):
        with nettest.socket.socket(nettest.socket.AF_INET, nettest.socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            free = s.getsockname()[1]
        result = self.run_it("txone", "--port", str(free), "--forward", "1,2", "--wait", "0.3")
        self.assertEqual(result.returncode, 1)
        self.assertIn("txone: FAIL none came within 0.3 s", result.stdout)
