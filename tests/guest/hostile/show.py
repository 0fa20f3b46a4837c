"""Runs the classes of hostile input in one guest after another, and prints the table of `make hostile`:

  make hostile                                    all classes
  make hostile ARGS="I5 F"                        only these, by name or by a name's beginning
  make hostile ARGS="--pcap DIR I5"               keep what went over the wire, one capture for each class
"""
import argparse
import dataclasses
import os
import shutil
import sys
import tempfile
import time

from wire import lan as wire_lan
from wire.packet import Malformed
from .. import machine, scenario
from ..scenario import Failure, check
from . import arp, ethernet, fragments, icmp, ip, process, udp
from .kit import CLASSES, Card, Case, drop_names

SEED = 1
PAGES = 40  # by which the memory in use may differ: what idle harts keep of dead processes, a grown table
GROUPS = [m.__name__.rpartition(".")[2] for m in (ethernet, arp, ip, fragments, icmp, udp, process)]


@dataclasses.dataclass
class Row:
    the_class: object
    sent: int
    outcome: str
    why: str = ""  # it failed: in words


class Tools:
    """What the classes of one guest share. The card is reached behind its driver's back."""

    def __init__(self, where):
        self.drop_names, self.echo, self.seq = drop_names(), False, 0
        self.path = os.path.join(where, "qt")
        self.card = None


def net(t):
    """QEMU's options: the wire with the gateway on it, and QEMU's qtest."""
    if t.lan is None:
        t.lan = t.wire()
        t.host = t.lan.host(wire_lan.GATEWAY)
    return ["-netdev", t.lan.netdev(), "-device", machine.card(), "-qtest", "unix:%s,server=on,wait=off" %
            os.path.join(t.where, "qt"), "-qtest-log", "none"]


def used_pages(n):
    """Pages in use, but for those that packets keep."""
    return (n["mem.total"] - n["mem.free"]) // 4096 - n["packets.made"] - n["packets.made"] // 16 - n["socks.pages"]


class Guest:
    """One guest, for as many classes as it survives."""

    def __init__(self, t):
        self.t, self.tools = t, Tools(t.where)
        if t.m.qemu.poll() is not None:
            t.m = t.start(net(t))
        t.lan.broken = []
        t.host.ping(b"first")
        self.tools.card = Card(self.tools.path)
        t.sick = True  # frames that the card never had: the guest would find that
        self.now = self.first = t.numbers()

    def run(self, the_class, seed):
        """One class: its row."""
        case = Case(self.t, the_class, self.now, self.tools, seed)
        try:
            the_class.function(case)
            self.now = case.judge()
        except (AssertionError, Malformed) as e:
            return Row(the_class, case.sent, case.outcome(), str(e))
        finally:
            self.t.host.ports.clear()
        return Row(the_class, case.sent, case.outcome())

    def close(self):
        """The guest has come to its end; it must have lost no memory."""
        self.tools.card.close()
        grown = used_pages(self.t.numbers()) - used_pages(self.first)
        check(grown <= PAGES, "%d pages more are in use than at first" % grown)


def run(t, classes, tell=lambda row: None, pcap=None, seed=SEED):
    """All these classes. tell(row): after each. A class that fails costs its guest; the next one gets a new one."""
    guest, rows = None, []
    for c in classes:
        if pcap:
            t.lan.capture(os.path.join(pcap, "%s.pcap" % c.name))
        guest = guest or Guest(t)
        rows.append(guest.run(c, seed))
        if c is classes[-1] and not rows[-1].why:
            try:
                guest.close()
            except AssertionError as e:
                rows[-1].why = str(e)
        tell(rows[-1])
        if rows[-1].why:
            t.m.close()
            guest = None
    return rows


def in_group(group, debug):
    return [c for c in CLASSES if c.group == group and (debug or not c.debug)]


def graded(t, *groups):
    """The groups as one test: fails with the classes that did."""
    failed = [r for r in run(t, [c for g in groups for c in in_group(g, t.scenario.debug)]) if r.why]
    check(not failed, "\n".join("%s (%s): %s" % (r.the_class.name, r.the_class.title, r.why) for r in failed))


# `make hostile`

def wrapped(text, width):
    """Lines of at most so many characters, cut at blanks."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width and lines[-1]:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


def print_row(row):
    c = row.the_class
    sent = c.title + (": %d frame%s" % (row.sent, "" if row.sent == 1 else "s") if row.sent else "")
    became = ("FAILED " if row.why else "") + row.outcome
    cells = [wrapped(c.name, 4), wrapped(sent, 46), wrapped(became, 52), wrapped(c.source, 40)]
    for i in range(max(map(len, cells))):
        print("%-4s %-46s %-52s %s" % tuple(x[i] if i < len(x) else "" for x in cells))
    if row.why:
        print("     " + row.why.replace("\n", "\n     "))
    sys.stdout.flush()


def arguments():
    parser = argparse.ArgumentParser(prog="make hostile ARGS=...", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="a class, or how its name begins: I5, F")
    parser.add_argument("--pcap", metavar="DIR", help="keep one capture for each class there")
    parser.add_argument("--release", action="store_true", help="the release kernel: no poison to be found in it")
    parser.add_argument("--cpus", type=int, default=3, metavar="N", help="harts, 1 to 8")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N", help="of what is drawn by lot")
    o = parser.parse_args()
    unknown = [n for n in o.names if not any(c.name.startswith(n.upper()) for c in CLASSES)]
    if unknown:
        parser.error("no class is called %s; there are %s" % (unknown[0], " ".join(c.name for c in CLASSES)))
    if not 1 <= o.cpus <= 8:
        parser.error("--cpus takes 1 to 8")
    try:
        if o.pcap:
            os.makedirs(o.pcap, exist_ok=True)
    except OSError as e:
        parser.error("cannot make %s: %s" % (e.filename, e.strerror))
    return o


def chosen(o, group):
    """Exactly the named class, or all whose name begins so."""
    def wanted(c):
        return not o.names or any(c.name == n.upper() or (c.name.startswith(n.upper()) and not exact(n)) for n in o.names)

    def exact(n):
        return any(c.name == n.upper() for c in CLASSES)
    return [c for c in in_group(group, not o.release) if wanted(c)]


def run_group(o, group, kernel):
    """The rows of one group, in a guest of its own."""
    classes = chosen(o, group)
    if not classes:
        return []
    rows = []

    def function(t):
        """Hostile input."""
        rows.extend(run(t, classes, print_row, o.pcap, o.seed))
    s = scenario.Scenario(function, (o.cpus,), net, "128M", boot=True, extra=(), monitor=False, points=1, seconds=0,
                          debug=not o.release, by_name=True, group="hostile")
    where = tempfile.mkdtemp(prefix="rxv")
    try:
        scenario.Run(s, where, o.cpus, kernel=kernel, image=os.path.join(machine.ROOT, "fs.img")).run()
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return rows


def main():
    o = arguments()
    kernel = os.path.join(machine.ROOT, "kernel/kernel" if o.release else "build/debug/kernel/kernel")
    start, rows = time.monotonic(), []
    print("%-4s %-46s %-52s %s" % ("", "WHAT WAS SENT", "WHAT BECAME OF IT", "SOURCE"))
    try:
        for group in GROUPS:
            rows += run_group(o, group, kernel)
    except KeyboardInterrupt:
        return 130
    except Failure as e:
        print("hostile: %s" % e, file=sys.stderr)
        return 1
    failed = [r for r in rows if r.why]
    print("%d classes, %d frames, in %.0f s: %s" % (
        len(rows), sum(r.sent for r in rows), time.monotonic() - start,
        "%d failed: %s" % (len(failed), " ".join(r.the_class.name for r in failed)) if failed else "all passed"))
    return 1 if failed else 0
