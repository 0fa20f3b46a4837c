"""A guest whose wire ends at tests/storm: a C program that throws frames as fast as the guest takes them."""
import contextlib
import json
import os
import re
import subprocess
import threading
import time

from . import machine
from .machine import Failure
from .scenario import check

SOURCES = [os.path.join(machine.ROOT, "tests", "storm", name) for name in
           ("storm.c", "frames.c", "frames.h", "../../bench/peer.h")]
TOOL = os.path.join(machine.ROOT, "build", "storm")
BUILDING = threading.Lock()
KINDS = ("open", "closed", "full", "arp", "frag", "ping", "bcast", "other")
DAEMONS = ("udpecho 2>&1 | grep -q never", "udpecho 2000 2>&1 | grep -q never")
HOLDER = "sleep 1000000 | nt queue 2001"
NEEDED = {"mem.free", "packets.made", "packets.free", "socks.free", "socks.pages", "procs.free", "files.free", "e0.link", "e0.rx_frames"}
# A hart keeps the page table of the process that it ran last, dead or not. So many at once run on every hart, and are alike.
SHAKE = " | ".join(["seq 200"] + ["cat"] * 10 + ["wc"])
META = 30  # packets' records in a page, at the least (kernel/pkt/pktbuf.c)


def tool():
    """The program, compiled if it is not there, or older than its sources."""
    with BUILDING:
        if not os.path.exists(TOOL) or os.path.getmtime(TOOL) < max(os.path.getmtime(s) for s in SOURCES):
            os.makedirs(os.path.dirname(TOOL), exist_ok=True)
            new = "%s.%d" % (TOOL, os.getpid())
            made = subprocess.run([os.environ.get("HOSTCC", "cc"), "-O2", "-o", new] + SOURCES[:2], capture_output=True,
                                  text=True)
            check(made.returncode == 0, "tests/storm does not compile:\n" + made.stderr)
            os.replace(new, TOOL)
    return TOOL


def net(t):
    """QEMU's options: for a scenario's `net`."""
    wire = os.path.join(t.where, "w")
    return ["-netdev", "dgram,id=n0,local.type=unix,local.path=%s.q,remote.type=unix,remote.path=%s.h" % (wire, wire),
            "-device", machine.card()]


def start(t):
    """The counters as they are with nothing on, and then what the storm talks to: echoes on ports 7 and 2000."""
    fill_shell(t)
    before = numbers(t)
    daemons(t)
    Storm(t, "probe").result(60)  # and each knows the other's address
    return before


def fill_shell(t):
    """From now on the shell takes no more memory: its history is full (64 lines), and it has read long lines."""
    for n in range(64):
        t.sh("true %s %d" % ("x" * 40, n))
    t.sh("; ".join(["true"] * 10))
    t.sh(SHAKE)


def daemons(t):
    for command in DAEMONS:
        t.m.background(command)
    t.until("the echoes", lambda: t.sh("netstat -s").count("udp") >= len(DAEMONS))


def kill(t, *names):
    """End these programs of the guest's."""
    for name in names:
        for pid in re.findall(r"(?m)^\s*(\d+)\b.*\b%s\s*$" % name, t.sh("ps")):
            t.sh("kill " + pid)


@contextlib.contextmanager
def holder(t, program=HOLDER):
    """Meanwhile a program has a socket, and does not read it."""
    t.m.background(program, "ready")
    t.until("a socket on 2001", lambda: "2001" in t.sh("netstat -s"))
    yield
    kill(t, "nt", "sleep")


class Storm:
    """One run of the program: Storm(t, "-m", 1000, "fuzz").result()."""

    def __init__(self, t, *words):
        self.t, self.words = t, [str(w) for w in words]
        self.process = subprocess.Popen([tool(), "-w", os.path.join(t.where, "w")] + self.words, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.told = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.told.append(line)
            if self.t.show:
                self.t.show(line)

    def running(self):
        return self.process.poll() is None

    def stop(self):
        if self.running():
            self.process.kill()
        self.process.wait()

    def result(self, seconds=120):
        """What it printed, when it has ended; it fails when the guest did not take it well."""
        end = time.monotonic() + seconds * machine.SLOW
        while self.running():
            check(not self.t.m.panicked(), "the kernel panicked during `%s`\n%s" % (self, self.t.m.tail(40)))
            check(not self.t.m.ended, "QEMU ended during `%s`\n%s" % (self, self.t.m.tail(40)))
            check(time.monotonic() < end, "`%s` has not ended after %g s\n%s" % (self, seconds, self.t.m.tail()))
            time.sleep(0.02)  # of a process of this host, and it has a deadline
        self.reader.join(5)
        text = self.process.stdout.read()
        if not text:
            raise Failure("`%s`: %s\n%s" % (self, "".join(self.told[-3:]).strip(), self.t.m.tail(40)))
        found = json.loads(text)
        check(self.process.returncode == 0, "the guest broke %d rules of the wire under `%s`; first: %s" % (
            found["broken"], self, found["first_broken"]))
        return found

    def __str__(self):
        return "storm " + " ".join(self.words)


def working(t, storm, most_s=60):
    """Commands in the guest's shell for as long as the storm lasts. result: how many, and the slowest one's seconds."""
    slowest, done = 0.0, 0
    while storm.running():
        start = time.monotonic()
        out = t.sh("echo alive %d | cat" % done, most_s)
        check(re.search("(?m)^alive %d$" % done, out), "the shell printed %r" % out)
        slowest, done = max(slowest, time.monotonic() - start), done + 1
    return done, slowest


def leaks(before, now):
    """What is missing, in words; "": nothing. Packets that were made keep their pages."""
    found = ["%s %d, were %d" % (k, now[k], before[k]) for k in ("packets.free", "socks.free", "socks.pages", "procs.free", "files.free")
             if now[k] < before[k]]
    made = now["packets.made"] - before["packets.made"]
    pages = (before["mem.free"] - now["mem.free"]) // 4096 - (now["socks.pages"] - before["socks.pages"])
    if pages > made + (made + META - 1) // META:
        found.append("%d pages are gone, for %d new packets" % (pages, made))
    return "; ".join(found)


def numbers(t):
    """The guest's counters; once more, if a message of the kernel's has come between."""
    while True:
        now = t.numbers()
        if NEEDED <= now.keys():
            return now


def no_leaks(t, before, seconds=100):
    """The echoes end; wait until everything is free again: fragments give up after what `netctl fraglife` says, questions by
    ARP after seconds."""
    kill(t, "udpecho")
    end = time.monotonic() + seconds * machine.SLOW
    while True:
        now = numbers(t)
        missing = leaks(before, now)
        if not missing:
            return now
        check(time.monotonic() < end, "not given back: " + missing)
        t.sh(SHAKE)


def drops(before, now):
    """What became of frames, by name: a line of those counters that moved."""
    moved = {k: now[k] - before.get(k, 0) for k in now if "." in k and not k.startswith(("mem.", "packets.", "lo.", "procs.",
             "files.", "inodes.", "socks.")) and now[k] != before.get(k, 0)}
    return "  ".join("%s %d" % x for x in sorted(moved.items()))


def flood(t, kind, *limits):
    """One flood, while the shell works. result: what the storm says, and how the shell did."""
    with holder(t) if kind == "full" else contextlib.nullcontext():
        storm = Storm(t, *limits, "flood", kind)
        commands, slowest = working(t, storm)
        found = storm.result(300)
    found.update(commands=commands, slowest_command=slowest)
    check(commands > 0, "no command of the shell's ended during the flood")
    check(found["probes"] < 4 or found["answered"] > 0, "another socket got nothing during the flood: %s" % found)
    return found
