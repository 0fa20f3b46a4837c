"""What rxv is to reach: for some rows of bench.py's table a goal, against another row or a number.

A goal compares the median of rxv's row with a limit: a share of the bare-metal program's figure in the same row, of
another row of rxv's, or a fixed number. A median of which rounds were lost reaches nothing.
"""

SIZES = (60, 1514)


class Goal:
    """less: the row is to be at most the bound, else at least. times: of the other row's median; alone: the bound itself.
    guest, step, name: the other row; None: a fixed bound. text: how the table says it."""

    def __init__(self, less, times, text, guest=None, step=None, name=None):
        self.less, self.times, self.text = less, times, text
        self.other = (guest, step, name)

    def met(self, value, median):
        """median(guest, step, name): of a row, or None. result: None: it cannot be told."""
        bound = self.times
        if self.other[0]:
            against = median(*self.other)
            if against is None:
                return None
            bound *= against
        return value <= bound if self.less else value >= bound


def of_limit(goals, step, name, less, times, against=None):
    text = "%s %g %s limit" % ("<=" if less else ">=", times if less else 100 * times, "x" if less else "% of")
    goals[step, name] = Goal(less, times, text, "limit", step, against or name)


def of_ours(goals, step, name, less, times, text, other_step, other_name):
    goals[step, name] = Goal(less, times, text, "rxv", other_step, other_name)


def fixed(goals, step, name, most):
    goals[step, name] = Goal(True, most, "<= {:,g}".format(most))


def make():
    goals = {}
    for size in SIZES:
        echo = "echo %d, %%d on their way: " % size
        of_limit(goals, "wire1", echo % 1 + "p50, us", True, 1.6)
        of_limit(goals, "wire1", echo % 1 + "echoes/s", False, 0.60)
        of_limit(goals, "wire1", echo % 64 + "echoes/s", False, 0.75)
        of_limit(goals, "wire1", "send %d: frames/s" % size, False, 0.25)
        best, full = ("%d: received/s, %s" % (size, at) for at in ("at the best rate", "the sender at full speed"))
        of_limit(goals, "curve1", best, False, 0.50)
        of_ours(goals, "curve1", full, False, 0.95, ">= 95 % of our best", "curve1", best)
        # Three harts: never slower than one, and no long tail.
        same = [echo % 1 + "echoes/s", echo % 8 + "echoes/s", echo % 64 + "echoes/s", "flood %d: received/s" % size,
                "send %d: frames/s" % size]
        of_ours(goals, "wire3", echo % 1 + "p50, us", True, 1, "<= 1 hart's", "wire1", echo % 1 + "p50, us")
        for name in same:
            of_ours(goals, "wire3", name, False, 1, ">= 1 hart's", "wire1", name)
        goals["wire3", echo % 1 + "p99 : p50"] = Goal(True, 5, "<= 5")
    # Beside a program that computes, on one hart: p50 within 3 x idle, half of what comes through idle, and a third of the hart
    # stays the program's.
    one = "echo 60, 1 on their way: "
    of_ours(goals, "burn1", one + "p50, us, beside burn", True, 3, "<= 3 x idle", "burn1", one + "p50, us, idle")
    for name in (one + "echoes/s, ", "echo 60, 64 on their way: echoes/s, ", "flood 60: received/s, "):
        of_ours(goals, "burn1", name + "beside burn", False, 0.5, ">= 50 % of idle", "burn1", name + "idle")
    for name in ("echo 60, 1 on their way", "echo 60, 64 on their way", "flood 60"):
        goals["burn1", name + ": burn has, percent of a hart"] = Goal(False, 33, ">= 33")
    fixed(goals, "cost", "insns/echo 60, without idling", 3000)
    fixed(goals, "cost", "insns/received 60, flooded, without idling", 1500)
    fixed(goals, "cost", "insns/sent 60, without idling", 900)
    fixed(goals, "boot1", "boot to prompt, s", 0.25)
    return goals


GOALS = make()
