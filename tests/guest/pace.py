"""How long tests take: what they took the last time, and from it how long the rest will take."""
import json
import os
import time

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seconds.json")
UNKNOWN = 3.0  # seconds of a test that nobody has timed


def known(*paths):
    """{name: seconds} from the files that are there; later ones count more."""
    found = {}
    for path in (HERE,) + paths:
        try:
            with open(path, encoding="utf-8") as f:
                found.update({k: float(v) for k, v in json.load(f).items()})
        except (OSError, ValueError, AttributeError, TypeError):
            pass  # no such file, or not ours: it is only an estimate
    return found


class Pace:
    """tests: those that will run. jobs: how many at a time. paths: files with seconds, beside the one in this folder."""

    def __init__(self, tests, jobs, paths=()):
        self.seconds = known(*paths)
        self.total, self.rest = len(tests), sum(self.of(t) for t in tests)
        self.jobs, self.count, self.timed = jobs, 0, 0.0
        self.start = time.monotonic()

    def of(self, test):
        return self.seconds.get(test.name, UNKNOWN)

    def ended(self, test):
        self.count += 1
        self.rest = max(0.0, self.rest - self.of(test))
        self.timed += self.of(test) if test.passed is not None else 0

    def left(self):
        return self.total - self.count

    def text(self):
        # At first from the number of jobs, then more and more from how fast it went.
        guess = self.rest / self.jobs
        if self.timed > 0:
            trust = min(1.0, self.timed / 60)
            guess += trust * ((time.monotonic() - self.start) / self.timed * self.rest - guess)
        return "%d of %d, about %s left" % (self.count, self.total, "%d s" % (guess // 5 * 5 + 5) if guess < 55 else
                                            "%d min" % round(guess / 60 + 0.3))

    def write(self, path, tests):
        """Keep what they took for the next time."""
        self.seconds.update({t.name: round(t.took, 1) for t in tests if t.passed})
        with open(path, "w", encoding="utf-8") as f:
            json.dump(self.seconds, f, indent=0, sort_keys=True)
            f.write("\n")
