"""How long tests take, and how much of the processors: what they took the last time, and from it how long the rest will take."""
import json
import os
import time

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seconds.json")
UNKNOWN = (3.0, 1.5)  # seconds of a test that nobody has timed, and those of a processor
# A test waits, too, and seldom uses all that it may: more of them than there are processors keep these busy.
CROWDED = 1.3


def known(paths):
    """{name: (seconds, processor seconds)} from the files that are there; later ones count more."""
    found = {}
    for path in [HERE] + list(paths):
        try:
            with open(path, encoding="utf-8") as f:
                found.update({k: (float(v[0]), float(v[1])) for k, v in json.load(f).items()})
        except (OSError, ValueError, AttributeError, TypeError, IndexError):
            pass  # no such file, or not ours: it is only an estimate
    return found


# For the inner loop: seconds and processor seconds that a test may take, and those that are always worth theirs.
QUICK = (6.0, 1.0)
ALWAYS = ("host.unit", "nettest.wire_grade, 3 harts")
KNOWN = known([])


def is_quick(test):
    """Whether it is one of the most telling tests: not on the debug kernel, with the usual harts, and soon done."""
    took = KNOWN.get(test.name, UNKNOWN)
    return test.name in ALWAYS or not test.debug and test.usual and took[0] <= QUICK[0] and took[1] <= QUICK[1]


class Pace:
    """tests: those that will run. paths: files with their times, beside the one in this folder."""

    def __init__(self, tests, paths=()):
        self.known = known(paths)
        self.total, self.count = len(tests), 0
        self.cores = os.cpu_count() or 2
        self.room = self.cores * CROWDED
        self.rest = self.work = sum(map(self.processor, tests))
        self.running = {}  # test: when it started
        self.start = time.monotonic()

    def seconds(self, test):
        return self.known.get(test.name, UNKNOWN)[0]

    def processor(self, test):
        return self.known.get(test.name, UNKNOWN)[1]

    def share(self, test):
        """How many processors it keeps busy, on the average."""
        return min(self.cores, self.processor(test) / max(0.1, self.seconds(test)))

    def started(self, test):
        self.running[test] = time.monotonic()

    def half_done(self):
        """What those that run have done, as far as the table knows."""
        now = time.monotonic()
        return sum(self.processor(t) * min(0.9, (now - start) / max(0.1, 2 * self.seconds(t)))
                   for t, start in self.running.items())

    def ended(self, test):
        self.count += 1
        self.running.pop(test, None)
        self.rest = max(0.0, self.rest - self.processor(test))

    def left(self):
        return self.total - self.count

    def text(self):
        # At first from the table, then more and more from how fast it went.
        elapsed, half = time.monotonic() - self.start, self.half_done()
        rest, done = self.rest - half, self.work - self.rest + half
        guess = rest / self.cores
        if done > 0:
            guess += min(1.0, elapsed / 120) * (elapsed / done * rest - guess)
        return "%d of %d, about %s left" % (self.count, self.total, "%d s" % (guess // 5 * 5 + 5) if guess < 55 else
                                            "%d min" % round(guess / 60 + 0.3))

    def write(self, path, tests):
        """Keep what they took for the next time."""
        self.known.update({t.name: (round(t.took, 1), round(t.used, 1)) for t in tests if t.passed})
        with open(path, "w", encoding="utf-8") as f:
            f.write("{\n%s\n}\n" % ",\n".join("%s: [%g, %g]" % (json.dumps(k), *v) for k, v in sorted(self.known.items())))
