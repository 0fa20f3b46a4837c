"""The card and its place: any slot, more than one, its link, its rings."""
import os
import re

from wire import packet as p
from .machine import Failure, Skipped, card
from .scenario import check, equal, scenario

GUEST = "10.0.2.15"


@scenario(net="wire")
def mac_and_interface(t):
    """ifconfig shows the interface with the card's own address, ours, and its link."""
    out = t.sh("ifconfig")
    for word in (t.lan.mac, GUEST):
        check(word in out, "ifconfig does not show %s:\n%s" % (word, out))
    out = t.sh("netstat -i")
    check(re.search(r"\be0\b", out), "netstat -i does not show e0:\n" + out)


@scenario(net="wire")
def netstat_shows(t):
    """netstat shows interfaces, rings, sockets and drops by name."""
    t.m.background("nt echo 777 0", "ready")
    t.host.send_udp(1, 5, b"nobody")
    t.dropped("udp.noport")
    out = t.sh("netstat")
    for word in ("e0", "777", "udp.noport"):
        check(word in out, "netstat does not show %s:\n%s" % (word, out))


@scenario(boot=None)
def any_slot(t):
    """The card works in slots 1, 2, 7 and 31 (each has its own interrupt), with another MAC."""
    for slot in (1, 2, 7, 31):
        mac = "52:54:00:aa:00:%02x" % slot
        lan = t.wire("s%d" % slot, mac=mac)
        host = lan.host("10.0.2.2")
        m = t.start(["-netdev", lan.netdev(), "-device", card(0, lan.name, slot, mac)])
        host.ping(b"hello in slot %d" % slot)
        m.send("nt recv 7 1 100 20000\n")
        m.expect("ready")
        host.send_udp(9, 7, b"interrupt")
        m.expect("got 9 from 10.0.2.2:9")
        m.prompt()
        m.close()


@scenario(harts=(1, 3), boot=None)
def two_cards(t):
    """Two cards in odd slots: two interfaces with their own MACs and addresses, both answer, none hears the other's."""
    one, two = t.wire("w1"), t.wire("w2", guest="10.0.3.15", mac="52:54:00:12:34:57")
    a, b = one.host("10.0.2.2"), two.host("10.0.3.2")
    m = t.m = t.start(["-netdev", one.netdev(), "-device", card(0, "w1", 5),
                       "-netdev", two.netdev(), "-device", card(1, "w2", 10)])
    t.sh("ifconfig e1 10.0.3.15/24 up")
    out = t.sh("ifconfig")
    for word in (one.mac, two.mac, "10.0.2.15", "10.0.3.15"):
        check(word in out, "ifconfig does not show %s:\n%s" % (word, out))
    a.ping(b"first")
    b.ping(b"second")
    m.send("nt echo 7 4\n")
    m.expect("ready")
    for n in range(2):
        for lan, host in ((one, a), (two, b)):
            host.send_udp(100 + n, 7, b"x%d" % n)
            f = lan.wait("the echo on %s" % lan.name, lambda f: f.udp and f.udp.dport == 100 + n)
            equal(f.ip.src, lan.guest, "where the echo comes from")
    m.prompt()
    equal(one.frames(lambda f: f.udp and f.ip.src != "10.0.2.15"), [], "frames on the wrong wire")


@scenario(boot=None, seconds=180)
def eight_cards(t):
    """Eight cards in 128 MB share the pool, as the console says: each answers a ping, and most packets are free. The ninth is
    refused in a sentence."""
    lans = [t.wire("w%d" % i, guest="10.0.%d.15" % (2 + i), mac="52:54:00:12:34:%02x" % (0x56 + i)) for i in range(9)]
    hosts = [lan.host("10.0.%d.2" % (2 + i)) for i, lan in enumerate(lans)]
    net = []
    for i, lan in enumerate(lans):
        net += ["-netdev", lan.netdev(), "-device", card(i, lan.name, 1 + i, lan.mac)]
    t.m = t.start(net)
    for words in (r"rxv: 8 network cards share \d+ packets: \d+ on each receive ring, not 255\.",
                  r"e1000 in slot 0:9: there are too many interfaces; left alone"):
        check(re.search(words, t.m.text), "the console does not say %s:\n%s" % (words, t.m.text))
    most = re.search(r"cards share \d+ packets: (\d+) on", t.m.text).group(1)
    shown = re.findall(r"(?m)^e\d +rx +0 +256 +(\d+) ", t.sh("netstat -g"))
    equal(shown, [most] * 8, "what netstat -g shows of how many packets may be on the receive rings")
    check("RX ring 0: %s packets at the most" % most in t.sh("ifconfig e7"), "ifconfig does not show %s\n%s" % (most, t.m.tail()))
    for host in hosts[:8]:
        host.ping(b"one of eight")
    now = t.numbers()
    check(now["packets.free"] > 2000, "only %d packets are free" % now["packets.free"])


@scenario(boot=None)
def two_guests(t):
    """Two guests on one wire: they ping each other, and a program in one asks a program in the other."""
    ends = [os.path.join(t.where, x) for x in ("a", "b")]
    guests = []
    for i in range(2):
        net = "dgram,id=n0,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s" % (ends[i], ends[1 - i])
        guests.append(t.start(["-netdev", net, "-device", card(i)]))
        guests[i].run("ifconfig e0 10.0.2.%d/24 up" % (21 + i))
    one, two = guests
    out = one.run("ping -c 3 10.0.2.22")
    check(re.search(r"\b3 received", out), "ping printed:\n" + out)
    two.send("nt echo 7 1\n")
    two.expect("ready")
    equal(one.run("nt ask 10.0.2.22 7 20000"), "answer ask\n", "the answer")
    two.expect("done")


@scenario(net="wire", monitor=True, seconds=180)
def link_down_and_up(t):
    """The cable is pulled: the guest sees it and counts what it cannot send; plugged in again, all goes on."""
    t.host.ping(b"warm")
    before = t.numbers()
    equal(before["e0.link"], 1, "the link at first")
    t.m.set_link("n0", False)
    t.settled("the link down", lambda n: n["e0.link"] == 0)
    out = t.sh("nt send 10.0.2.2 9 3 20")
    now = t.numbers()
    check(now.get("tx.down", 0) - before.get("tx.down", 0) >= 1 or "error" in out, "sending without a link: " + out)
    t.m.set_link("n0", True)
    t.settled("the link up", lambda n: n["e0.link"] == 1)
    t.host.ping(b"back")
    now = t.numbers()
    check(now["e0.link_changes"] >= before["e0.link_changes"] + 2, "link changes: %d" % now["e0.link_changes"])
    t.settled("all packets free", lambda n: n["packets.free"] >= before["packets.free"])


@scenario(net="wire")
def down_and_up_by_command(t):
    """ifconfig down and up: nothing is answered in between, and all works afterwards."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.sh("ifconfig e0 down")
    mark = t.lan.mark()
    t.host.send_udp(1, 2, b"x")
    t.dropped("rx.down", 1, before)
    equal(t.lan.frames(since=mark), [], "frames from an interface that is down")
    t.sh("ifconfig e0 up")
    t.host.ping(b"back")


@scenario(net="wire")
def long_frames(t):
    """Frames beyond 1514 bytes are dropped, by the card or by name; the longest ones pass."""
    t.host.ping(b"x" * 1472)
    for n in (1515, 1519, 2000, 2048, 4096, 9000):
        t.lan.send(p.Ether(t.lan.mac, t.host.mac, p.TYPE_IP, bytes(n - 14)))
    t.host.ping(b"alive")


@scenario(boot=None)
def without_mitigation(t):
    """With an interrupt for every frame (mitigation off) nothing is lost and nothing hangs."""
    lan = t.wire()
    host = lan.host("10.0.2.2")
    t.m = t.start(["-netdev", lan.netdev(), "-device", card()], boot=False, extra=("-global", "e1000.mitigation=off"))
    try:
        t.m.prompt(60)
    except Failure:
        if "mitigation' not found" in t.m.text:
            raise Skipped("this QEMU's card has no mitigation that could be turned off") from None
        raise
    t.begin("nt echo 7 300", "ready")
    for i in range(300):
        host.send_udp(9, 7, b"%d" % i)
        lan.wait("echo %d" % i, lambda f: f.udp and f.udp.payload == b"%d" % i)
    t.m.prompt()
