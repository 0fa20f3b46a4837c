"""What each packet's way must keep, tried at once after the gates: mistakes that hide from later tests show themselves here.

Every scenario ends with the guest's own judgement (scenario.Run.healthy), so these have only to give it something to judge.
"""
from wire import packet as p
from .scenario import check, equal, scenario
from .storms import kill

SECONDS = 8


def burst(t, n, first):
    """n pings at once; all are answered."""
    before = len(t.host.received)
    for i in range(n):
        t.host.send_ip(p.Ip(t.host.address, t.lan.guest, p.ICMP, p.Icmp(p.ECHO, 0, 7 << 16 | first + i, b"burst").emit()))

    def answered():
        return sum(ip.proto == p.ICMP for ip in t.host.received[before:]) >= n
    t.lan.until("the answers to %d pings at once" % n, answered, SECONDS)


def echo_each(t, n, data_of=lambda i: b"datagram %d" % i + b"." * (i * 7)):
    """A program answers n datagrams, one after the other, each as it was."""
    t.m.send("nt echo 7 %d\n" % n)
    t.m.expect("ready", "a program that has bound port 7", SECONDS)
    for i in range(n):
        mark, data = t.lan.mark(), data_of(i)
        t.host.send_udp(1000 + i, 7, data)
        f = t.lan.wait("echo %d" % i, lambda f, i=i: f.udp and f.udp.dport == 1000 + i, mark, seconds=SECONDS)
        equal(f.udp.payload, data, "the echo's data")
    t.m.prompt()


@scenario(harts=(1, 3), net="wire", needs="receive")
def echoes(t):
    """A program answers 200 datagrams, one after the other, each as it was."""
    echo_each(t, 200)


@scenario(harts=(3,), net="wire", needs="receive")
def wakes(t):
    """The same when the interrupt of one hart, which runs a program, wakes a reader that another one runs at once: with one
    that computes, and with two, on three harts, whichever they are on."""
    t.sh("netctl mode intr")
    for n in (1, 2, 1, 2):
        if n == 1:
            kill(t, "burn")
        t.m.background("burn 3600")
        echo_each(t, 20)


@scenario(net="wire", debug=True, needs="boot")
def checked(t):
    """The debug kernel, which checks locks and owners at every step, answers pings and a program's echoes."""
    burst(t, 16, 0)
    echo_each(t, 20, lambda i: b"x" * (60 * i))
    check("panic" not in t.m.text, "the kernel panicked")


@scenario(harts=(1, 3), net="wire", needs="receive")
def interrupts_alone(t):
    """With no idle hart that looks at the ring, an interrupt takes all that came: bursts of 16, and once around the ring."""
    t.sh("netctl mode intr")
    for i in range(20):
        burst(t, 16, 16 * i)


@scenario(net="wire", needs="receive")
def arp_answer(t):
    """The guest answers who asks for its address: the answer says whose it is, and goes to who asked."""
    asker = t.lan.host("10.0.2.77")
    mark = t.lan.mark()
    t.lan.send(p.Ether(p.BROADCAST, asker.mac, p.TYPE_ARP,
                       p.Arp(1, asker.mac, asker.address, "00:00:00:00:00:00", t.lan.guest).emit()))
    f = t.lan.wait("an ARP reply", lambda f: f.arp and f.arp.op == 2, mark, seconds=SECONDS)
    equal((f.arp.spa, f.arp.sha, f.arp.tpa, f.arp.tha, f.eth.dst), (t.lan.guest, t.lan.mac, asker.address, asker.mac, asker.mac),
          "sender, target and receiver of the ARP reply")


@scenario(net="wire", needs="receive")
def queues(t):
    """A reader that waits is woken each time, and a queue that is full keeps to its bound and loses nothing else."""
    t.m.send("ntlab queue 2000\n")
    t.m.expect("ready", "a program that has bound port 2000", SECONDS)
    for i in range(40):
        t.host.send_udp(9, 2000, b"%d" % i)
    t.host.ping(b"behind them", seconds=SECONDS)
    t.host.send_udp(9, 2000, b"still full")
    t.healthy()
    t.m.send("go\n")
    for i in range(16):
        t.m.expect(r"(?m)^%d: %d$" % (i, i), "datagram %d, which had waited" % i, SECONDS)
    t.host.send_udp(9, 2000, b"last")
    t.m.expect(r"(?m)^16: last$", "the datagram behind those that had waited", SECONDS)
    t.m.prompt()
