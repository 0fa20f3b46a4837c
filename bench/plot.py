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
    figure, axes = pyplot.subplots(figsize=(7.6, 5.0))
    for label, color, points in lines:
        axes.plot([p[0] for p in points], [p[1] for p in points], "o-" if len(points) > 1 else "D", color=color, label=label,
                  markersize=3 if len(points) > 1 else 7)
    axes.set(title=title, xlabel=x, ylabel=y)
    if log:
        axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.grid(color="#dddddd")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncol=3, frameon=False)  # below the curves, over none
    figure.savefig(path, bbox_inches="tight")
    pyplot.close(figure)


def gnuplot(path, title, x, y, lines, log):
    script = ["set terminal svg size 980,460 font 'sans,13' background 'white'", "set output '%s'" % path,
              "set title '%s'" % title, "set xlabel '%s'" % x, "set ylabel '%s'" % y, "set grid lc rgb '#dddddd'",
              "set key outside right", "set border 3", "set tics nomirror", "set yrange [0:*]"]
    script += ["set logscale x"] if log else []
    for i, (_, _, points) in enumerate(lines):
        script += ["$data%d << END" % i] + ["%.6g %.6g" % tuple(p) for p in points] + ["END"]
    script.append("plot " + ", ".join(
        "$data%d with %s lc rgb '%s' title '%s'" % (
            i, "linespoints pt 7 ps 0.5 lw 2" if len(points) > 1 else "points pt 13 ps 1.2", color, label)
        for i, (label, color, points) in enumerate(lines)))
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
        """lines: [(label, color, [(x, y), ...])]; those without points are left out, and a single point is a mark of its own.
        log: x is logarithmic."""
        lines = [line for line in lines if line[2]]
        path = os.path.join(self.where, name + ".svg")
        for draw_with in self.tools if lines else ():
            try:
                draw_with(path, title, x, y, lines, log)
                print("figure: " + path)
                return
            except Exception as e:  # of the tool: whatever it is, the numbers are there
                print("%s could not draw %s: %s" % (draw_with.__name__, path, e))


FULL_SPEED = 0  # the rate of a sender that sends as fast as it can


def curve_points(results, guest, size):
    """Medians of (offered, received), in thousands a second: the curve, by what was offered, and the point of the sender at full
    speed, which is on no curve: how much it offers is for the host to say."""
    by_rate = {}
    for r in results:
        word = r["name"].split()
        if r["guest"] == guest and len(word) == 3 and word[0] == "curve" and int(word[1]) == size:
            by_rate.setdefault(int(word[2]), []).append(r["value"])
    medians = {rate: tuple(statistics.median(v[i] for v in values) / 1e3 for i in (0, 2)) for rate, values in by_rate.items()}
    full = [medians.pop(FULL_SPEED)] if FULL_SPEED in medians else []
    return sorted(medians.values()), full


def curves(results, size):
    """The lines of a figure: a curve for each guest, and its sender at full speed."""
    lines = []
    for guest, color in COLORS.items():
        curve, full = curve_points(results, guest, size)
        lines += [(guest, color, curve), (guest + ", sender at full speed", color, full)]
    return lines


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
        paper.chart("received-%d" % size, "Throughput: %d-byte frames received by a program, 1 hart" % size,
                    "offered load, thousand frames/s", "received, thousand frames/s", curves(results, size))
    for harts in (1, 3):
        paper.chart("round-trips-%d" % harts, "Round-trip time: 60-byte echo, 1 outstanding, %d hart%s" % (harts, "s" * (harts > 1)),
                    "round-trip time, us", "cumulative share, percent",
                    [(g, COLORS[g], shares(results, g, "hist%d" % harts)) for g in COLORS], log=True)
