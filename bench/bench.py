#!/usr/bin/env python3
"""bench.py: rxv beside the limit of QEMU's card and beside Linux, in alternating rounds; one table.

  bench.py [--quick] [--rounds N] [--guests limit,rxv,linux] [STEP ...]
  bench.py --table FILE.json     the table of an earlier run

Steps, all of them by default: wire1 wire3 (echo, received, sent, with so many harts), burn1 burn3 (the same beside programs
that compute), worth1 (each part of the packet's way that can be switched off, with and without it), curve1 (received against
offered), hist1 hist3 (round trips, to be drawn), cost (instructions a packet), sys1 sys3 syscost1 syscost3 (system calls),
boot1 boot3, build. Everything that was measured is in build/bench/results.json, and drawn as SVG by matplotlib or gnuplot.
`make bench` builds what is needed and calls this; QUICK=1 takes about two minutes. doc/bench.md says what the rows mean.
"""
import argparse
import json
import os
import sys
import time

import here
import plot
import report
import steps
from guest import Failure, OUT

GUESTS = ("limit", "rxv", "linux")
STEPS = ("wire1", "wire3", "burn1", "burn3", "worth1", "curve1", "hist1", "hist3", "cost", "sys1", "sys3", "syscost1", "syscost3",
         "boot1", "boot3", "build")
QUICK_STEPS = ("wire1", "wire3", "burn1", "curve1", "cost", "sys1", "syscost1", "boot1")
# Linux takes its time to boot: in a quick run it is only here, and in the first round.
QUICK_LINUX = ("wire1", "sys1")
# Steps that would repeat nothing but themselves: instructions vary little, a picture needs one, a build is long.
ONCE = ("cost", "syscost1", "syscost3", "hist1", "hist3", "build")


def jobs(step, kind, quick):
    """What one step does with one kind of guest: pairs (name, value); None: nothing."""
    name, harts = step.rstrip("0123456789"), int("0" + step.lstrip("abcdefghijklmnopqrstuvwxyz")) or 1
    if name == "wire":
        return steps.wire(kind, harts, 0.4 if quick else 2)
    if name == "burn" and kind == "rxv":
        return steps.beside(kind, harts, 0.5 if quick else 2)
    if name == "worth" and kind == "rxv":
        return steps.worth(kind, harts, 0.3 if quick else 1)
    if name == "curve":
        return steps.curve(kind, harts, 0.4 if quick else 1, steps.QUICK_RATES if quick else steps.RATES)
    if name == "hist":
        return steps.histogram(kind, harts, 5)
    if name == "cost" and kind != "limit":
        keep = os.path.join(OUT, "profile") if kind == "rxv" else None
        return steps.cost(kind, harts, 0.5 if quick else 2, keep=keep)
    if name == "sys" and kind != "limit":
        return steps.sysbench(kind, harts)
    if name == "syscost" and kind != "limit":
        return steps.sysbench_cost(kind, harts, keep=os.path.join(OUT, "profile.%s" % step) if kind == "rxv" else None)
    if name == "boot" and kind == "rxv":
        return steps.boot(kind, harts)
    if name == "build" and kind == "rxv":
        return steps.build()
    return None


class Progress:
    """One line on standard error: what runs, what it took before, how long it may still take."""

    def __init__(self, total):
        self.total, self.done, self.start = total, 0, time.monotonic()

    def next(self, what):
        passed = time.monotonic() - self.start
        left = "" if self.done == 0 else ", about %.0f s to go" % (passed / self.done * (self.total - self.done))
        self.done += 1
        text = "[%d/%d] %s (%.0f s so far%s)" % (self.done, self.total, what, passed, left)
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K" + text)
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def end(self):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")


def run(wanted, kinds, rounds, quick):
    """All rounds, the guests in turn within each, so that a slower hour of the host meets them all: a list of
    {step, guest, round, name, value}. A guest that fails gets a second try."""
    def takes_part(n, step, kind):
        if n > 0 and step in ONCE or kind == "linux" and quick and (n > 0 or step not in QUICK_LINUX):
            return False
        return jobs(step, kind, quick) is not None
    plan = [(n, step, kind) for n in range(rounds) for step in wanted for kind in kinds if takes_part(n, step, kind)]
    results, progress = [], Progress(len(plan))
    for n, step, kind in plan:
        progress.next("round %d of %d: %s, %s" % (n + 1, rounds, step, kind))
        for attempt in (1, 2):
            got = []
            try:
                for name, value in jobs(step, kind, quick):
                    got.append((name, value))
                break
            except Failure as e:
                print("\n%s, %s: %s" % (step, kind, e), file=sys.stderr)
                results.append({"step": step, "guest": kind, "round": n, "name": "failure %d" % attempt, "value": str(e)})
        results += [{"step": step, "guest": kind, "round": n, "name": name, "value": value} for name, value in got]
    progress.end()
    return results


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--quick", action="store_true")
    p.add_argument("--rounds", type=int)
    p.add_argument("--guests", default=",".join(GUESTS))
    p.add_argument("--table", metavar="FILE")
    p.add_argument("--out", default=os.path.join(OUT, "results.json"))
    p.add_argument("steps", nargs="*", metavar="STEP")
    a = p.parse_args()
    kinds = sorted((k for k in a.guests.split(",") if k), key=lambda k: GUESTS.index(k) if k in GUESTS else -1)
    wanted = a.steps or (QUICK_STEPS if a.quick else STEPS)
    for word, known in [(k, GUESTS) for k in kinds] + [(s, STEPS) for s in wanted]:
        if word not in known:
            sys.exit("bench: %s is not known; there are: %s" % (word, " ".join(known)))
    if a.rounds is not None and not 1 <= a.rounds <= 100:
        sys.exit("bench: between 1 and 100 rounds")
    if a.table:
        with open(a.table) as f:
            kept = json.load(f)
        print(here.in_one_line(kept["environment"]))
        report.show(report.table(kept["results"], GUESTS))
        return 0
    here.long_queues()
    if "linux" in kinds and not os.path.exists(os.path.join(OUT, "linux", "initramfs.gz")):
        print("bench: no Linux guest (make bench-linux makes one); its column stays empty.", file=sys.stderr)
        kinds.remove("linux")
    rounds = a.rounds or (2 if a.quick else 3)
    env = here.environment(rounds)
    results = run(wanted, kinds, rounds, a.quick)
    with open(a.out, "w") as f:
        json.dump({"environment": env, "results": results}, f, indent=1)
    print(here.in_one_line(env))
    report.show(report.table(results, kinds))
    plot.draw(results, os.path.dirname(a.out))
    failed = sum(r["name"].startswith("failure") for r in results)
    if failed:
        print("%d times a guest failed; %s says why" % (failed, a.out))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
