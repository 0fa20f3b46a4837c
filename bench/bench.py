#!/usr/bin/env python3
"""bench.py: rxv beside the limit of QEMU's card and beside Linux, in alternating rounds; one table.

  bench.py [--quick] [--rounds N] [--guests limit,rxv,linux] [STEP ...]
  bench.py --table FILE.json     the table of an earlier run

Steps, all of them by default: wire1 wire3 (echo, received, sent, with so many harts), curve1 (received against
offered), cost (instructions a packet), sys1 sys3 syscost (system calls), boot1 boot3, build.
Everything that was measured is in build/bench/results.json, and drawn as SVG if gnuplot is there.
`make bench` builds what is needed and calls this; QUICK=1 takes about two minutes.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time

import plot
import steps
from guest import Failure, OUT, QEMU

GUESTS = ("limit", "rxv", "linux")
STEPS = ("wire1", "wire3", "curve1", "cost", "sys1", "sys3", "syscost", "boot1", "boot3", "build")
QUICK_STEPS = ("wire1", "wire3", "cost", "sys1", "syscost", "boot1")
# Steps that repeat nothing but what they are: instructions do not vary, a build is long.
ONCE = ("cost", "syscost", "build")


def jobs(step, kind, quick):
    """What one step does with one kind of guest: pairs (name, value); None: nothing."""
    name, harts = step.rstrip("0123456789"), int("0" + step.lstrip("abcdefghijklmnopqrstuvwxyz")) or 1
    keep = os.path.join(OUT, "profile")
    if name == "wire":
        return steps.wire(kind, harts, 0.5 if quick else 2, full=not quick)
    if name == "curve":
        return steps.curve(kind, harts, 1)
    if name == "cost" and kind != "limit":
        return steps.cost(kind, 1, 0.5 if quick else 2, keep=keep if kind == "rxv" else None)
    if name == "sys" and kind != "limit":
        return steps.sysbench(kind, harts)
    if name == "syscost" and kind != "limit":
        return steps.sysbench_cost(kind, 1, keep=os.path.join(OUT, "profile.sys"))
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
    """All rounds: a list of {step, guest, round, name, value}."""
    plan = [(n, step, kind) for n in range(rounds) for step in wanted for kind in kinds
            if (n == 0 or step not in ONCE) and jobs(step, kind, quick) is not None]
    results, progress = [], Progress(len(plan))
    for n, step, kind in plan:
        progress.next("round %d of %d: %s, %s" % (n + 1, rounds, step, kind))
        for attempt in (1, 2):
            try:
                got = [{"step": step, "guest": kind, "round": n, "name": name, "value": value}
                       for name, value in jobs(step, kind, quick)]
                results += got
                break
            except Failure as e:
                results.append({"step": step, "guest": kind, "round": n, "name": "failure", "value": str(e)})
                print("\n%s, %s: %s" % (step, kind, e), file=sys.stderr)
    progress.end()
    return results


def number(x):
    if abs(x) >= 1000:
        return "{:,.0f}".format(x)
    return "%.3g" % x if abs(x) < 100 else "%.0f" % x


def cell(values):
    if not values:
        return ""
    text = number(statistics.median(values))
    if len(values) > 1 and min(values) != max(values):
        text += " (%s-%s)" % (number(min(values)), number(max(values)))
    return text


def table(results, kinds):
    """Rows of words: a head, then one row a name, in the order in which they came."""
    rows, order = {}, []
    for r in results:
        if r["name"] == "failure" or not isinstance(r["value"], (int, float)):
            continue
        key = (r["step"], r["name"])
        if key not in rows:
            rows[key] = {}
            order.append(key)
        rows[key].setdefault(r["guest"], []).append(r["value"])
    out = []
    for step in dict.fromkeys(s for s, _ in order):
        out.append([step] + list(kinds) + ["rxv : limit", "rxv : linux"])
        for key in (k for k in order if k[0] == step):
            row = rows[key]
            ratio = []
            for other in ("limit", "linux"):
                mine, theirs = (statistics.median(row[k]) if row.get(k) else 0 for k in ("rxv", other))
                ratio.append("%.2f" % (mine / theirs) if mine and theirs else "")
            out.append([key[1]] + [cell(row.get(k)) for k in kinds] + ratio)
    return out


def show(rows):
    if not rows:
        return
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for row in rows:
        if row[-1] == "rxv : linux":
            print()
        print("  ".join(w.ljust(n) if i == 0 else w.rjust(n) for i, (w, n) in enumerate(zip(row, widths))).rstrip())


def environment(rounds):
    def said(*command):
        try:
            return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
        except FileNotFoundError:
            return ""
    try:
        with open("/proc/sys/net/unix/max_dgram_qlen") as f:
            queue = int(f.read())
    except OSError:
        queue = None
    cpu = ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as f:
            cpu = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "")
    return {"qemu": said(QEMU, "--version").split("\n")[0], "host": platform.platform(), "cpu": cpu,
            "cores": os.cpu_count(), "load": os.getloadavg()[0], "unix_queue": queue, "rounds": rounds,
            "commit": said("git", "-C", os.path.dirname(OUT), "describe", "--always", "--dirty"),
            "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def long_queues():
    """Runs this program again in a network namespace of its own, where a unix socket holds 512 datagrams instead of 10:
    only root can. Without, the wire is filled less well; the results say so ("unix_queue")."""
    if sys.platform != "linux" or os.geteuid() != 0 or os.environ.get("RXV_BENCH_NS"):
        return
    os.environ["RXV_BENCH_NS"] = "1"
    inner = 'sysctl -qw net.unix.max_dgram_qlen=512 2>/dev/null; exec "$@"'
    probe = subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL)
    if probe.returncode == 0:
        os.execvp("unshare", ["unshare", "-n", "sh", "-c", inner, "sh", sys.executable] + sys.argv)


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
        show(table(kept["results"], GUESTS))
        return 0
    long_queues()
    if "linux" in kinds and not os.path.exists(os.path.join(OUT, "linux", "initramfs.gz")):
        print("bench: no Linux guest (make bench-linux makes one); its column stays empty.", file=sys.stderr)
        kinds.remove("linux")
    rounds = a.rounds or (2 if a.quick else 3)
    env = environment(rounds)
    results = run(wanted, kinds, rounds, a.quick)
    with open(a.out, "w") as f:
        json.dump({"environment": env, "results": results}, f, indent=1)
    print("medians (and ranges) of %d rounds; %s, %s cores of %s, load %.1f, commit %s"
          % (rounds, env["qemu"], env["cores"], env["cpu"], env["load"], env["commit"]))
    show(table(results, kinds))
    for path in plot.draw(results, os.path.dirname(a.out)):
        print("drawn:", path)
    failed = sum(r["name"] == "failure" for r in results)
    if failed:
        print("%d measurements failed; %s says why" % (failed, a.out))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
