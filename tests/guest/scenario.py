"""What a scenario is: a function with one sentence of intent, and the machine it is given.

    @scenario(harts=(1, 3, 8), net="wire")
    def ping_answers(t):
        "The guest answers a ping of the gateway's, byte for byte."
        ...

The function gets a Run: t.m is the machine at its prompt, t.lan the wire, t.host the gateway on it. It fails by raising.
"""
import os
import re
import threading
import time

from wire import lan as wire_lan
from . import diagnosis, failed, machine
from .machine import Failure

ASK_AFTER = 3  # seconds that a frame is waited for, before the guest is asked
ALL = []   # Scenarios, in the order of their definition


class Scenario:
    """harts: with how many it runs by default. net: "none", "wire", or a function that makes QEMU's options of a Run.
    boot: wait for the prompt first. seconds: what it should need at the most, for the watchdog. debug: on the debug kernel.
    by_name: only when it is asked for by name. needs: what must work before, if it is not what its group needs (gate.py)."""

    def __init__(self, function, harts, net, mem, boot, extra, monitor, points, seconds, debug, by_name, needs, group):
        self.function, self.harts, self.net, self.mem = function, harts, net, mem
        self.boot, self.extra, self.monitor, self.points, self.seconds = boot, tuple(extra), monitor, points, seconds
        self.debug, self.by_name, self.needs = debug, by_name, needs
        self.name = function.__name__
        self.group = group
        self.intent = " ".join(function.__doc__.split())


def scenario(harts=(3,), net="none", mem="128M", boot=True, extra=(), monitor=False, points=1, seconds=120,
             debug=False, by_name=False, needs=None):
    def register(function):
        group = function.__module__.rpartition(".")[2].replace("s_", "")
        ALL.append(Scenario(function, harts, net, mem, boot, extra, monitor, points, seconds, debug, by_name,
                            needs, group))
        return function
    return register


def check(condition, sentence):
    """Unless condition holds, fail with the sentence."""
    if not condition:
        raise Failure(sentence)


def equal(found, wanted, what):
    check(found == wanted, "%s is %r, and should be %r" % (what, found, wanted))


class Run:
    """One run of one scenario."""

    def __init__(self, the_scenario, where, harts, show=None, pcap=None, kernel=None, image=None):
        self.scenario, self.where, self.harts, self.show = the_scenario, where, harts, show
        self.pcap, self.kernel, self.image = pcap, kernel, image
        self.m = self.lan = self.host = None
        self.lans, self.machines = [], []
        self.found = []       # what a machine found wrong when it was asked last
        self.asked = False    # watch() has asked the machines
        self.sick = False     # the scenario made the network sick on purpose
        self.report = None    # failed.Report, once something has gone wrong
        self.telling = threading.Lock()

    # Machines and wires.

    def wire(self, name="n0", guest=wire_lan.GUEST, mac=wire_lan.GUEST_MAC):
        capture = os.path.join(self.pcap, "%s-%d-%s.pcap" % (self.scenario.name, self.harts, name)) if self.pcap else None
        lan = wire_lan.Lan(self.where, name, guest, mac, capture, scale=machine.SLOW)
        lan.watch = self.watch
        self.lans.append(lan)
        return lan

    def start(self, net=(), boot=True, name=None, **more):
        """Another machine; the first one is t.m."""
        options = {"cpus": self.harts, "mem": self.scenario.mem, "extra": self.scenario.extra, "show": self.show,
                   "monitor": self.scenario.monitor, "kernel": self.kernel, "image": self.image}
        options.update(more)
        m = machine.Machine(self.where, net=net, name=name or "m%d" % len(self.machines), **options)
        self.machines.append(m)
        if boot:
            m.prompt(60)
        return m

    def run(self):
        """All of it; raises what is wrong."""
        try:
            s, net = self.scenario, ()
            if s.net == "wire":
                self.lan = self.wire()
                self.host = self.lan.host(wire_lan.GATEWAY)
                net = ["-netdev", self.lan.netdev(), "-device", machine.card()]
            elif callable(s.net):
                net = s.net(self)
            if s.boot is not None:
                self.m = self.start(net, boot=s.boot)
            if s.net == "wire" and s.boot:
                self.host.ping(b"first")  # what the kernel says of its first packets comes before the test, not within
            s.function(self)
            for lan in self.lans:
                lan.check()
            for m in self.machines:
                check(not m.panicked(), "the kernel panicked")
            self.healthy()
        except machine.Skipped:
            raise
        except Exception as e:  # a Failure, or a mistake of the test's own
            self.tell(e, isinstance(e, (machine.Late, wire_lan.Timeout)))
            raise
        finally:
            self.close()

    def tell(self, error, late):
        """Put the report together that goes with the error, unless late() has done so: the machines still run now."""
        with self.telling:
            self.report = self.report or failed.of_run(self, error, late)
            error.report = self.report

    def healthy(self):
        """The machines that can be asked find nothing wrong with their networks."""
        for m in self.machines:
            if m.net and not self.sick:
                self.found = diagnosis.ask(m).findings
                check(not self.found, "the guest finds something wrong with its network")

    def watch(self, waited):
        """Called while the wire waits for a frame, with the seconds so far: raises when it cannot come any more."""
        check(not any(m.panicked() for m in self.machines), "the kernel panicked")
        # What the first tests wait for takes a second at the most: then the guest is asked, and may know why it does not come.
        if self.scenario.group in ("gate", "health") and waited > ASK_AFTER * machine.SLOW and not self.asked:
            self.asked = True
            self.healthy()

    def late(self):
        """The test's time is up: end it, after a look."""
        try:
            self.tell(Failure("it was still at work"), True)
        finally:
            self.close()

    def panic(self):
        """The panic of the first machine that had one, whole, or ""."""
        return next((m.panic() for m in self.machines if m.panicked()), "")

    def close(self):
        for m in self.machines:
            m.close()
        for lan in self.lans:
            lan.close()

    # What the guest says about itself.

    def sh(self, command, seconds=30):
        """A command in the guest's shell; its output without the last line's end."""
        return self.m.run(command, seconds).rstrip("\n")

    def numbers(self):
        """The guest's counters by name, from the program ntstat: drops, free pages, packets, sockets."""
        out = {}
        for name, value in re.findall(r"(?m)^([a-z][a-z0-9_.]*) (\d+)$", self.sh("ntstat")):
            out[name] = int(value)
        check(out, "ntstat printed no counters\n" + self.m.tail())
        return out

    def settled(self, what, condition, seconds=20):
        """Wait until the guest's counters meet the condition, and return them."""
        end = time.monotonic() + seconds * machine.SLOW
        while True:
            now = self.numbers()
            if condition(now):
                return now
            if time.monotonic() > end:
                raise machine.Late("the guest's counters never showed %s: %s" % (
                    what, ", ".join("%s %d" % x for x in sorted(now.items()) if x[1])))

    def until(self, what, state, seconds=20):
        """Wait until state(), which asks the guest, holds."""
        end = time.monotonic() + seconds * machine.SLOW
        while not state():
            if time.monotonic() > end:
                raise machine.Late("waited %g s for %s\n%s" % (seconds * machine.SLOW, what, self.m.tail()))

    def dropped(self, name, count=1, before=None):
        """Wait until `name` has counted `count` drops more than before."""
        was = (before or {}).get(name, 0)
        return self.settled("%d more of %s than %d" % (count, name, was), lambda n: n.get(name, 0) - was >= count)

    def runs(self, name, seconds=30):
        """Wait until program `name` is in the list that ^P prints, however busy the terminal is."""
        end = time.monotonic() + seconds * machine.SLOW
        while True:
            self.m.send("\x10")
            try:
                return self.m.expect(r"(?m)^.*\d.*\b%s\b.*$" % re.escape(name), name + " in the list of processes", 0.3)
            except Failure:
                if time.monotonic() > end or self.m.ended:
                    raise

    def begin(self, command, pattern, seconds=30):
        """Start a program that says when it is ready."""
        self.m.send(command + "\n")
        return self.m.expect(pattern, "'%s' from %s" % (pattern, command.split()[0]), seconds)
