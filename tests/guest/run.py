"""Runs tests, several at a time: what `grade-lab-net` is made of. report.py tells of them.

A Test is a name, points and a function that raises when it fails. Scenarios become Tests, one for each number of harts.
Each test runs in a process of its own, so that they do not wait for each other's Python.
"""
import copy
import os
import pickle
import resource
import selectors
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time

from . import failed, gate, machine, pace, scenario


class Test:
    def __init__(self, name, function, points=1, seconds=120, group="", intent=""):
        """function(test) raises when it fails; test.say(text) adds to the verbose output."""
        self.name, self.function, self.points, self.seconds = name, function, points, seconds
        self.group, self.intent = group, intent
        self.debug = False   # wants the debug kernel
        self.by_name = False  # runs only when it is asked for
        self.usual = True    # with the number of harts that a user has
        self.needs = ""      # what must work before: one of gate.ORDER
        self.after = ""      # the name of a test that must have ended
        self.built_by = ""   # ... that must have passed
        self.again = "./grade-lab-net " + shlex.quote(name)
        self.show = None
        self.on_late = []   # what to call when it takes too long
        self.clear()

    def copy(self):
        """The same test once more."""
        other = copy.copy(self)
        other.on_late = []
        return other

    def clear(self):
        self.passed = None
        self.why = ""
        self.report = None  # failed.Report, when it failed
        self.log = None     # the path of the failed test's log
        self.earned = 0     # points, although it failed
        self.works = False  # it failed, but what it is the gate of works
        self.note = ""      # said under the verdict of a test that passed
        self.took = self.used = 0.0  # seconds on the clock, and of processors

    def score(self):
        return self.points if self.passed else self.earned

    def say(self, text):
        if self.show:
            self.show(text)

    def run(self):
        self.clear()
        late = threading.Event()

        def too_late():
            late.set()
            for end in list(self.on_late):
                end()
        watchdog = threading.Timer(self.seconds * machine.SLOW, too_late)
        watchdog.daemon = True
        watchdog.start()
        start, used = time.monotonic(), processor_seconds()
        try:
            self.function(self)
            self.passed = True
        except machine.Skipped as e:
            self.why = str(e)
        except Exception as e:  # Failure, wire.Timeout: they say it in words; others are mistakes of the test's own
            self.fail(getattr(e, "report", None) or failed.Report(failed.words(e)))
            self.earned, self.works = getattr(e, "earned", 0), getattr(e, "works", False)
        finally:
            watchdog.cancel()
            self.took, self.used = time.monotonic() - start, processor_seconds() - used
        if late.is_set():
            self.fail(self.report or failed.Report("the test ended by itself, too late"))
            self.report.reason = self.why = "not done after %g s. %s" % (self.seconds * machine.SLOW, self.why)
        return self

    def fail(self, report):
        self.passed, self.report, self.why = False, report, report.reason

    def outcome(self):
        return {k: getattr(self, k) for k in ("passed", "why", "report", "earned", "works", "note", "took", "used")}


def processor_seconds():
    """What this process and its children that have ended have used."""
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def name_of(s, harts):
    name = "%s.%s" % (s.group, s.name)
    if len(s.harts) > 1 or harts != s.harts[0]:
        name += ", %d hart%s" % (harts, "" if harts == 1 else "s")
    return name


def of_scenario(s, harts, kernel, image, pcap=None):
    """A Test that runs scenario s with so many harts, on this kernel and image."""
    def function(test):
        where = tempfile.mkdtemp(prefix="rxv")
        try:
            r = scenario.Run(s, where, harts, show=test.show, pcap=pcap, kernel=kernel, image=image)
            test.on_late.append(r.late)
            r.run()
        finally:
            test.on_late.clear()
            shutil.rmtree(where, ignore_errors=True)
    name = name_of(s, harts)
    test = Test(name, function, s.points, s.seconds, s.group, intent=s.intent)
    test.debug, test.by_name, test.needs = s.debug, s.by_name, gate.needed(s, name)
    test.usual = harts == (3 if 3 in s.harts else s.harts[0])
    return test


class Process:
    """A test on its way, in a process of its own, which tells what it shows and what came of it."""

    def __init__(self, test):
        self.test, self.text = test, b""
        self.pipe, theirs = os.pipe()
        sys.stdout.flush()
        # A signal between the fork and the try would let the child go on as a second parent.
        old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGHUP, signal.SIGINT})
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setpgid(0, 0)  # ^C is its parent's
                signal.pthread_sigmask(signal.SIG_SETMASK, old)
                os.close(self.pipe)
                self.work(theirs)
            finally:
                os._exit(0)
        signal.pthread_sigmask(signal.SIG_SETMASK, old)
        os.close(theirs)

    def work(self, fd):
        lock = threading.Lock()

        def tell(what):
            data = pickle.dumps(what)
            with lock, os.fdopen(os.dup(fd), "wb") as out:
                out.write(len(data).to_bytes(4, "big") + data)
        if self.test.show:
            self.test.show = tell
        self.test.run()
        tell(self.test.outcome())

    def hear(self):
        """Take what has come; whether it has ended."""
        data = os.read(self.pipe, 1 << 16)
        self.text += data
        while len(self.text) >= 4 and len(self.text) >= 4 + int.from_bytes(self.text[:4], "big"):
            end = 4 + int.from_bytes(self.text[:4], "big")
            what, self.text = pickle.loads(self.text[4:end]), self.text[end:]
            if isinstance(what, str):
                self.test.show(what)
            else:
                self.test.__dict__.update(what)
        return not data

    def end(self):
        os.close(self.pipe)
        status = os.waitpid(self.pid, 0)[1]
        if self.test.passed is None and not self.test.why:
            self.test.fail(failed.Report("the test's own process ended before it told what came of it (status %d)" % status))


def soon(t):
    """The gates, then what names mistakes at once (on the debug kernel first: its checks see more), then the gate that takes
    longest, then the rest."""
    return {"gate": 0, "build": 1, "health": 1}.get(t.group, 2 if t.name in gate.GATES else 3)


class Running:
    """Tests on their way: what they take of the processors, in parts of one."""

    def __init__(self, tests, report, jobs, pace):
        self.report, self.jobs, self.pace = report, jobs, pace
        self.gates = gate.Gates(tests)
        self.waiting = sorted(tests, key=lambda t: (soon(t), t.group == "health" and not t.debug, -pace.seconds(t)))
        self.running, self.ready = [], selectors.SelectSelector()  # epoll would be shared with the children
        self.failed = set()  # names

    def start_some(self):
        """Start what fits: the longest first; one that would make the processors too busy lets lighter ones go first."""
        skipped = {}
        for t in list(self.waiting):
            why = self.gates.why_not(t) or (t.built_by + " failed" if t.built_by in self.failed else "")
            if why:
                skipped.setdefault(why, []).append(t)
                self.waiting.remove(t)
            elif self.may_start(t):
                self.waiting.remove(t)
                self.running.append(t)
                self.pace.started(t)
                process = Process(t)
                self.ready.register(process.pipe, selectors.EVENT_READ, process)
        for why, tests in skipped.items():
            self.report.skip(tests, why)

    def may_start(self, t):
        busy = sum(map(self.pace.share, self.running))
        return (len(self.running) < self.jobs and self.gates.open_for(t)
                and not {t.after, t.built_by} & {other.name for other in self.waiting + self.running}
                and (not self.running or self.pace.share(t) + busy <= self.pace.room))

    def wait(self):
        """Those tests that have ended, one at least."""
        ended = []
        while not ended:
            for key, _ in self.ready.select():
                if key.data.hear():
                    self.ready.unregister(key.fd)
                    key.data.end()
                    ended.append(key.data.test)
        for t in ended:
            self.running.remove(t)
            self.gates.ended(t)
            if t.passed is False:
                self.failed.add(t.name)
        return ended

    def stop(self):
        """End those that run, and start no others."""
        self.waiting = []
        for key in self.ready.get_map().values():
            os.kill(key.data.pid, signal.SIGTERM)
        while self.ready.get_map():
            self.wait()


def run_all(tests, report, jobs, until_failure=False, the_pace=None):
    """Run them, up to `jobs` at a time, the gates and then the longest first."""
    on_way = Running(tests, report, jobs, the_pace or pace.Pace(tests))
    for t in tests:
        t.show = report.shower(t)
    try:
        on_way.start_some()
        while on_way.running:
            for t in on_way.wait():
                report.add(t)
                if until_failure and t.passed is False:
                    on_way.waiting = []
            on_way.start_some()
        assert until_failure or not on_way.waiting, "tests that wait for each other"
    finally:
        on_way.stop()
