"""The gates: each is the first to try something that all later tests need (gate.py). They take two seconds together."""
import re

from wire import lan as wire_lan
from . import machine
from .scenario import check, equal, scenario

SECONDS = 8  # for what takes a second at the most: a boot, QEMU's card until it hears


def with_card(t):
    """A machine at its prompt, on a wire: nothing has been sent to it yet."""
    t.lan = t.wire()
    t.host = t.lan.host(wire_lan.GATEWAY)
    t.m = t.start(["-netdev", t.lan.netdev(), "-device", machine.card()], boot=False)
    t.m.prompt(SECONDS)


@scenario(boot=False)
def boot(t):
    """The kernel boots to the shell, without a network card, and runs a program."""
    t.m.prompt(SECONDS)
    equal(t.sh("echo hello"), "hello", "the output of echo")


@scenario(boot=None)
def card(t):
    """The driver finds the network card and its address, and has a link."""
    with_card(t)
    out = t.sh("ifconfig")
    check(t.lan.mac in out, "ifconfig does not show the card's address %s:\n%s" % (t.lan.mac, out))
    check(re.search(r"(?m)^e0.*\bup\b", out), "ifconfig does not show that e0 is up:\n" + out)


@scenario(boot=None)
def send(t):
    """Each frame that the guest sends leaves at once: one, then one more, then one more."""
    with_card(t)
    t.sh("arp -s %s %s" % (t.host.address, t.host.mac))
    for n in range(3):
        mark = t.lan.mark()
        t.sh("nt send %s 9 1 20" % t.host.address)
        t.lan.wait("the guest's datagram number %d" % (n + 1), lambda f: f.udp and f.udp.dport == 9, mark, seconds=SECONDS)


@scenario(boot=None)
def receive(t):
    """The guest answers a ping, and 300 more: the ring is once around."""
    with_card(t)
    for n in range(301):
        t.host.ping(b"ping %d" % n, seq=n, seconds=SECONDS)
