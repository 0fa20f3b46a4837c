"""The network lab's own tests: nettest in the guest, nettest.py's other side on the wire or on this machine's ports."""
import os
import re
import socket
import subprocess
import sys
import threading

from . import machine
from .scenario import Failure, check, equal, scenario

sys.path.insert(0, machine.ROOT)
import nettest  # noqa: E402

NAMES = ("txone", "tx", "rxone", "rx", "rx2", "rxburst", "ping0", "ping1", "ping2", "ping3", "dns")


class OnWire:
    """nettest.Peer as a host of the LAN. All of it runs in the LAN's thread."""

    def __init__(self, lan, host):
        self.lan, self.host, self.port = lan, host, nettest.port()
        self.peer = nettest.Peer(self.send, self.answer, lambda line: None)
        host.on(self.port, lambda h, ip, udp: self.peer.datagram(udp.payload, (ip.src, udp.sport)))
        host.on(self.port + 1, lambda h, ip, udp: self.peer.query(
            udp.payload, (ip.src, udp.sport), lambda whom, data: h.send_udp(self.port + 1, whom[1], data, whom[0])))
        lan.later(0, self.tick)

    def tick(self):
        self.peer.tick()
        self.lan.later(self.peer.due(), self.tick)

    def send(self, which, data):
        self.host.send_udp(self.port, 2000 + which, data)

    def answer(self, whom, data):
        self.host.send_udp(self.port, whom[1], data, whom[0])


def passed(text):
    return [name for name in NAMES if re.search(r"(?m)^%s: OK" % name, text)]


def with_points(t, e, good):
    """The failure e, after which these tests of nettest's keep their points."""
    e.earned, e.works = len(good) * t.scenario.points // len(NAMES), "ping0" in good
    return e


def judge(t, text):
    """All of nettest's tests are OK in what the guest printed."""
    good, every = passed(text), NAMES + ("free",)
    bad = [line for line in text.split("\n") if ": FAIL" in line]
    bad += ["%s was not tried" % name for name in every if not re.search(r"(?m)^%s: (OK|FAIL)" % name, text)]
    if bad:
        raise with_points(t, Failure("%d of %d are OK; %s\n%s" % (len(good), len(NAMES), "; ".join(bad), t.m.tail(40))), good)


@scenario(harts=(1, 3, 8), net="wire", points=11, seconds=300)
def wire_grade(t):
    """`nettest grade` passes all of its tests over the wire; each is worth a point of its own."""
    OnWire(t.lan, t.host)
    try:
        t.m.run("nettest grade", 260)
    except Failure as e:  # it panicked, or hangs: what was OK before counts
        raise with_points(t, e, passed(t.m.text))
    judge(t, t.m.text)


@scenario(boot=None, needs="send")
def txone_needs_no_receiver(t):
    """nettest txone reaches the host although the guest hears nothing: its neighbour's address is given by hand."""
    t.lan = t.wire()
    t.host = t.lan.host("10.0.2.2")
    t.host.answer_arp = False
    t.m = t.start(["-netdev", t.lan.netdev(), "-device", machine.card()])
    t.sh("arp -s %s %s" % (t.host.address, t.host.mac))
    t.m.send("nettest txone\n")
    f = t.lan.wait("the datagram of nettest txone", lambda f: f.udp and f.udp.dport == nettest.port())
    equal(f.udp.payload, b"txone", "what it sent")


@scenario(net="wire")
def without_host(t):
    """Without nettest.py, nettest says what it waits for and fails in time, with a sentence."""
    out = t.m.run("nettest ping0", 90)
    check(re.search(r"(?m)^ping0: FAIL .*wait", out), "nettest ping0 alone printed:\n" + out)


def free_ports():
    """Two UDP ports for hostfwd that are free now."""
    found = []
    for _ in range(2):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("127.0.0.1", 0))
        found.append(s)
    ports = [s.getsockname()[1] for s in found]
    for s in found:
        s.close()
    return ports


def user_net(t, restrict):
    """Start a machine on QEMU's user network, on ports that are free; the two that lead to the guest."""
    for _ in range(8):
        ports = free_ports()
        net = "user,id=n0,restrict=%s,hostfwd=udp:127.0.0.1:%d-:2000,hostfwd=udp:127.0.0.1:%d-:2001" % (
            "on" if restrict else "off", *ports)
        m = t.start(["-netdev", net, "-device", machine.card()], boot=False)
        try:
            m.prompt(60)
            m.expect("arp_rx: received an ARP packet")  # the answer about the gateway, for which the guest asks at once
            t.m = m
            return ports
        except Failure:
            if re.search(r"network backend 'user' is not|Parameter 'type' expects|not accept value 'user'", m.text):
                raise machine.Skipped("this QEMU has no user networking (`make doctor` says how to get it)") from None
            if "host forwarding" not in m.text:
                raise  # not a port that somebody took in the meantime
    raise Failure("no free ports for QEMU's hostfwd")


class Second:
    """nettest.py in a second terminal. It must be free to choose P, too: again with another one when it is taken."""

    def __init__(self, t, test, forward, more=()):
        for _ in range(8):
            self.port = free_ports()[0]
            self.process = subprocess.Popen(
                [sys.executable, os.path.join(machine.ROOT, "nettest.py"), test, "--port", str(self.port), "--forward",
                 "%d,%d" % tuple(forward)] + list(more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True)
            self.first = self.process.stdout.readline()
            if "cannot listen" not in self.first:
                break
            self.process.wait()
        self.text = self.first
        self.reader = threading.Thread(target=self.read, args=(t.show,), daemon=True)
        self.reader.start()

    def read(self, show):
        for line in self.process.stdout:
            self.text += line
            if show:
                show("nettest.py: " + line)

    def status(self, seconds=60):
        try:
            status = self.process.wait(seconds * machine.SLOW)
        except subprocess.TimeoutExpired:
            raise Failure("nettest.py did not end; it printed:\n" + self.text) from None
        self.reader.join(5)
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join(5)
        self.process.stdout.close()


@scenario(boot=None, points=4, seconds=300)
def user_network_grade(t):
    """As a student does it: QEMU's user network, `nettest.py grade` in a second terminal, `nettest grade` in the guest."""
    second = Second(t, "grade", user_net(t, restrict=False))
    try:
        judge(t, t.m.run("nettest -p %d grade" % second.port, 260))
        equal(second.status(), 0, "nettest.py's exit status")
        check(re.search(r"nettest: \d+ passed, 0 failed", second.text), "nettest.py printed:\n" + second.text)
    finally:
        second.close()


@scenario(boot=None, points=2, seconds=180)
def user_network_one_way(t):
    """Each receive test alone, on a user network that lets nothing out: the guest needs no answer from nettest.py."""
    forward = user_net(t, restrict=True)
    for name in ("rxone", "rx", "rx2", "rxburst"):
        second = Second(t, name, forward)
        try:
            out = t.m.run("nettest " + name, 60)
            check(re.search(r"(?m)^%s: OK" % name, out), "nettest %s printed:\n%s" % (name, out))
        finally:
            second.close()


@scenario(boot=None, points=2, seconds=180)
def user_network_others_alone(t):
    """Each of the other tests alone, with nettest.py started for it."""
    forward = user_net(t, restrict=False)
    for name in ("txone", "tx", "ping0", "ping1", "ping2", "ping3", "dns"):
        second = Second(t, name, forward)
        try:
            out = t.m.run("nettest -p %d %s" % (second.port, name), 60)
            check(re.search(r"(?m)^%s: OK" % name, out), "nettest %s printed:\n%s" % (name, out))
            if name in nettest.JUDGED:
                equal(second.status(), 0, "the exit status of nettest.py " + name)
                check("%s: OK" % name in second.text, "nettest.py printed:\n" + second.text)
        finally:
            second.close()


@scenario(boot=None, seconds=120)
def gateway_of_qemu(t):
    """ping of QEMU's own gateway and name server works on the user network."""
    user_net(t, restrict=True)
    for host in ("10.0.2.2", "10.0.2.3"):
        out = t.sh("ping -c 1 " + host, 60)
        check(re.search(r"(?i)\b1 (packets )?received|from %s|reply" % re.escape(host), out), "ping printed:\n" + out)
