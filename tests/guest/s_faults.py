"""Faults on purpose: in the guest (debug/faulty), on the wire, at the cable, in the card."""
import os
import re
import socket
import threading

from wire import faults
from wire import packet as p
from . import machine
from .scenario import check, equal, scenario

RESETS = int(os.environ.get("RXV_RESETS", "4"))  # each makes QEMU's card deaf for a second
FLAPS = int(os.environ.get("RXV_FLAPS", "40"))
COLUMNS = ("in", "lost", "dup", "reorder", "corrupt", "delayed", "full", "waiting", "out")


def done_by_faults(t, name="e0"):
    """What the guest's faults say they did: {"received": {column: number}, "sent": ...}."""
    text = t.sh("faulty")
    check(name + ":" in text, "faulty shows no faults on %s:\n%s" % (name, text))
    return {way: dict(zip(COLUMNS, (int(x) for x in numbers.split())))
            for way, numbers in re.findall(r"(?m)^\s+(received|sent) ([ \d]+)$", text)}


def adds_up(ways):
    return all(w["in"] + w["dup"] == w["lost"] + w["full"] + w["waiting"] + w["out"] for w in ways.values())


def stop_and_wait(t, count, port=7):
    """Each datagram is sent until its echo is there, and only then the next. result: how many had to be sent."""
    sent = 0
    for i in range(count):
        data = b"%d:" % i + b"." * (i * 37 % 1400)

        def back():
            return any(x.proto == p.UDP and x.payload[8:] == data for x in t.host.received[-200:])
        for _ in range(50):
            sent += 1
            t.host.send_udp(5, port, data)
            try:
                t.lan.until("echo %d" % i, back, 0.15)
                break
            except AssertionError:
                continue
        check(back(), "echo %d did not come in 50 tries; %s" % (i, t.lan.faults_to_guest or t.sh("faulty")))
    return sent


def give_everything_back(t, before):
    """The echo ends, and packets, sockets, processes and files are as they were."""
    for pid in re.findall(r"(?m)^\s*(\d+)\b.*\bnt\b", t.sh("ps")):
        t.sh("kill " + pid)
    for what in ("packets.free", "socks.free", "procs.free", "files.free"):
        t.settled("as many %s as before" % what, lambda n: n[what] >= before[what])


@scenario(harts=(1, 3, 8), net="wire", seconds=180, debug=True)
def faulty_card(t):
    """Under all five faults in the guest, both ways, a stop-and-wait of 60 datagrams gets through; the counters add up,
    each fault has happened, and everything is free afterwards."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.m.background("nt echo 7 0", "ready")
    t.sh("faulty e0 lose 10% dup 10% reorder 10% corrupt 5% delay 10ms seed 7")
    t.lan.faults_from_guest = faults.Faults(1)  # none; but damaged frames are no broken rules
    sent = stop_and_wait(t, 60)
    check(sent > 60, "nothing had to be sent again: there were no faults")
    t.until("nothing waiting any more", lambda: not any(w["waiting"] for w in done_by_faults(t).values()))
    ways = done_by_faults(t)
    check(adds_up(ways), "the counters do not add up: %s" % ways)
    for way, w in ways.items():
        for fault in ("lost", "dup", "reorder", "corrupt", "delayed"):
            check(w[fault], "no frame that was %s was %s: %s" % (way, fault, w))
    lost = t.numbers()["faulty.lost"] - before.get("faulty.lost", 0)
    check(lost >= sum(w["lost"] for w in ways.values()), "netstat counts %d frames lost on purpose, faulty %s" % (lost, ways))
    t.sh("faulty e0 off")
    equal(t.sh("faulty"), "no interface has faults on purpose", "what faulty says when all is off")
    t.lan.faults_from_guest = None
    t.host.ping(b"alive")
    give_everything_back(t, before)


@scenario(net="wire", seconds=180, debug=True)
def faulty_queue(t):
    """More frames are delayed than there is room for: the rest is dropped by name; turned off in the middle, whatever
    waits goes on its way, and nothing is lost from the count."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.m.background("nt echo 7 0", "ready")
    t.sh("faulty e0 delay 1s seed 3")
    for i in range(500):
        t.host.send_udp(5, 7, b"%d" % i)
    t.dropped("faulty.full", 1, before)
    ways = done_by_faults(t)
    check(adds_up(ways) and ways["received"]["waiting"] <= 64, "the counters do not add up: %s" % ways)
    t.sh("faulty e0 off")
    mark = t.lan.mark()
    t.host.ping(b"through")
    full = t.numbers()["faulty.full"] - before.get("faulty.full", 0)
    t.lan.until("as many echoes as were not dropped", lambda: len(
        [x for x in t.host.received if x.proto == p.UDP and p.Udp.parse(x.payload).dport == 5]) >= 500 - full)
    check(t.lan.frames(since=mark), "no frame from the guest after the faults")
    give_everything_back(t, before)


def received_under(t, seed):
    """What a program gets of 60 numbered datagrams under the faults of this seed, and what faulty counted."""
    t.sh("faulty e0 lose 15%% dup 15%% seed %d" % seed)
    t.begin("nt recv 8 100000 100 1000", "ready")
    mark = t.m.at
    for i in range(60):
        t.host.send_udp(5, 8, b"%03d" % i)
    t.m.expect("error", "the end of the datagrams")
    t.m.prompt()
    got = re.findall(r"got 3 from \S+ sum \d+", t.m.text[mark:t.m.at])
    ways = done_by_faults(t)
    t.sh("faulty e0 off")
    return got, ways["received"]


@scenario(net="wire", debug=True)
def faulty_seed(t):
    """The same seed and the same frames give the same faults; another seed gives others."""
    t.host.ping(b"warm")
    t.host.answer_arp = False  # no other frame may come between
    first, again, other = (received_under(t, seed) for seed in (11, 11, 12))
    t.host.answer_arp = True
    equal(first[1]["in"], 60, "the frames that came")
    equal(len(first[0]), first[1]["out"], "the datagrams that the program got")
    equal(again, first, "what the same seed did")
    check(other != first, "another seed did the same")


@scenario(net="wire", debug=True)
def bad_frames(t):
    """600 frames in a row come damaged, as the card says: each is dropped by name, and the next good one is answered."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.sh("faulty e0 bad 100% seed 1")
    for i in range(600):
        t.host.send_udp(5, 7, b"%d" % i)
    t.dropped("rx.error", 600, before)
    t.sh("faulty e0 off")
    t.host.ping(b"alive")


@scenario(debug=True)
def faulty_words(t):
    """What faulty cannot do it says in a sentence, with a status that is not 0; on lo it works like on a card."""
    for words in ("lo lose 101%", "lo lose 5", "lo lose", "lo lose -1%", "lo delay 2s", "lo delay 5", "lo lame 5%",
                  "lo seed x", "nosuchinterface off", "lo lose 0.001%", "lo lose %"):
        out = t.sh("faulty " + words)
        check(re.match(r"faulty: .{8}", out) and "[exit 1]" in out, "faulty %s:\n%s" % (words, out))
    t.sh("faulty lo lose 100% seed 1")
    check("0 received" in t.sh("ping -c 2 127.0.0.1"), "a ping came through a loss of 100 %")
    t.sh("faulty lo dup 100% delay 5ms seed 1")
    check("3 received" in t.sh("ping -c 3 127.0.0.1"), "no ping came through")
    ways = done_by_faults(t, "lo")
    check(adds_up(ways) and ways["sent"]["dup"] == ways["sent"]["in"] > 0, "the counters do not add up: %s" % ways)
    t.sh("faulty lo off")


@scenario(harts=(1, 3), net="wire", seconds=180, debug=True)
def faulty_both(t):
    """Faults on the wire and in the guest at once: a stop-and-wait of 20 datagrams gets through, and everything is free
    afterwards."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.m.background("nt echo 7 0", "ready")
    t.lan.faults_to_guest = faults.Faults(20261121, 0.1, 0.1, 0.1, 0.1, 0.01)
    t.lan.faults_from_guest = faults.Faults(20261122, 0.1, 0.1, 0.1, 0.1, 0.01)
    t.sh("faulty e0 lose 5% dup 5% reorder 5% corrupt 5% delay 5ms seed 1")
    stop_and_wait(t, 20)
    for f in (t.lan.faults_to_guest, t.lan.faults_from_guest):
        check(all(f.done.values()), "some fault did not happen: %s" % f)
    t.sh("faulty e0 off")
    t.lan.faults_to_guest = t.lan.faults_from_guest = None
    t.host.ping(b"alive")
    give_everything_back(t, before)


class Traffic:
    """Pings to the guest and datagrams to an echo there, one after the other, until stop()."""

    def __init__(self, t, echo=True):
        self.t, self.sent, self.on = t, 0, True
        if echo:
            t.m.background("nt echo 7 0", "ready")
        self.thread = threading.Thread(target=self.run, args=(echo,), daemon=True)
        self.thread.start()

    def run(self, echo):
        lan, host = self.t.lan, self.t.host
        while self.on and lan.open:
            host.send_ip(p.Ip(host.address, lan.guest, p.ICMP, p.Icmp(p.ECHO, 0, self.sent & 0xffffffff, b"load").emit()))
            if echo:
                host.send_udp(5, 7, b"%d" % self.sent)
            self.sent += 1

    def stop(self):
        self.on = False
        self.thread.join(30 * machine.SLOW)
        check(not self.thread.is_alive(), "the guest takes no frame any more")


def frames_counted(t, before, drops=()):
    """The guest counts all the frames that it was sent, and all that it sent have come."""
    def same():
        now = t.numbers()
        lost = sum(now.get(d, 0) - before["numbers"].get(d, 0) for d in drops)
        came = len(t.lan.frames(since=before["mark"]))
        went = len(t.lan.frames(since=before["mark"], sent=True))
        same.last = "received %d of %d frames, sent %d, of which %d were dropped and %d came" % (
            now["e0.rx_frames"] - before["numbers"]["e0.rx_frames"], went,
            now["e0.tx_frames"] - before["numbers"]["e0.tx_frames"], lost, came)
        return now["e0.rx_frames"] - before["numbers"]["e0.rx_frames"] == went \
            and now["e0.tx_frames"] - before["numbers"]["e0.tx_frames"] == came + lost
    try:
        t.until("the counts of frames", same)
    except AssertionError:
        raise AssertionError("frames are lost from the counts: the guest " + same.last) from None


@scenario(harts=(1, 3, 8), net="wire", seconds=400)
def card_reset(t):
    """The card is reset again and again while frames go both ways: every frame is delivered or counted under its name,
    nothing is lost, the guest answers."""
    t.host.ping(b"warm")
    before = {"numbers": t.numbers(), "mark": t.lan.mark()}
    traffic = Traffic(t)
    for i in range(RESETS):
        t.sh("ifconfig e0 reset")
        done = traffic.sent
        t.lan.until("traffic after reset %d" % i, lambda: traffic.sent >= done + 50)
    traffic.stop()
    t.host.ping(b"alive")
    frames_counted(t, before, ("tx.reset",))
    equal(t.numbers()["e0.resets"], RESETS, "the number of resets")
    give_everything_back(t, before["numbers"])


@scenario(net="wire", seconds=180)
def down_and_up_under_load(t):
    """ifconfig down and up, 100 times, while frames go both ways."""
    t.host.ping(b"warm")
    before = t.numbers()
    traffic = Traffic(t, echo=False)
    for i in range(25):
        t.sh("ifconfig e0 down; ifconfig e0 up; ifconfig e0 down; ifconfig e0 up; "
             "ifconfig e0 down; ifconfig e0 up; ifconfig e0 down; ifconfig e0 up")
    traffic.stop()
    t.host.ping(b"alive")
    give_everything_back(t, before)


@scenario(harts=(1, 3), net="wire", monitor=True, seconds=300)
def link_flaps(t):
    """The cable is pulled and plugged many times, fast and slowly, under traffic: the guest follows, and in the end the
    link is up, frames go both ways, and nothing is lost but what was on its way."""
    t.host.ping(b"warm")
    before = t.numbers()
    traffic = Traffic(t, echo=False)
    for i in range(FLAPS):
        t.m.set_link("n0", False)
        if i % 10 == 0:
            t.settled("the link down", lambda n: n["e0.link"] == 0)
        t.m.set_link("n0", True)
        if i % 10 == 0:
            t.settled("the link up", lambda n: n["e0.link"] == 1)
    t.settled("the link up", lambda n: n["e0.link"] == 1)
    traffic.stop()
    t.host.ping(b"alive")
    now = t.numbers()
    check(now["e0.link_changes"] - before["e0.link_changes"] >= FLAPS // 10 * 2, "link changes: %d" % now["e0.link_changes"])
    give_everything_back(t, before)


class Registers:
    """The card's registers, behind the guest's back: QEMU's protocol for tests of devices."""

    def __init__(self, path, card):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20 * machine.SLOW)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="ascii")
        self.card = card

    def write(self, register, value):
        self.file.write("writel %#x %#x\n" % (self.card + register, value))
        self.file.flush()
        while not self.file.readline().startswith("OK"):
            pass  # interrupts are told of, too

    def close(self):
        self.file.close()
        self.socket.close()


def card_address(t):
    """Where the guest has put the card's registers, from QEMU."""
    for device in t.m.command("query-pci")[0]["devices"]:
        if device["id"]["device"] == 0x100e:
            return device["regions"][0]["address"]
    raise AssertionError("QEMU knows of no card")


@scenario(boot=None, seconds=180)
def card_stops(t):
    """The card stops sending, without a word: after some seconds of it the guest resets it, and all works again; what was
    on the ring is dropped by name."""
    lan = t.lan = t.wire()
    t.host = lan.host("10.0.2.2")
    path = os.path.join(t.where, "registers")
    t.m = t.start(["-netdev", lan.netdev(), "-device", "e1000,netdev=n0,mac=%s,romfile=,bus=pcie.0" % lan.mac], monitor=True,
                  extra=["-qtest", "unix:%s,server=on,wait=off" % path])
    t.host.ping(b"warm")
    before = {"numbers": t.numbers(), "mark": lan.mark()}
    registers = Registers(path, card_address(t))
    for count in (3, 600):  # fewer frames than anybody would take back, and more than the ring has room for
        was = t.numbers()
        registers.write(0x400, 0)  # TCTL: the transmit unit off
        t.sh("nt send 10.0.2.2 9 %d 100" % count)
        t.m.expect("e0: the card sends nothing: reset")
        now = t.settled("a reset", lambda n: n["e0.resets"] > was["e0.resets"])
        dropped = [now.get(d, 0) - was.get(d, 0) for d in ("tx.reset", "tx.full")]  # a question by ARP may be among them
        check(min(count, 250) <= dropped[0] <= 255 and count <= sum(dropped) <= count + 5,
              "of %d frames the reset dropped %d, and %d found the ring full" % (count, *dropped))
        t.host.ping(b"alive")
    registers.close()
    frames_counted(t, before, ("tx.reset",))
    give_everything_back(t, before["numbers"])
