"""Figures as SVG, by matplotlib or else by gnuplot, whichever this host has. A run never fails for want of a figure."""
import importlib
import os
import shutil
import statistics
import subprocess
import sys

COLORS = {"limit": "#888888", "rxv": "#c02020", "linux": "#2050c0"}


def matplotlib(path, title, x, y, lines, log):
    importlib.import_module("matplotlib").use("svg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    figure, axes = pyplot.subplots(figsize=(7.6, 4.6))
    for label, color, points in lines:
        axes.plot([p[0] for p in points], [p[1] for p in points], "o-", color=color, label=label, markersize=3)
    axes.set(title=title, xlabel=x, ylabel=y)
    if log:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.grid(color="#dddddd")
    axes.legend()
    figure.savefig(path)
    pyplot.close(figure)


def gnuplot(path, title, x, y, lines, log):
    script = ["set terminal svg size 760,460 font 'sans,13' background 'white'", "set output '%s'" % path,
              "set title '%s'" % title, "set xlabel '%s'" % x, "set ylabel '%s'" % y, "set grid lc rgb '#dddddd'",
              "set key bottom right", "set border 3", "set tics nomirror", "set yrange [0:*]"]
    script += ["set logscale x"] if log else []
    for i, (_, _, points) in enumerate(lines):
        script += ["$data%d << END" % i] + ["%.6g %.6g" % tuple(p) for p in points] + ["END"]
    script.append("plot " + ", ".join(
        "$data%d with linespoints pt 7 ps 0.5 lw 2 lc rgb '%s' title '%s'" % (i, color, label)
        for i, (label, color, _) in enumerate(lines)))
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)


def tools():
    """What can draw here, the best first."""
    found = []
    probe = subprocess.run([sys.executable, "-c", "import matplotlib"], stderr=subprocess.DEVNULL)
    if probe.returncode == 0:
        found.append(matplotlib)
    if shutil.which("gnuplot"):
        found.append(gnuplot)
    return found


class Paper:
    """Draws figures into a directory, and says where they are, or once why there are none."""

    def __init__(self, where):
        self.where, self.tools = where, tools()
        if not self.tools:
            print("no figures: neither matplotlib nor gnuplot is installed (the numbers are in %s all the same)" % where)

    def chart(self, name, title, x, y, lines, log=False):
        """lines: [(label, color, [(x, y), ...])]; those without points are left out. log: x is logarithmic."""
        lines = [line for line in lines if line[2]]
        path = os.path.join(self.where, name + ".svg")
        for draw_with in self.tools if lines else ():
            try:
                draw_with(path, title, x, y, lines, log)
                print("figure: " + path)
                return
            except Exception as e:  # of the tool: whatever it is, the numbers are there
                print("%s could not draw %s: %s" % (draw_with.__name__, path, e))


def curve_points(results, guest, size):
    """Medians of (offered, received), in thousands a second, by the rate asked for; the flood, 0, comes last."""
    by_rate = {}
    for r in results:
        word = r["name"].split()
        if r["guest"] == guest and len(word) == 3 and word[0] == "curve" and int(word[1]) == size:
            by_rate.setdefault(int(word[2]), []).append(r["value"])
    rates = sorted(by_rate, key=lambda rate: rate or 1e12)
    return [(statistics.median(v[0] for v in by_rate[rate]) / 1e3, statistics.median(v[2] for v in by_rate[rate]) / 1e3)
            for rate in rates]


def shares(results, guest, step):
    """Of the round trips, (us, percent that took no longer)."""
    found = [r["value"] for r in results if (r["guest"], r["step"], r["name"]) == (guest, step, "histogram")]
    points, seen = [], 0
    total = sum(n for _, n in found[0]) if found else 0
    for ns, n in found[0] if found else ():
        seen += n
        points.append((ns / 1e3, 100 * seen / total))
    return points


def draw(results, where):
    """The figures of what bench.py measured."""
    steps = {r["step"] for r in results}
    if not steps & {"curve1", "hist1", "hist3"}:
        return
    paper = Paper(where)
    for size in (60, 1514):
        paper.chart("received-%d" % size, "%d-byte frames received by a program, 1 hart" % size, "offered, thousands/s",
                    "received, thousands/s", [(g, COLORS[g], curve_points(results, g, size)) for g in COLORS])
    for harts in (1, 3):
        paper.chart("round-trips-%d" % harts, "60-byte echoes, one on its way, harts: %d" % harts, "round trip, us",
                    "took no longer, percent", [(g, COLORS[g], shares(results, g, "hist%d" % harts)) for g in COLORS], log=True)
