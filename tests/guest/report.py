"""What the grader prints and writes: a line for each test that has ended, how far it is, and in the end the summary."""
import json
import os
import sys
import threading
import time
from xml.sax import saxutils

from . import failed

EVERY = 15  # seconds between two words about progress, where it is no terminal
WIDTH = 110
VERDICT = {True: "OK  ", False: "FAIL", None: "skip"}


def indented(text, by=6):
    return "\n".join(" " * by + line for line in text.rstrip("\n").split("\n"))


def first_line(text):
    return text.lstrip("\n").split("\n", 1)[0]


def names_in_lines(names, width=WIDTH):
    """Names with commas between, in lines of about that width."""
    lines, line = [], ""
    for name in names:
        if line and len(line) + len(name) + 2 > width:
            lines.append(line)
            line = ""
        line += name + ", "
    return "\n".join(lines + [line]).rstrip(", ")


class Report:
    """progress: a pace.Pace, or None. logs: where the log of a failed test is kept, or None."""

    def __init__(self, verbose=False, out=sys.stdout, progress=None, logs=None):
        self.verbose, self.out, self.progress, self.logs = verbose, out, progress, logs
        self.done, self.skipped = [], []
        self.lock = threading.Lock()
        self.live = out.isatty()
        self.told = time.monotonic()

    def line(self, text):
        with self.lock:
            if self.live:
                text = "\r\x1b[K" + text
            print(text, file=self.out, flush=True)
            self.tell_progress()

    def tell_progress(self):
        """How far it is: on a terminal a line that the next one replaces, in a file a line now and then."""
        if not self.progress or not self.progress.left():
            return
        if self.live:
            print(self.progress.text(), end="", file=self.out, flush=True)
        elif time.monotonic() - self.told > EVERY:
            self.told = time.monotonic()
            print("---- " + self.progress.text(), file=self.out, flush=True)

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
        """A test has ended."""
        if self.progress:
            self.progress.ended(test)
        (self.done if test.passed is not None else self.skipped).append(test)
        text = "%s  %s (%.1fs)" % (VERDICT[test.passed], test.name, test.took)
        if test.passed is None:
            text += ": " + test.why
        elif not test.passed:
            text += "\n" + indented(test.report.text()) + "\n" + indented("Again: " + test.again)
            if self.logs:
                test.log = os.path.relpath(failed.keep(self.logs, test.name, test.again, test.report))
                text += "\n" + indented("Log:   " + test.log)
        elif test.note:
            text += "\n" + indented(test.note)
        self.line(text)

    def skip(self, tests, why):
        """Tests that cannot work any more, all for one reason."""
        for t in tests:
            t.passed, t.why = None, why
            if self.progress:
                self.progress.ended(t)
        self.skipped += tests
        if tests:
            self.line("skip  %d tests, since %s:\n%s" % (len(tests), why, indented(names_in_lines(t.name for t in tests))))

    def finish(self):
        """The summary and the score; exit status."""
        bad = [t for t in self.done if not t.passed]
        self.progress = None
        for t in bad:
            self.line("FAIL  %s: %s%s\n      Again: %s" % (
                t.name, first_line(t.report.reason), "\n      Mistake: " + t.report.mistake if t.report.mistake else "", t.again))
        whys = {t.why: sum(other.why == t.why for other in self.skipped) for t in self.skipped}
        for why, count in whys.items():
            self.line("skip  %d test%s: %s" % (count, "" if count == 1 else "s", why))
        every = self.done + self.skipped
        self.line("Score: %d/%d" % (sum(t.score() for t in every), sum(t.points for t in every)))
        self.line("%d passed, %d failed%s" % (len(self.done) - len(bad), len(bad),
                                              ", %d skipped" % len(self.skipped) if self.skipped else ""))
        return 1 if bad or not self.done else 0

    def results(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"tests": [{"name": t.name, "group": t.group, "intent": t.intent, "passed": t.passed,
                                  "points": t.score(), "of": t.points, "seconds": round(t.took, 3), "processor": round(t.used, 3), "why": t.why,
                                  "mistake": t.report.mistake if t.report else None} for t in self.done],
                       "skipped": [{"name": t.name, "of": t.points, "why": t.why} for t in self.skipped],
                       "passed": sum(t.passed for t in self.done),
                       "failed": sum(not t.passed for t in self.done)}, f, indent=1)
            f.write("\n")

    def junit(self, path):
        """The results as a JUnit file, which services for continuous integration show."""
        every = self.done + self.skipped
        with open(path, "w", encoding="utf-8") as f:
            f.write('<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="rxv" tests="%d" failures="%d" skipped="%d" time="%.3f">\n'
                    % (len(every), sum(t.passed is False for t in every), len(self.skipped), sum(t.took for t in every)))
            for t in every:
                f.write("  <testcase classname=%s name=%s time=\"%.3f\">%s</testcase>\n" % (
                    saxutils.quoteattr("rxv." + t.group), saxutils.quoteattr(t.name), t.took, outcome(t)))
            f.write("</testsuite>\n")


def outcome(t):
    if t.passed:
        return ""
    if t.passed is None:
        return "<skipped message=%s/>" % saxutils.quoteattr(t.why)
    text = "".join(c for c in t.report.text() if c in "\n\t" or c >= " ")
    return "<failure message=%s>%s</failure>" % (
        saxutils.quoteattr(t.report.mistake or first_line(t.report.reason)), saxutils.escape(text))
