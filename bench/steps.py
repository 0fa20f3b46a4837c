"""The measurements themselves. A step measures one guest once and yields (name, value) pairs. Names carry their unit and
are the rows of the table. A value of None: there was nothing to measure, because nothing came back."""
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import profile
from guest import Failure, Guest, ROOT

RATES = [1000, 2000, 4000, 8000, 16000, 24000, 32000, 48000, 64000, 96000, 128000, 160000, 192000, 224000, 256000, 0]
QUICK_RATES = [16000, 64000, 192000, 0]
SIZES = (60, 1514)


def wire(kind, harts, secs):
    """Echoes, frames received and sent, as fast as they go."""
    with Guest(kind, harts) as g:
        yield "boot to first echo, s", g.ready()
        g.gen("echo", 60, 1, 0.3)  # the machine is warm now
        for size in SIZES:
            for window in (1, 8, 64):
                r = g.gen("echo", size, window, secs)
                name = "echo %d, %d on their way: " % (size, window)
                if r["wrong"]:
                    raise Failure("%s: %d echoes came back changed" % (kind, r["wrong"]))
                came = r["per_s"] > 0
                if window == 1:
                    yield name + "p50, us", r["p50_us"] if came else None
                    yield name + "p99, us", r["p99_us"] if came else None
                    yield name + "p99 : p50", r["p99_us"] / r["p50_us"] if came else None
                yield name + "echoes/s", r["per_s"] if came else None
                yield name + "echoes lost", r["lost"]
            r = g.gen("recv", size, 0, secs)
            yield "flood %d: taken/s" % size, r["taken_per_s"]
            yield "flood %d: received/s" % size, r["per_s"]
            r = g.gen("send", size, 20000, 1)
            yield "send %d: frames/s" % size, r["per_s"] or None
            yield "send %d: frames lost of 20000" % size, r["lost"]


def curve(kind, harts, secs, rates=RATES):
    """Frames received against frames offered; the last rate, 0, is the sender at full speed."""
    with Guest(kind, harts) as g:
        g.ready()
        g.gen("echo", 60, 1, 0.3)
        for size in SIZES:
            best = 0
            for rate in rates:
                r = g.gen("recv", size, rate, secs)
                yield "curve %d %d" % (size, rate), [r["offered_per_s"], r["taken_per_s"], r["per_s"]]
                best = max(best, r["per_s"])
            yield "%d: received/s, at the best rate" % size, best
            yield "%d: received/s, the sender at full speed" % size, r["per_s"]


BESIDE = (("echo 60, 1 on their way", ("echo", 60, 1)), ("echo 60, 64 on their way", ("echo", 60, 64)), ("flood 60", ("recv", 60, 0)))


def warm_beside_shell(g):
    """benchd runs, and the shell takes commands; the machine is warm."""
    g.type("benchd &")
    g.ready()
    g.gen("echo", 60, 1, 0.3)


def computes(g, seconds, n, command="burn %d &"):
    """burn, so often; wait() waits until all have ended, and returns what they had."""
    since = len(g.text)
    for _ in range(n):
        g.type(command % seconds)

    def wait():
        end = time.monotonic() + seconds + 60
        while g.text.count("of a hart\n", since) < n:
            if time.monotonic() > end:
                raise Failure("burn does not end:\n" + g.text[-1000:])
            g.drain(0.05)
        return [int(percent) for percent in re.findall(r"burn: (\d+) % of a hart\n", g.text[since:])]
    return wait


def beside(kind, harts, secs):
    """Echoes and a flood's frames alone, and beside as many programs that compute as there are harts (user/bench/burn.c); and what is
    left to such a program, by its own account."""
    def loads(when):
        for name, words in BESIDE:
            r = g.gen(*words, secs)
            if words[0] == "echo" and words[2] == 1:
                yield "%s: p50, us, %s" % (name, when), r["p50_us"] if r["per_s"] else None
                yield "%s: p99, us, %s" % (name, when), r["p99_us"] if r["per_s"] else None
            yield "%s: %s/s, %s" % (name, "received" if words[0] == "recv" else "echoes", when), r["per_s"] or None

    with Guest(kind, harts, program=None) as g:
        warm_beside_shell(g)
        yield from loads("idle")
        wait = computes(g, int(len(BESIDE) * (secs + 0.5)) + 2, harts)
        time.sleep(0.3)
        yield from loads("beside burn")
        wait()
        for name, words in BESIDE:
            wait = computes(g, 2, 1, "sleep 0.5; burn %d")
            g.gen(*words, 3.5)
            yield "%s: burn has, percent of a hart" % name, wait()[0]


# Parts of the packet's way that can be switched off: (parameter, its value without it, the load that shows it, in gen's words, what
# is read, 1: beside a program that computes).
PARTS = (
    ("spin", "0", ("echo", 60, 1), "p50_us", 0),
    ("glance", "0", ("echo", 60, 1), "p50_us", 1),
    ("txdefer", "0", ("echo", 60, 64), "per_s", 0),
    ("txdefer", "0", ("echo", 60, 8), "per_s", 0),
    ("rxquota", "1", ("recv", 60, 0), "per_s", 0),
    ("txquota", "1", ("echo", 60, 64), "per_s", 0),
    ("feedback", "off", ("recv", 60, 0), "per_s", 0),
    ("mode", "intr", ("echo", 60, 1), "p50_us", 0),
    ("mode", "intr", ("recv", 60, 0), "per_s", 0),
)
READ = {"p50_us": "p50, us", "per_s": "a second"}


def worth(kind, harts, secs, turns=3):
    """What each part is worth: the same load with it and without, in turns, in one boot. A value is the median of the turns."""
    with Guest(kind, harts, program=None) as g:
        warm_beside_shell(g)
        for part, off, words, read, beside_burn in PARTS:
            found = re.search(r"(?m)^%s +(\S+)" % part, g.sh("netctl"))
            if found is None:
                raise Failure("netctl knows no %s" % part)
            got = {found.group(1): [], off: []}
            for value in list(got) * turns:
                g.sh("netctl %s %s" % (part, value))
                wait = computes(g, secs + 2, beside_burn)
                time.sleep(0.3 * beside_burn)
                got[value].append(g.gen(*words, secs)[read])
                wait()
            g.sh("netctl %s %s" % (part, found.group(1)))
            for value, values in got.items():
                load = " ".join(str(w) for w in words) + (" beside burn" if beside_burn else "")
                yield "%s %s: %s, %s" % (part, value, load, READ[read]), statistics.median(values)


def histogram(kind, harts, secs):
    """All round trips of one echo on its way: [[ns, how many], ...]."""
    with Guest(kind, harts) as g:
        g.ready()
        g.gen("echo", 60, 1, 0.3)
        yield "histogram", g.gen("-H", "echo", 60, 1, secs)["hist_ns"]


def cost(kind, harts, secs, keep=None):
    """Guest instructions of one packet. What an idle guest runs in the same time is taken off (its clock ticks); of
    ours, the time in which it watches its rings before it sleeps is told apart. keep: a directory for the profiles."""
    where = keep or tempfile.mkdtemp(prefix="rxv-bench-")
    os.makedirs(where, exist_ok=True)
    try:
        with Guest(kind, harts, count=True) as g:
            g.ready(180)
            g.gen("echo", 60, 1, 0.3)
            idle = g.gen("idle", 1)
            rate = idle["insns"] / idle["secs"]
            yield "idle insns/s", rate
            for name, words in (("echo 60", ("echo", 60, 8, secs)), ("echo 60, one on its way", ("echo", 60, 1, secs)),
                                ("echo 1514", ("echo", 1514, 8, secs)), ("received 60, flooded", ("recv", 60, 0, secs)),
                                ("received 60, at 500/s", ("recv", 60, 500, secs)),
                                ("received 1514, flooded", ("recv", 1514, 0, secs)),
                                ("sent 60", ("send", 60, 5000, 1)), ("sent 1514", ("send", 1514, 5000, 1))):
                path = os.path.join(where, name.replace(" ", "_").replace(",", "").replace("/", "_"))
                r = g.gen(*words, profile=path)
                if r["packets"] == 0:
                    raise Failure("%s: no packet came through (%s)" % (kind, name))
                yield "insns/%s" % name, (r["insns"] - rate * r["secs"]) / r["packets"]
                if kind == "rxv":
                    folded = profile.fold(profile.read_counts(path), elf("benchd"))
                    yield "insns/%s, without idling" % name, (r["insns"] - profile.idle_part(folded)) / r["packets"]
    finally:
        if keep is None:
            shutil.rmtree(where, ignore_errors=True)


def elf(name):
    return os.path.join(ROOT, "user", "bench", "_" + name)


def packet_budget():
    """Instructions of our packets in two cases that are the same on every host: each alone, from the interrupt to the
    next sleep, and so many that the ring is never empty. How often the idle hart looks at the ring is left out: it depends on when
    in a tick the packet comes."""
    with Guest("rxv", 1, count=True, program="netctl spin 0; benchd") as g, tempfile.TemporaryDirectory() as where:
        g.ready(180)
        for size in SIZES:
            for name, words in (("echo", ("alone", size, 41)), ("received", ("recv", size, 0, 0.5)), ("sent", ("send", size, 5000, 1))):
                path = os.path.join(where, name)
                r = g.gen(*words, profile=path)
                if r["packets"] == 0:
                    raise Failure("no packet came through (%s %d)" % (name, size))
                folded = profile.fold(profile.read_counts(path), elf("benchd"))
                yield "%s %d" % (name, size), (r["insns"] - profile.idle_part(folded)) / r["packets"]


def sysbench(kind, harts, names=""):
    """What user/bench/sysbench.c says."""
    with Guest(kind, harts, program="sysbench " + names) as g:
        g.expect("bench end", 180)
        for line in g.text.splitlines():
            word = line.split()
            if line.startswith("bench ") and len(word) == 6:
                yield "%s, ns" % word[1], int(word[3])


def sysbench_cost(kind, harts, keep=None, program="sysbench -c"):
    """Instructions of the same operations, idling taken off for ours. program: as the shell is told."""
    with Guest(kind, harts, count=True, program=program) as g:
        g.expect("bench end", 240)
        rows = [line.split() for line in g.text.splitlines() if line.startswith("bench ") and len(line.split()) == 6]
        for row, counts in zip(rows, profile.read_marks(g.counts + ".marks")):
            total, n = sum(counts.values()), int(row[2])
            if kind == "rxv":
                folded = profile.fold(counts, elf("sysbench"))
                total -= profile.idle_part(folded)
                if keep:
                    os.makedirs(keep, exist_ok=True)
                    with open(os.path.join(keep, row[1]), "w") as f:
                        f.writelines("%x %d\n" % c for c in sorted(counts.items()))
            yield "%s, insns" % row[1], total / n


def boot(kind, harts):
    with Guest(kind, harts, program=None) as g:
        yield "boot to prompt, s", g.prompt_s


def build():
    """Seconds of a build from nothing, of a copy of the sources, with as many jobs as make takes by itself."""
    skip = shutil.ignore_patterns(".git", "build", "*.o", "*.d", "_*", "*.asm", "*.sym", "fs.img", "__pycache__")
    with tempfile.TemporaryDirectory(prefix="rxv-build-") as where:
        tree = os.path.join(where, "tree")
        shutil.copytree(ROOT, tree, ignore=skip)
        for leftover in ("kernel/kernel", "mkfs/mkfs"):
            if os.path.exists(os.path.join(tree, leftover)):
                os.unlink(os.path.join(tree, leftover))
        start = time.monotonic()
        env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        made = subprocess.run(["make", "-s", "-C", tree], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if made.returncode != 0:
            raise Failure("a clean build failed:\n" + made.stderr.decode()[-2000:])
        yield "clean build, s", time.monotonic() - start
