"""Runs tests, several at a time: what `grade-lab-net` is made of. report.py tells of them.

A Test is a name, points and a function that raises when it fails. Scenarios become Tests, one for each number of harts.
"""
import concurrent.futures
import copy
import os
import shlex
import shutil
import tempfile
import threading
import time

from . import failed, machine, scenario


class Test:
    def __init__(self, name, function, points=1, seconds=120, group="", intent=""):
        """function(test) raises when it fails; test.say(text) adds to the verbose output."""
        self.name, self.function, self.points, self.seconds = name, function, points, seconds
        self.group, self.intent = group, intent
        self.debug = False   # wants the debug kernel
        self.by_name = False  # runs only when it is asked for
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
        self.earned = None  # points of a test that failed, if it is not 0
        self.note = ""      # said under the verdict of a test that passed
        self.took = 0.0

    def score(self):
        return self.points if self.passed else self.earned or 0

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
        finally:
            watchdog.cancel()
            self.took = time.monotonic() - start
        if late.is_set():
            self.fail(self.report or failed.Report("the test ended by itself, too late"))
            self.report.reason = self.why = "not done after %g s. %s" % (self.seconds * machine.SLOW, self.why)
        return self

    def fail(self, report):
        self.passed, self.report, self.why = False, report, report.reason


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
            test.on_late.clear()
            test.on_stop.clear()
            shutil.rmtree(where, ignore_errors=True)
    name = "%s.%s" % (s.group, s.name)
    if len(s.harts) > 1 or harts != s.harts[0]:
        name += ", %d hart%s" % (harts, "" if harts == 1 else "s")
    test = Test(name, function, s.points, s.seconds, s.group, intent=s.intent)
    test.debug, test.by_name = s.debug, s.by_name
    return test


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
