"""pktpath: where the time of real packets goes."""
import re

from . import storms
from .scenario import check, equal, scenario

RECEIVED = ["came", "ring", "ether", "ip", "udp", "queue", "reader", "copied"]
SENT = ["send", "gather", "ip-out", "ether-out", "card"]
COUNTED = ("-icount", "shift=0,sleep=on")  # instret counts instructions then


def ways(text):
    """What `pktpath -r` printed: packet -> [(stage, ns, insns, hart)], in the order of the times."""
    found = {}
    for number, stage, *rest in re.findall(r"(?m)^path (\d+) ([a-z-]+) (\d+) (\d+) (\d+)$", text):
        found.setdefault(int(number), []).append((stage, *map(int, rest)))
    return {number: sorted(way, key=lambda point: point[1]) for number, way in found.items()}


def record(t, command, port=7):
    """Run pktpath while echoes go; what it printed."""
    t.begin(command, "pktpath: ready")
    return while_echoing(t, t.m.prompt, port)


def while_echoing(t, end, port=7):
    """Echoes, one at a time, until end() has come back, which looks at the console."""
    on = [True]

    def again(host, ip, udp):
        if on[0]:
            host.send_udp(9000, port, b"again")
    t.host.on(9000, again)
    t.host.send_udp(9000, port, b"first")
    try:
        return end()
    finally:
        on[0] = False
        t.host.ping(b"and the last one is back")


@scenario(harts=(1, 3, 8), net="wire")
def stages(t):
    """Of echoed datagrams each has its stages in order, on its way in and on its way out, with time, hart and copies."""
    t.m.background("udpecho 7", "port 7")
    found = ways(record(t, "pktpath -n 20 -p 7 -r"))
    equal(len(found), 20, "the number of packets")
    kinds = {tuple(point[0] for point in way) for way in found.values()}
    equal(kinds, {tuple(RECEIVED), tuple(SENT)}, "the ways that they took")
    for way in found.values():
        equal(way[0][1], 0, "the time of the first stage")
        check(way[-1][1] > 0, "a way took no time: %s" % way)
        check(all(point[3] < t.harts for point in way), "a hart that there is not: %s" % way)
    out = record(t, "pktpath -n 20 -p 7")
    for head, end in (("received", "copied"), ("sent", "card")):
        check(re.search(r"(?m)^packet \d+: UDP \S+:\d+ > \S+:\d+, \d+ bytes, %s$" % head, out), "no packet was %s:\n%s" % (head, out))
        check(re.search(r"(?m)^medians of \d+ %s:.* %s \d+\.\d us$" % (head, end), out), "no median of those %s:\n%s" % (head, out))
    equal(out.count("  1 copy, "), 20, "packets that were copied once")
    equal(len(re.findall(r"(?m)^  copied +\d+\.\d +\d+\.\d +\d+  in the program's buffer$", out)), out.count(", received\n"),
          "the last stages of those received")


@scenario(harts=(1,), net="wire", extra=COUNTED)
def instructions(t):
    """Where the machine counts instructions each stage has some, and the whole way in has a plausible number."""
    t.m.background("udpecho 7", "port 7")
    for way in ways(record(t, "pktpath -n 20 -p 7 -r")).values():
        counts = [point[2] for point in way]
        equal(sorted(set(counts)), counts, "instructions of the stages, which only grow, in %s" % way)
        check(200 < counts[-1] < 50000, "a packet's way took %d instructions" % counts[-1])
    check("+INSNS" in record(t, "pktpath -n 2 -p 7"), "pktpath does not show them")


@scenario(net="wire")
def others(t):
    """A ping is answered in the packet of its request, without a copy; a datagram for nobody tells why it was dropped."""
    t.begin("pktpath -n 1", "pktpath: ready")
    t.host.ping(b"look")
    out = t.m.prompt()
    check(re.search(r"^packet \d+: ICMP 10\.0\.2\.15:0 > 10\.0\.2\.2:0, \d+ bytes, answered$", out, re.M), "of a ping:\n" + out)
    check(re.search(r"(?m)^  0 copies, ", out), "a ping was copied:\n" + out)
    t.begin("pktpath -n 1 -p 99", "pktpath: ready")
    t.host.ping(b"not this")
    t.host.send_udp(5, 99, b"nobody")
    out = t.m.prompt()
    check("dropped: udp.noport" in out, "of a datagram for nobody:\n" + out)


@scenario(harts=(1, 3), net="wire")
def of_a_command(t):
    """pktpath with a command: starts it when it records, and shows its packets when it has ended, also if they are too few."""
    out = t.sh("pktpath -n 2 ping -c 1 10.0.2.2")
    check(re.search(r"(?m)^.*from 10\.0\.2\.2.*$", out), "no answer to the ping:\n" + out)
    equal(len(re.findall(r"(?m)^packet \d+: .*(?:sent|received)$", out)), 2, "the packets that are shown")
    check(out.index("from 10.0.2.2") < out.index("packet "), "the packets come before what the command said")
    out = t.sh("pktpath -n 60 ping -c 1 10.0.2.2")
    check(re.search(r"(?m)^pktpath: \d packets instead of 60$", out), "too few packets, and nothing is said:\n" + out)
    equal(t.sh("pktpath -n 1 nosuch").split("\n")[0], "exec nosuch failed", "what is said of a command that is not there")


@scenario(net="wire")
def refuses(t):
    """Bad arguments of pktpath: how it is used, and a status."""
    for words in ("-n", "-n 0", "-n 65", "-n x", "-p", "-p 65536", "-p -1", "-x"):
        equal(t.sh("pktpath %s > said; echo status $?; cat said" % words),
              "usage: pktpath [-n COUNT] [-p PORT] [-r] [COMMAND [WORD...]]\nstatus 2", "what `pktpath %s` says" % words)


@scenario(harts=(1, 3), net="wire")
def many_readers(t):
    """Three at once, the first wants the most, and each turns recording off when it ends: all of them get theirs."""
    t.m.background("udpecho 7", "port 7")
    sizes = (40, 3, 10)
    for i, n in enumerate(sizes):
        t.m.background("pktpath -n %d -p 7 -r > out%d" % (n, i))
    t.until("three that wait", lambda: len(re.findall(r"\bpktpath\b", t.sh("ps"))) == len(sizes))
    while_echoing(t, lambda: t.until("their ends", lambda: "pktpath" not in t.sh("ps")))
    for i, n in enumerate(sizes):
        out = t.sh("cat out%d" % i)
        equal(len(ways(out)), n, "the packets in out%d" % i)


@scenario(harts=(1, 3), net="wire")
def killed(t):
    """A pktpath that is killed while it records costs nothing afterwards, nothing leaks, and the next one works; so with
    packets that carry a record on the queue of a socket that nobody reads."""
    t.sh(storms.SHAKE)
    before = storms.numbers(t)
    t.m.background("udpecho 7", "port 7")
    with storms.holder(t):
        for _ in range(3):
            t.m.background("pktpath -p 1", "pktpath: ready")
            for n in range(100):
                t.host.send_udp(5, 2001, b"%d" % n)
            t.host.ping(b"they are in")
            storms.kill(t, "pktpath")
            t.host.ping(b"alive")
    equal(len(ways(record(t, "pktpath -n 20 -p 7 -r"))), 20, "the packets that the next one shows")
    storms.no_leaks(t, before)
