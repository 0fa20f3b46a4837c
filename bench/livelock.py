#!/usr/bin/env python3
"""The experiments of Mogul and Ramakrishnan ("Eliminating receive livelock in an interrupt-driven kernel", 1997) on rxv.

  livelock.py [--quick] [--out DIR]        `make livelock`: figures (SVG), results.json, and whether each rule holds

A generator offers a receiver, and then a router, from nothing to ten times what it can take without loss, in each mode
that netctl switches. What is offered and not taken by the card is lost before the machine has spent anything on it; what is
taken and does not come through was work for nothing.
"""
import argparse
import contextlib
import json
import os
import statistics
import sys
import time

import here
import plot
from guest import Failure, Guest, OUT

MULTIPLES = (0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 6, 8, 10)
QUICK = (0.5, 1, 2, 3, 6)
FRAME = 60
# A mode has one colour in all figures; poll as it is by default is green, and what was changed in it is in its label.
COLORS = {"intr": "#c02020", "thread": "#2050c0", "poll": "#208040", "poll, no quota": "#802080",
          "poll, no quota, no feedback": "#802080", "poll, no feedback": "#c08020", "poll, quota 4": "#70c0e0",
          "poll, quota 16": "#30a0a0", "poll, quota 256": "#907030", "poll, quota 1024": "#444444"}
TITLES = {"received by a program": "Receive throughput, 60-byte frames, 1 hart",
          "forwarded": "Forwarding throughput, 60-byte frames, 1 hart",
          "quotas": "Forwarding throughput by quota (poll mode), 60-byte frames, 1 hart",
          "forwarded through a filter program": "Forwarding throughput through a user-space filter, 60-byte frames, 1 hart"}


class Router(Guest):
    """A guest with two wires, between two hosts that gen plays. filter: a program in the path."""

    def __init__(self):
        self.there = there = os.path.join(OUT, "run.%d.behind" % os.getpid())
        self.unlink()
        super().__init__("rxv", program=None, extra=[
            "-netdev", "dgram,id=n1,local.type=unix,local.path=%s.q,remote.type=unix,remote.path=%s.h" % (there, there),
            "-device", "e1000,netdev=n1,mac=52:54:00:12:34:57,romfile=,bus=pcie.0"])
        self.sh("netctl forward on")
        # Nobody is there to answer when the machine cannot: the neighbour is known for good.
        self.sh("arp -s 10.0.3.2 52:55:0a:00:03:02")
        for _ in range(50):  # QEMU's cards take nothing for half a second after their reset
            if self.offer(1000, 0.1)["per_s"]:
                return
        raise Failure("the router forwards nothing:\n" + self.text[-1000:])

    def unlink(self):
        for end in (".q", ".h"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.there + end)

    def close(self):
        super().close()
        self.unlink()

    def offer(self, rate, secs):
        return self.gen("-W", self.there, "forward", FRAME, rate, secs)


class Receiver(Guest):
    def __init__(self):
        super().__init__("rxv", program=None)
        self.type("benchd &")
        self.gen("ready", 60)

    def offer(self, rate, secs):
        return self.gen("recv", FRAME, rate, secs)


def settings(guest, **values):
    guest.sh("netctl default")
    for name, value in values.items():
        guest.sh("netctl %s %s" % (name, value))
    if isinstance(guest, Router):
        guest.sh("netctl forward on")


def loss_free(guest, secs):
    """The highest rate, to a tenth, at which everything offered comes through (paper: MLFRR). A host that is busy for a
    moment also loses frames: a rate is too high when it was in each of three tries."""
    def without_loss(rate):
        for _ in range(3):
            r = guest.offer(rate, secs)
            if r["per_s"] >= 0.98 * r["offered_per_s"]:
                return True
        return False
    rate, step = 1000.0, 2.0
    while step > 1.05:
        if without_loss(rate * step):
            rate *= step
        else:
            step = step ** 0.5
    return rate


class Experiment:
    def __init__(self, quick):
        self.secs = 0.5 if quick else 1.0
        self.multiples = QUICK if quick else MULTIPLES
        self.rounds = 3
        self.started = time.monotonic()
        self.curves = {}   # figure -> {label: [(offered, came through), ...]} in units of the loss-free rate
        self.rules = []    # (sentence, holds)
        self.shares = []   # (limit, left to a program, percent)
        self.turns = None  # left to a program without a limit, percent
        self.units = {}

    def say(self, text):
        print("[%4.0f s] %s" % (time.monotonic() - self.started, text), file=sys.stderr, flush=True)

    def curve(self, figure, label, guest, unit, **values):
        """Medians of several sweeps, so that a slower moment of the host's meets all rates."""
        settings(guest, **values)
        sweeps = [[guest.offer(m * unit, self.secs) for m in self.multiples] for _ in range(self.rounds)]
        points = [tuple(statistics.median(r[what] for r in got) / unit for what in ("offered_per_s", "per_s"))
                  for got in zip(*sweeps)]
        self.curves.setdefault(figure, {})[label] = points
        self.say("%s, %s: %s" % (figure, label, " ".join("%.2f" % y for _, y in points)))
        return points

    def rule(self, sentence, holds):
        self.rules.append((sentence, bool(holds)))

    def from_three(self, points):
        """What came through when three times the loss-free rate and more were asked for, against the best that two
        neighbouring rates had reached until there: a curve that still rises has lost nothing, and one lucky moment of the
        host's makes no peak."""
        came = [y for _, y in points]
        return [came[i] / max(min(pair) for pair in zip(came[:i], came[1:i + 1])) for i, m in enumerate(self.multiples) if m >= 3]

    def holds(self, sentence, points, least):
        """The rule that what comes through stays."""
        kept = self.from_three(points)
        middle = statistics.median(kept)
        self.rule("%s, from 3 x on: %.0f %% of the peak (%.0f at least), %.0f at the worst point"
                  % (sentence, 100 * middle, 100 * least, 100 * min(kept)), middle >= least)

    def receiver(self):
        with Receiver() as g:
            unit = self.units["receiver"] = loss_free(g, self.secs)
            self.say("a program receives %.0f frames/s without loss" % unit)
            fig = "received by a program"
            intr = self.curve(fig, "intr", g, unit, mode="intr")
            self.curve(fig, "thread", g, unit, mode="thread")
            self.curve(fig, "poll, no quota, no feedback", g, unit, rxquota=0, feedback="off")
            self.curve(fig, "poll, no feedback", g, unit, feedback="off")
            poll = self.curve(fig, "poll", g, unit)
        at3 = self.from_three(intr)[0]
        self.rule("interrupts only, a program receives at 3 x: %.0f %% of the peak (below 50)" % (100 * at3), at3 < 0.5)
        self.holds("polling with a quota, a program receives", poll, 0.95)

    def router(self):
        with Router() as g:
            unit = self.units["router"] = loss_free(g, self.secs)
            self.say("the router forwards %.0f frames/s without loss" % unit)
            fig = "forwarded"
            self.curve(fig, "intr", g, unit, mode="intr")
            self.curve(fig, "thread", g, unit, mode="thread")
            none = self.curve(fig, "poll, no quota", g, unit, rxquota=0)
            quota = self.curve(fig, "poll", g, unit)
            starved = statistics.median(self.from_three(none))
            self.rule("no quota, the transmit ring starves from 3 x on: %.0f %% of the peak (below 10)" % (100 * starved),
                      starved < 0.1)
            self.holds("with a quota the router forwards", quota, 0.95)
            for q in (4, 16, 256, 1024):
                self.curve("quotas", "poll, quota %d" % q, g, unit, rxquota=q)
            self.curves["quotas"]["poll"] = quota

            g.type("screend &")
            g.expect("screend: ready", 30)
            fig = "forwarded through a filter program"
            self.curve(fig, "intr", g, unit, mode="intr")
            self.curve(fig, "thread", g, unit, mode="thread")
            self.curve(fig, "poll, no feedback", g, unit, feedback="off")
            fed = self.curve(fig, "poll", g, unit)
            self.holds("feedback from the filter's queue", fed, 0.9)

    def share(self):
        """What a program has of the hart, by the guest's own accounts: time that the host gives to others is nobody's.
        Each frame is three on the other side, so that QEMU can bring more of them than the router can take."""
        with Router() as g:
            g.sh("ifconfig e1 mtu 576")

            def left():
                since = len(g.text)
                g.type("sleep 1; burn 2")
                g.gen("-W", g.there, "forward", 1514, 100000, 4)  # from before it computes until after it
                g.expect("of a hart", 60, since)
                return int(g.text[since:].split("burn: ")[1].split()[0])
            for limit in (0, 25, 50, 75, 90):
                settings(g, share=limit)
                had = statistics.median(left() for _ in range(self.rounds))
                self.say("share %d %%: a program has %.0f %%" % (limit, had))
                if limit == 0:
                    self.turns = had
                    continue
                self.shares.append((limit, had))
                self.rule("input limited to %d %%: a program has %.0f %% (%d, to 5 points)" % (limit, had, 100 - limit),
                          abs(had - (100 - limit)) <= 5)


def draw(e, where):
    paper = plot.Paper(where)
    for figure, curves in e.curves.items():
        paper.chart(figure.replace(" ", "-"), TITLES[figure], "offered / loss-free rate", "delivered / loss-free rate",
                    [(label, COLORS[label], points) for label, points in curves.items()])
    ideal = [(limit, 100 - limit) for limit, _ in e.shares]
    paper.chart("share", "CPU time left to a program under a flood, 1 hart", "share of input, percent of the hart",
                "program, percent of the hart", [("measured", COLORS["poll"], e.shares), ("100 % - share", "#888888", ideal)])


def table(e):
    for figure, curves in e.curves.items():
        unit = e.units["receiver" if figure.startswith("received") else "router"]
        print("\n%s, in units of %.0f frames/s" % (figure, unit))
        print("%-30s%s" % ("offered", "".join("%6.2f" % m for m in e.multiples)))
        for label, points in curves.items():
            print("%-30s%s" % (label, "".join("%6.2f" % y for _, y in points)))
    print()
    for sentence, holds in e.rules:
        print("%-4s %s" % ("ok" if holds else "NO", sentence))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer points, and shorter ones")
    parser.add_argument("--out", default=os.path.join(OUT, "livelock"), help="where figures and results go")
    parser.add_argument("parts", nargs="*", help="receiver, router, share: only these")
    o = parser.parse_args()
    os.makedirs(o.out, exist_ok=True)
    here.long_queues()
    e = Experiment(o.quick)
    env = here.environment(e.rounds)
    known = (e.receiver, e.router, e.share)
    if not set(o.parts) <= {part.__name__ for part in known}:
        parser.error("the parts are " + ", ".join(part.__name__ for part in known))
    failed = 0
    for part in known:
        if not o.parts or part.__name__ in o.parts:
            try:
                part()
            except Failure as why:  # what the others find is worth having
                print("livelock: %s" % why, file=sys.stderr)
                failed += 1
    print(here.in_one_line(env))
    table(e)
    with open(os.path.join(o.out, "results.json"), "w", encoding="utf-8") as f:
        json.dump({"environment": env, "units": e.units, "curves": e.curves, "shares": e.shares, "turns": e.turns,
                   "rules": e.rules}, f, indent=1)
    draw(e, o.out)
    return 0 if not failed and all(holds for _, holds in e.rules) else 1


if __name__ == "__main__":
    sys.exit(main())
