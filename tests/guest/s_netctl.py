"""What netctl changes while the machine runs: modes, quotas, ring sizes, under traffic; and what it refuses."""
import re

from . import storms
from .s_udp import echo_sizes
from .scenario import check, equal, scenario

DEFAULTS = {"mode": "poll", "rxquota": "64", "txquota": "64", "txdefer": "16", "feedback": "on", "share": "0",
            "rxring": "255", "txring": "255", "ipqueue": "64", "spin": "50", "glance": "50", "forward": "off",
            "arplife": "60", "fraglife": "60"}
MODES = ("intr", "thread", "poll")
# Each alone is extreme; none of them may cost a packet of the few that are on their way at a time.
OTHERS = ("txdefer 1", "rxring 8", "txring 20", "rxquota 1", "txquota 1", "ipqueue 16", "share 1", "spin 0", "rxquota 0", "txquota 0",
          "share 0", "txdefer 64", "rxring 255", "feedback off", "spin 10000", "txring 255", "feedback on")
WINDOW = 8  # datagrams on their way at a time


def parameters(t):
    """What `netctl` lists: name -> (value, the range or the words, value at boot, meaning)."""
    out = t.sh("netctl")
    found = re.findall(r"(?m)^(\w+) +(\w+) +\(([^;]+); at boot (\w+)\)\n +(\S.*)$", out)
    equal(2 * len(found), len(out.split("\n")), "the number of lines that are understood")
    return {name: rest for name, *rest in found}


def refused(t, command, sentence):
    """The command says just this, on standard error, and fails."""
    equal(t.sh(command + " > said; echo status $?; cat said"), "%s\nstatus %d" % (sentence, 2 if "usage" in sentence else 1),
          "what `%s` says" % command)


@scenario()
def lists(t):
    """netctl alone lists every parameter with value, range, default and meaning; a name lists one; default restores all."""
    found = parameters(t)
    equal({name: what[2] for name, what in found.items()}, DEFAULTS, "the parameters and their defaults")
    equal({name: what[0] for name, what in found.items()}, DEFAULTS, "their values at boot")
    check(all(len(what[3].split()) >= 5 for what in found.values()), "a parameter has no meaning: %s" % found)
    check(re.match(r"spin +50 +\(0\.\.10000; at boot 50\)\n", t.sh("netctl spin")), "netctl spin: " + t.sh("netctl spin"))
    t.sh("netctl spin 7; netctl mode thread; netctl rxring 8")
    found = parameters(t)
    equal([found[name][0] for name in ("spin", "mode", "rxring")], ["7", "thread", "8"], "what was set")
    t.sh("netctl default")
    equal({name: what[0] for name, what in parameters(t).items()}, DEFAULTS, "the values after `netctl default`")


@scenario(net="wire")
def refuses(t):
    """What netctl and screend cannot do they say in a sentence, with a status, and nothing has changed."""
    t.sh("netctl spin 7")
    before = t.sh("netctl")
    for words, sentence in (
            ("quota 3", "quota: no such parameter; netctl alone lists them"),
            ("rxquot", "rxquot: no such parameter; netctl alone lists them"),
            ("rxquotas 1", "rxquotas: no such parameter; netctl alone lists them"),
            ("mode fast", "mode: fast is none of: intr thread poll"),
            ("mode 2", "mode: 2 is none of: intr thread poll"),
            ("mode 'intr thread'", "mode: intr thread is none of: intr thread poll"),
            ("mode ''", "mode:  is none of: intr thread poll"),
            ("feedback maybe", "feedback: maybe is none of: off on"),
            ("rxquota 4097", "rxquota: 4097 is no number from 0 to 4096"),
            ("rxquota -1", "rxquota: -1 is no number from 0 to 4096"),
            ("txquota 18446744073709551617", "txquota: 18446744073709551617 is no number from 0 to 4096"),
            ("share 96", "share: 96 is no number from 0 to 95"),
            ("share 50%", "share: 50% is no number from 0 to 95"),
            ("rxring 7", "rxring: 7 is no number from 8 to 255"),
            ("txring 19", "txring: 19 is no number from 20 to 255"),
            ("ipqueue 0", "ipqueue: 0 is no number from 1 to 1024"),
            ("spin ''", "spin:  is no number from 0 to 10000"),
            ("spin 1 2", None),
            ("forward on", "forward: a router needs two cards")):
        refused(t, "netctl " + words, "netctl: " + sentence if sentence else "usage: netctl [NAME [VALUE] | default]")
    equal(t.sh("netctl"), before, "what netctl lists")
    for words, sentence in (
            ("udp/65536", "65536: no port"), ("udp/", ": no port"), ("tcp/-1", "-1: no port"), ("ipx", "ipx: no protocol"),
            ("256", "256: no protocol"), ("-n many", "many: no count"), ("icmp " * 17, "more than 16 rules"), ("-x", None)):
        refused(t, "screend " + words, "screend: " + sentence if sentence else "usage: screend [-n COUNT] [PROTO[/PORT]]...")
    t.host.ping(b"alive")


class Traffic:
    """Numbered datagrams to an echo, so many on their way at a time: each echo that comes lets the next one go."""

    def __init__(self, t, port):
        self.t, self.port, self.on, self.sent, self.came = t, port, True, 0, []
        t.host.on(9000, self.back)
        for _ in range(WINDOW):
            self.send()

    def send(self):
        self.sent += 1
        self.t.host.send_udp(9000, self.port, b"%d" % self.sent)

    def back(self, host, ip, udp):
        self.came.append(int(udp.payload))
        if self.on:
            self.send()

    def goes_on(self, what):
        """Wait for echoes of datagrams that are sent from now on."""
        until = self.sent + 3 * WINDOW
        self.t.lan.until("the echo of datagram %d, %s" % (until, what), lambda: self.came and max(self.came) >= until, 60)

    def end(self):
        """All that was sent has come back, each once."""
        self.on = False
        self.t.lan.until("the last echoes", lambda: len(self.came) >= self.sent)
        equal(sorted(self.came), list(range(1, self.sent + 1)), "the datagrams that came back")


@scenario(harts=(1, 3, 8), net="wire", seconds=240)
def switches_under_traffic(t):
    """Modes, ring sizes, quotas, feedback, share and idle time are changed while an echo runs: every datagram comes back
    once, ping answers, nothing leaks."""
    storms.fill_shell(t)
    before = storms.numbers(t)
    t.m.background("udpecho 7", "port 7")
    traffic = Traffic(t, 7)
    for mode in MODES:
        for setting in ("mode " + mode,) + OTHERS:
            equal(t.sh("netctl " + setting), "", "what `netctl %s` says" % setting)
            traffic.goes_on("after `netctl %s`, in the mode %s" % (setting, mode))
    for mode in 3 * MODES:
        t.sh("netctl mode " + mode)
    traffic.goes_on("in the mode poll again")
    traffic.end()
    t.sh("netctl default")
    t.host.ping(b"alive")
    now = storms.no_leaks(t, before)
    equal(now["e0.rx_drops"] - before["e0.rx_drops"], 0, "frames dropped by the card's side")


@scenario(harts=(1, 3, 8), net="wire")
def each_mode(t):
    """Each mode alone delivers: pings, fragments, datagrams of all sizes, a burst for a port that nobody has."""
    for mode in MODES:
        t.sh("netctl mode " + mode)
        for size in (0, 56, 1472, 5000):
            t.host.ping(b"m" * size, seq=size)
        sizes = [1, 9, 1472, 3000, 8000] + [64] * 20
        t.begin("nt echo 7 %d" % len(sizes), "ready")
        echo_sizes(t, 7, sizes)
        t.m.expect("done")
        t.m.prompt()


@scenario(harts=(1, 3), net="wire")
def ip_queue_overflows(t):
    """In the mode thread the queue between interrupt and thread is bounded: what it has no room for is dropped by name;
    the other modes have no such queue."""
    t.sh("netctl ipqueue 1")
    names = ("ipq.full", "udp.noport")

    def burst():
        """What becomes of 200 datagrams, one right behind the other."""
        was = t.numbers()
        for n in range(200):
            t.host.send_udp(9, 99, b"%d" % n)
        now = t.settled("200 more of %s and %s together" % names,
                        lambda n: sum(n.get(x, 0) - was.get(x, 0) for x in names) >= 200)
        return [now.get(x, 0) - was.get(x, 0) for x in names]
    t.sh("netctl mode thread")
    t.until("a full queue", lambda: burst()[0] > 0)
    for mode in ("intr", "poll"):
        t.sh("netctl mode " + mode)
        equal(burst(), [0, 200], "dropped and delivered in the mode " + mode)
    t.host.ping(b"alive")
