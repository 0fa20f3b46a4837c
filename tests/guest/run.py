"""Runs tests, several at a time: what `grade-lab-net` is made of. report.py tells of them.

A Test is a name, points and a function that raises when it fails. Scenarios become Tests, one for each number of harts.
"""
import copy
import os
import queue
import shlex
import shutil
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
        self.needs = ""      # what must work before: one of gate.ORDER
        self.after = ""      # the name of a test that must have ended
        self.again = "./grade-lab-net " + shlex.quote(name)
        self.show = None
        self.on_late = []   # what to call when it takes too long
        self.on_stop = []   # ... when everything is to end
        self.clear()

    def copy(self):
        """The same test once more."""
        other = copy.copy(self)
        other.on_late, other.on_stop = [], []
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
        start = time.monotonic()
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
            self.took = time.monotonic() - start
        if late.is_set():
            self.fail(self.report or failed.Report("the test ended by itself, too late"))
            self.report.reason = self.why = "not done after %g s. %s" % (self.seconds * machine.SLOW, self.why)
        return self

    def fail(self, report):
        self.passed, self.report, self.why = False, report, report.reason


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
            test.on_stop.append(r.close)
            r.run()
        finally:
            test.used = sum(m.used for m in r.machines)
            test.on_late.clear()
            test.on_stop.clear()
            shutil.rmtree(where, ignore_errors=True)
    name = name_of(s, harts)
    test = Test(name, function, s.points, s.seconds, s.group, intent=s.intent)
    test.debug, test.by_name, test.needs = s.debug, s.by_name, gate.needed(s, name)
    return test


class Running:
    """Tests on their way: what they take of the processors, in parts of one."""

    def __init__(self, tests, report, jobs, pace):
        self.report, self.jobs, self.pace = report, jobs, pace
        self.gates = gate.Gates(tests)
        self.waiting = sorted(tests, key=lambda t: (t.name not in gate.GATES, t.group != "health", -pace.seconds(t)))
        self.running, self.ended = [], queue.SimpleQueue()

    def start_some(self):
        """Start what fits: the longest first; one that would make the processors too busy lets lighter ones go first."""
        skipped = {}
        for t in list(self.waiting):
            why = self.gates.why_not(t)
            if why:
                skipped.setdefault(why, []).append(t)
                self.waiting.remove(t)
            elif self.may_start(t):
                self.waiting.remove(t)
                self.running.append(t)
                threading.Thread(target=lambda t=t: self.ended.put(t.run()), name=t.name, daemon=True).start()
        for why, tests in skipped.items():
            self.report.skip(tests, why)

    def may_start(self, t):
        busy = sum(map(self.pace.share, self.running))
        return (len(self.running) < self.jobs and self.gates.open_for(t)
                and t.after not in {other.name for other in self.waiting + self.running}
                and (not self.running or self.pace.share(t) + busy <= self.pace.room))

    def wait(self):
        """A test that has ended."""
        t = self.ended.get()
        self.running.remove(t)
        self.gates.ended(t)
        return t

    def stop(self):
        """End those that run, and start no others."""
        self.waiting = []
        for t in self.running:
            for end in list(t.on_stop or t.on_late):
                end()
        while self.running:
            self.wait()


def run_all(tests, report, jobs, until_failure=False, the_pace=None):
    """Run them, up to `jobs` at a time, the gates and then the longest first."""
    on_way = Running(tests, report, jobs, the_pace or pace.Pace(tests))
    for t in tests:
        t.show = report.shower(t)
    try:
        on_way.start_some()
        while on_way.running:
            t = on_way.wait()
            report.add(t)
            if until_failure and t.passed is False:
                on_way.waiting = []
            on_way.start_some()
    finally:
        on_way.stop()


def own_copy(where, files):
    """Each file, {name: path}, as it is now: a build that starts later does not change what is tested."""
    for name, path in files.items():
        shutil.copyfile(path, os.path.join(where, name))
