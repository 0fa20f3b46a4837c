#!/usr/bin/env python3
"""A picture (SVG) of where packets' time goes: a row for each packet, a colour for each stage.

  pktpath -n 16 -r > ways           in the guest; then, of what it printed:
  timeline.py [FILE]                the picture, to standard output or --out FILE; without FILE: from standard input
  timeline.py --boot --out FILE     boots a guest itself, and asks it (`make timeline`)

Lines that do not begin with `path` are ignored, so the whole console will do. Each stage's colour is the time since
the stage before it. The first rows, drawn large, are medians: one for each path that more than one packet took. They set
the scale. A packet that took much longer, as the first ones do while QEMU translates the code that they run, is cut at
the right edge, with an arrow and its time.
"""
import argparse
import collections
import os
import re
import statistics
import sys
from xml.sax.saxutils import escape

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
COLORS = ("#9aa0a6", "#4363d8", "#42a5f5", "#26a69a", "#3cb44b", "#a4c639", "#f58231", "#e6194b", "#911eb4", "#c875c4",
          "#9a6324", "#d4a017", "#f3d64e", "#000075")
LEFT, BAR, RIGHT, TOP = 110, 720, 330, 50  # pixels: the rows' names, the bars, their totals, what is above
ROW, LARGE = 22, 48                        # the height of a packet's row, of a median's

COPIES = ("copied", "gather")
FREQUENT = 5    # a path sets the scale if it was taken at least a fifth as often as the most frequent one
LONGEST = 1.5   # the scale ends at this many times the longest median of those


class Mistake(Exception):
    """What is wrong with the input: a sentence."""


Point = collections.namedtuple("Point", "stage ns insns hart")


def stages():
    """The kernel's stages, in order: name -> what happened by then."""
    path = os.path.join(ROOT, "kernel", "kstat.h")
    with open(path, encoding="utf-8") as f:
        text = re.search(r"#define PATH_STAGES\(X\)(.*?)\n\n", f.read(), re.S)
    found = dict(re.findall(r'X\(\w+, "([\w-]+)", "([^"]+)"\)', text.group(1) if text else ""))
    if not found:
        raise Mistake("%s has no PATH_STAGES" % path)
    return found


def read(lines, known):
    """packet -> its Points, in the order of their times."""
    packets = {}
    for at, line in enumerate(lines, 1):
        words = line.split()
        if not words or words[0] != "path":
            continue
        if len(words) != 6 or not all(re.fullmatch(r"\d{1,10}", words[i]) for i in (1, 3, 4, 5)):
            raise Mistake("line %d is not `path PACKET STAGE NS INSNS HART`: %s" % (at, line.strip()))
        packet, ns, insns, hart = (int(words[i]) for i in (1, 3, 4, 5))
        if words[2] not in known:
            raise Mistake("line %d: the kernel has no stage `%s`" % (at, words[2]))
        points = packets.setdefault(packet, [])
        if any(p.stage == words[2] for p in points):
            raise Mistake("line %d: packet %d was at `%s` before" % (at, packet, words[2]))
        points.append(Point(words[2], ns, insns, hart))
    if not packets:
        raise Mistake("no line of the input is one of `pktpath -r`: path PACKET STAGE NS INSNS HART")
    for points in packets.values():
        points.sort(key=lambda p: p.ns)
    return packets


def medians(packets):
    """Of the packets that came by the same stages: [(how many, their median Points)], the most frequent path first."""
    ways = collections.defaultdict(list)
    for points in packets.values():
        ways[tuple(p.stage for p in points)].append(points)
    out = []
    for alike in sorted(ways.values(), key=len, reverse=True):
        counted = all(points[-1].insns for points in alike)  # else some are not known
        if len(alike) > 1:
            out.append((len(alike), [
                Point(column[0].stage, statistics.median(p.ns for p in column),
                      statistics.median(p.insns for p in column) if counted else 0,
                      column[0].hart if len({p.hart for p in column}) == 1 else None) for column in zip(*alike)]))
    return out


def text(x, y, what, more=""):
    return '<text x="%g" y="%g"%s>%s</text>' % (x, y, more, escape(what))


def described(before, p):
    """What a stage took, in words."""
    what = "%s: %.2f us" % (p.stage, (p.ns - before.ns) / 1000)
    if p.insns and p.insns >= before.insns:
        what += ", %d instructions" % (p.insns - before.insns)
    return what if p.hart is None else what + ", hart %d" % p.hart


def in_all(points):
    """... and all of them."""
    what = "%.1f us" % (points[-1].ns / 1000)
    if points[-1].insns:
        what += ", %d instructions" % points[-1].insns
    harts = [str(p.hart) for i, p in enumerate(points) if p.hart is not None and (i == 0 or p.hart != points[i - 1].hart)]
    copies = sum(p.stage in COPIES for p in points)
    return what + ", hart %s, %d cop%s" % (" > ".join(harts) or "varies", copies, "y" if copies == 1 else "ies")


def row(name, points, y, height, most, color):
    """One packet's bar. A white line is where another hart goes on. A large bar has its stages' names."""
    def x(ns):
        return LEFT + min(ns, most) * BAR / most
    middle = y + (height - 4) / 2 + 5
    out = [text(LEFT - 8, middle, name, ' text-anchor="end"')]
    for before, p in zip(points, points[1:]):
        width = x(p.ns) - x(before.ns)
        out.append('<rect x="%.2f" y="%g" width="%.2f" height="%d" fill="%s"><title>%s</title></rect>' % (
            x(before.ns), y, width, height - 4, color[p.stage], escape(described(before, p))))
        if height == LARGE and width > 7 * len(p.stage) + 4:
            out.append(text(x(before.ns) + width / 2, middle, p.stage, ' text-anchor="middle" stroke="white" stroke-width="3" '
                            'paint-order="stroke"'))
        if None not in (p.hart, before.hart) and p.hart != before.hart:
            out.append('<path d="M%.2f %gv%d" stroke="white" stroke-width="2"/>' % (x(before.ns), y, height - 4))
    return out + [text(x(points[-1].ns) + 8, middle, "> " * (points[-1].ns > most) + in_all(points))]


def ticks(most, height):
    """A scale in microseconds above the bars."""
    step = next(s for n in range(9) for s in (10 ** n, 2 * 10 ** n, 5 * 10 ** n) if most / 1000 <= 12 * s)
    out = []
    for us in range(0, int(most / 1000) + 1, step):
        x = LEFT + us * 1000 * BAR / most
        out += ['<path d="M%.2f %dV%d" stroke="#dddddd"/>' % (x, TOP - 6, height),
                text(x, TOP - 10, "%d us" % us, ' text-anchor="middle" fill="#666666"')]
    return out


def draw(packets, known):
    """The whole picture."""
    color = {name: COLORS[i % len(COLORS)] for i, name in enumerate(known)}
    typical = medians(packets)
    rows = [("median of %d" % n, points, LARGE) for n, points in typical]
    rows += [("packet %d" % number, points, ROW) for number, points in sorted(packets.items())]
    scale = [points[-1].ns * LONGEST for n, points in typical if FREQUENT * n >= typical[0][0]]
    most = max(min(max(scale, default=float("inf")), max(points[-1].ns for _, points, _ in rows)), 1)
    bottom = TOP + sum(height for _, _, height in rows) + 8
    used = [name for name in known if any(p.stage == name for _, points, _ in rows for p in points[1:])]
    height = bottom + 18 * len(used) + 16
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">'
           % (LEFT + BAR + RIGHT, height), '<rect width="100%" height="100%" fill="white"/>',
           text(LEFT, 20, "Where a packet's time goes", ' font-size="16"')]
    out += ticks(most, bottom - 8)
    y = TOP
    for name, points, high in rows:
        out += row(name, points, y, high, most, color)
        y += high
    for i, name in enumerate(used):
        y = bottom + 18 * i
        out += ['<rect x="%d" y="%d" width="12" height="12" fill="%s"/>' % (LEFT, y, color[name]),
                text(LEFT + 20, y + 11, "until %s: %s" % (name, known[name]))]
    return "\n".join(out + ["</svg>", ""])


def boot(count, echoes):
    """The console of a guest that answers datagrams, and records their ways. echoes: patience, in fifths of a second."""
    import guest  # not needed for text that is there already
    try:
        with guest.Guest("rxv", program=None) as g:
            g.type("benchd &")
            g.gen("ready", 60)
            g.gen("echo", 60, 1, 0.5)  # the first ones are slow: QEMU translates the code that they run
            since = len(g.text)
            g.type("pktpath -n %d -r; echo do''ne" % count)
            g.expect("pktpath: ready", 30, since)
            while "done\n" not in g.text[since:] and echoes > 0:
                g.gen("echo", 60, 1, 0.2)
                echoes -= 1
            g.expect("done\n", 1, since)
            return g.text[since:]
    except guest.Failure as e:
        raise Mistake(str(e)) from None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", help="what `pktpath -r` printed")
    parser.add_argument("--out", help="where the picture goes")
    parser.add_argument("--boot", action="store_true", help="boot a guest and ask it")
    o = parser.parse_args()
    try:
        known = stages()
        if o.boot:
            lines = boot(24, 100).split("\n")
        elif o.file:
            with open(o.file, encoding="utf-8", errors="replace") as f:
                lines = f.readlines()
        else:
            lines = sys.stdin.readlines()
        picture = draw(read(lines, known), known)
        if o.out:
            with open(o.out, "w", encoding="utf-8") as f:
                f.write(picture)
            print("figure: " + o.out)
        else:
            sys.stdout.write(picture)
    except OSError as e:
        print("timeline: %s: %s" % (e.filename, e.strerror), file=sys.stderr)
        return 1
    except Mistake as e:
        print("timeline: %s" % e, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
