"""Figures of what bench.py measured, as SVG, by gnuplot. Without gnuplot: none."""
import os
import shutil
import statistics
import subprocess

COLORS = {"limit": "#888888", "rxv": "#c02020", "linux": "#2050c0"}


def gnuplot(path, title, x, y, lines, more=""):
    """lines: [(label, color, [(x, y), ...])]."""
    script = ["set terminal svg size 760,460 font 'sans,13' background 'white'", "set output '%s'" % path,
              "set title '%s'" % title, "set xlabel '%s'" % x, "set ylabel '%s'" % y, "set grid lc rgb '#dddddd'",
              "set key bottom right", "set border 3", "set tics nomirror", more]
    for i, (_, _, points) in enumerate(lines):
        script += ["$data%d << END" % i] + ["%.6g %.6g" % p for p in points] + ["END"]
    script.append("plot " + ", ".join(
        "$data%d with linespoints pt 7 ps 0.5 lw 2 lc rgb '%s' title '%s'" % (i, color, label)
        for i, (label, color, _) in enumerate(lines)))
    subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True, check=True)
    return path


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


def draw(results, where):
    """The paths of the figures drawn."""
    if shutil.which("gnuplot") is None:
        return []
    drawn = []
    for size in (60, 1514):
        lines = [(g, COLORS[g], curve_points(results, g, size)) for g in COLORS]
        lines = [line for line in lines if line[2]]
        if lines:
            drawn.append(gnuplot(os.path.join(where, "received-%d.svg" % size),
                                 "%d-byte frames received by a program, 1 hart" % size, "offered, thousands/s",
                                 "received, thousands/s", lines))
    return drawn
