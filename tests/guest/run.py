"""Runs tests, several at a time, and tells of each: what `grade-lab-net` is made of.

A Test is a name, points and a function that raises when it fails. Scenarios become Tests, one for each number of harts.
"""
import concurrent.futures
import json
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import traceback

from . import machine, scenario

# What usually is the matter when a test of this subject fails.
LIKELY = {
    "boot": "the start-up path (kernel/entry, kernel/dev): start it by hand with `make qemu` and look at the first lines",
    "shell": "the shell and the tools (user/), the console's line editing (kernel/dev/console.c), or pipes",
    "proc": "process calls (kernel/proc), waiting and waking (kernel/sched)",
    "debug": "a check of the debug build (kernel/core/lockorder.c, pkt/pktcheck.c, mm/kalloc.c) does not see what it looks for",
    "nomem": "the way out of an error in the call that is named: what it had taken must be given back",
    "arp": "the ARP cache (kernel/net/arptab.c, arp.c): when it asks, whom it believes, what it holds",
    "ip": "checks, fragments or routes (kernel/net/ip*.c)",
    "icmp": "kernel/net/icmp.c, or the checksum of what it sends",
    "udp": "UDP's checks or the sockets' queues (kernel/net/udp.c, kernel/net/sock.c)",
    "sock": "sockets as files: waiting, errors, closing (kernel/net/sock.c, kernel/entry/sysnet.c)",
    "card": "the driver (kernel/nic): rings, interrupts, link; or PCI (kernel/dev/pci.c)",
    "bus": "PCI bridges, address windows, interrupt lines (kernel/dev/pci.c), or the device tree (kernel/dev/fdt.c)",
    "router": "kernel/net/forward.c or filter.c; `netctl forward on` in a guest with two cards",
    "netctl": "kernel/pkt/tune.c, or what reads the parameter: poll.c, gate.c, idle.c, ipqueue.c, netif.c, nic/e1000.c",
    "path": "kernel/pkt/path.c, or the layer that marks the stage (path_stage)",
    "nettest": "the network lab's path: driver, ARP, IP, UDP, the four calls by port; `nettest NAME` alone says more",
    "long": "process, memory or file calls; `usertests NAME` in the guest runs one of them",
    "hostile": "a check that is missing in kernel/net or kernel/pkt; the host tests (`make host-tests`) try each alone",
    "storm": "who drains the rings and when (kernel/pkt/poll.c), a queue without a bound, or a check that is missing in kernel/net",
    "faults": "the layer of faults (kernel/nic/faulty.c), or how the card stops and starts (kernel/nic/e1000.c, kernel/pkt/poll.c)",
    "seed": "where keys and ports come from (kernel/core/rand.c, kernel/dev/virtio_rng.c, the order in kernel/entry/main.c)",
    "calls": "a check of arguments (kernel/entry), or what calls leave behind; `sysfuzz -s SEED -v` shows the last one",
    "crash": "the log (kernel/fs/log.c): `make -C tests/host/fs` cuts the power at every write",
    "disk": "the disk driver or the file system (kernel/dev/virtio_blk.c, kernel/fs)",
}


class Test:
    def __init__(self, name, function, points=1, seconds=120, group="", likely=None, intent=""):
        """function(test) raises when it fails; test.say(text) adds to the verbose output."""
        self.name, self.function, self.points, self.seconds = name, function, points, seconds
        self.group, self.intent = group, intent
        self.likely = likely or LIKELY.get(group, "")
        self.debug = False   # wants the debug kernel
        self.by_name = False  # runs only when it is asked for
        self.passed = self.why = None
        self.note = ""      # said under the verdict of a test that passed
        self.took = 0.0
        self.show = None
        self.on_late = []   # what to call when it takes too long
        self.on_stop = []   # ... when everything is to end

    def say(self, text):
        if self.show:
            self.show(text)

    def run(self):
        self.passed, self.why, late = None, None, threading.Event()

        def too_late():
            late.set()
            for end in list(self.on_late):
                end()
        watchdog = threading.Timer(self.seconds * machine.SLOW, too_late)
        watchdog.daemon = True
        watchdog.start()
        start = time.monotonic()
        try:
            self.function(self)
            self.passed = True
        except machine.Skipped as e:
            self.why = str(e)
        except AssertionError as e:  # Failure, wire.Timeout: they say it in words
            self.passed, self.why = False, str(e)
        except Exception as e:  # a mistake of the test's own
            self.passed = False
            self.why = "%s: %s\n%s" % (type(e).__name__, e, traceback.format_exc())
        finally:
            watchdog.cancel()
            self.took = time.monotonic() - start
        if late.is_set():
            self.passed = False
            self.why = "not done after %g s. %s" % (self.seconds * machine.SLOW, self.why or "")
        return self


def keep_logs(where, name, machines):
    """What the machines of a failed test had on their consoles, in files of their own."""
    for m in machines:
        text = re.sub(r"[^a-z0-9_.]+", "-", name)
        fd, path = tempfile.mkstemp(prefix="%s-%s-" % (text, os.path.basename(m.image)[:-4]), suffix=".log", dir=where)
        with open(fd, "w", encoding="latin-1", newline="") as f:
            f.write(" ".join(m.line) + "\n\n" + m.text)
        os.chmod(path, 0o644)


def of_scenario(s, harts, kernel, image, pcap=None, logs=None):
    """A Test that runs scenario s with so many harts, on this kernel and image."""
    def function(test):
        where = tempfile.mkdtemp(prefix="rxv")
        try:
            r = scenario.Run(s, where, harts, show=test.show, pcap=pcap, kernel=kernel, image=image)
            test.on_late.append(r.late)
            test.on_stop.append(r.close)
            r.run()
        except AssertionError:
            if logs:
                keep_logs(logs, name, r.machines)
            raise
        finally:
            test.on_late.clear()
            test.on_stop.clear()
            shutil.rmtree(where, ignore_errors=True)
    name = "%s.%s" % (s.group, s.name)
    if len(s.harts) > 1 or harts != s.harts[0]:
        name += ", %d hart%s" % (harts, "" if harts == 1 else "s")
    test = Test(name, function, s.points, s.seconds, s.group, intent=s.intent)
    test.debug, test.by_name = s.debug, s.by_name
    return test


LINES_AGAIN = 12


class Report:
    """Prints a line for each test that has ended, keeps the score, writes the results."""

    def __init__(self, verbose=False, out=sys.stdout):
        self.verbose, self.out = verbose, out
        self.done, self.skipped = [], []
        self.lock = threading.Lock()

    def line(self, text):
        with self.lock:
            print(text, file=self.out, flush=True)

    def shower(self, test):
        """Where a test's console goes when it is verbose: whole lines, marked with its name."""
        if not self.verbose:
            return None
        rest = [""]

        def show(text):
            lines = (rest[0] + text).split("\n")
            rest[0] = lines.pop()
            for x in lines:
                self.line("   %s| %s" % (test.name, x))
        return show

    def add(self, test):
        (self.done if test.passed is not None else self.skipped).append(test)
        verdict = {True: "OK", False: "FAIL", None: "skipped: %s" % test.why}[test.passed]
        text = "== Test %s == %s: %s (%.1fs)" % (test.name, test.name, verdict, test.took)
        if test.passed is False:
            text += "\n     " + test.why.rstrip().replace("\n", "\n     ")
            if test.likely:
                text += "\n     Likely cause: " + test.likely + "."
        elif test.passed and test.note:
            text += "\n     " + test.note.rstrip().replace("\n", "\n     ")
        self.line(text)

    def results(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"tests": [{"name": t.name, "group": t.group, "intent": t.intent, "passed": t.passed,
                                  "points": t.points if t.passed else 0, "of": t.points,
                                  "seconds": round(t.took, 3), "why": t.why} for t in self.done],
                       "skipped": [{"name": t.name, "why": t.why} for t in self.skipped],
                       "passed": sum(t.passed for t in self.done),
                       "failed": sum(not t.passed for t in self.done)}, f, indent=1)
            f.write("\n")

    def finish(self):
        """The score; exit status."""
        failed = [t for t in self.done if not t.passed]
        for t in failed:  # once more, for whoever sees the end only
            self.line("Failed: %s: %s" % (t.name, "\n     ".join(t.why.rstrip().split("\n")[:LINES_AGAIN])))
        self.line("Score: %d/%d" % (sum(t.points for t in self.done if t.passed), sum(t.points for t in self.done)))
        self.line("%d passed, %d failed" % (len(self.done) - len(failed), len(failed)))
        return 1 if failed or not self.done else 0


def run_all(tests, report, jobs, until_failure=False):
    """Run them, `jobs` at a time, the longest first."""
    pool = concurrent.futures.ThreadPoolExecutor(jobs)
    try:
        waiting = []
        for t in sorted(tests, key=lambda t: -t.seconds):
            t.show = report.shower(t)
            waiting.append(pool.submit(t.run))
        for f in concurrent.futures.as_completed(waiting):
            if f.cancelled():
                continue
            report.add(f.result())
            if until_failure and f.result().passed is False:
                for other in waiting:
                    other.cancel()
    except BaseException:
        for f in waiting:
            f.cancel()
        for t in tests:
            for end in list(t.on_stop or t.on_late):
                end()
        raise
    finally:
        pool.shutdown()


def own_copy(where, files):
    """Each file, {name: path}, as it is now: a build that starts later does not change what is tested."""
    for name, path in files.items():
        shutil.copyfile(path, os.path.join(where, name))
