"""The table of bench.py: medians and ranges, ours beside the limit and Linux, and what is to be reached."""
import statistics

import goals


def number(x):
    if abs(x) >= 1000:
        return "{:,.0f}".format(x)
    return "%.3g" % x if abs(x) < 100 else "%.0f" % x


class Rows:
    """What was measured, by row of the table: (step, name). A round in which nothing came back, or in which the guest
    failed (twice) before it came to this row, is lost: it has no value, and is counted."""

    def __init__(self, results):
        self.values = {}     # (step, name) -> {guest: {round: value}}
        self.failed = {}     # (step, guest) -> rounds
        for r in results:
            if r["name"] == "failure 2":
                self.failed.setdefault((r["step"], r["guest"]), set()).add(r["round"])
            elif r["value"] is None or isinstance(r["value"], (int, float)):
                self.values.setdefault((r["step"], r["name"]), {}).setdefault(r["guest"], {})[r["round"]] = r["value"]

    def of(self, guest, step, name):
        """The values of all rounds, and how many were lost."""
        by_round = self.values.get((step, name), {}).get(guest, {})
        values = [v for v in by_round.values() if v is not None]
        return values, len(by_round) - len(values) + len(self.failed.get((step, guest), set()) - set(by_round))

    def median(self, guest, step, name):
        values, _ = self.of(guest, step, name)
        return statistics.median(values) if values else None

    def cell(self, guest, step, name):
        values, lost = self.of(guest, step, name)
        if not values:
            return "lost (%d)" % lost if lost else ""
        text = number(statistics.median(values))
        if min(values) != max(values):
            text += " (%s-%s)" % (number(min(values)), number(max(values)))
        return text + (", %d lost" % lost if lost else "")

    def to_reach(self, step, name):
        """The goal of this row, and whether it is met."""
        goal, mine = goals.GOALS.get((step, name)), self.median("rxv", step, name)
        if goal is None:
            return ""
        met = goal.met(mine, self.median) if mine is not None else None
        return "%s: %s" % (goal.text, {True: "met", False: "NOT met", None: "not known"}[met])


def table(results, kinds):
    """Rows of words, in the order in which they came, with a head for each step."""
    rows, out = Rows(results), []
    for step in dict.fromkeys(s for s, _ in rows.values):
        out.append([step] + list(kinds) + ["rxv : limit", "rxv : linux", "to reach"])
        for name in (n for s, n in rows.values if s == step):
            mine = rows.median("rxv", step, name)
            others = [rows.median(other, step, name) for other in ("limit", "linux")]
            out.append([name] + [rows.cell(k, step, name) for k in kinds]
                       + ["%.2f" % (mine / x) if mine and x else "" for x in others] + [rows.to_reach(step, name)])
    return out


def show(rows):
    if not rows:
        return
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for row in rows:
        if row[-1] == "to reach":
            print()
        words = [w.rjust(n) for w, n in zip(row[1:-1], widths[1:-1])]
        print("  ".join([row[0].ljust(widths[0])] + words + [row[-1]]).rstrip())
