"""Whose turn it is. All of it by the guest's own clock and accounts under -icount, where time is instructions: a busy host changes
nothing."""
import re

from . import storms
from .s_path import record, ways
from .s_storm import COUNTED, takes
from .scenario import check, scenario

THIRD = 30   # percent of a hart that a program keeps which computes, as it is measured
PINGS = 100
FRAMES = 15  # of a flood that come while it computes for a millisecond: a quota of 64 in a slice would be fewer


def burn(t, n=1):
    for _ in range(n):
        t.m.background("burn 3600")


@scenario(harts=(1,), extra=COUNTED, seconds=300)
def shell_beside_eight(t):
    """Beside eight programs that compute, on one hart, a short command takes no more than three times as long as alone, and one
    that sleeps is woken within 3 ms."""
    commands = ("ls", "wc README", "sleep 0.1")
    idle = {}
    for command in commands:
        takes(t, command)  # from now on its blocks are in memory
        idle[command] = takes(t, command)
    burn(t, 8)
    for command in commands:
        us = takes(t, command)
        t.m.show and t.m.show("%s: %d us, idle %d us\n" % (command, us, idle[command]))
        most = idle[command] + 3000 if command.startswith("sleep") else 3 * idle[command]
        check(us <= most, "%s: %d us beside eight programs that compute, %d us alone" % (command, us, idle[command]))


@scenario(harts=(1,), net="wire", extra=COUNTED, seconds=300)
def reader_beside_burn(t):
    """Who waits for a packet has the hart within a millisecond after the packet came, though a program computes."""
    t.m.background("udpecho 7", "port 7")
    burn(t)
    late = []
    for way in ways(record(t, "pktpath -n 32 -p 7 -r")).values():
        at = {stage: ns for stage, ns, *_ in way}
        if "reader" in at:
            late.append(at["reader"] - at["queue"])
    late.sort()
    t.m.show and t.m.show("from the queue to the reader: %s us\n" % [ns // 1000 for ns in late])
    check(len(late) >= 8, "only %d packets were recorded" % len(late))
    check(late[len(late) // 2] < 1000000, "a reader waits for %d us, the median of %d" % (late[len(late) // 2] // 1000, len(late)))


@scenario(harts=(1,), net="wire", extra=COUNTED, seconds=100)
def idle_work_is_charged(t):
    """What idle harts do for packets is on the net thread's account, or a flood that has a whole machine comes as one that waited
    before the next command."""
    def had():
        return 1000 * float(re.search(r"(?m)(\d+\.\d+)  net$", t.sh("ps")).group(1))
    before = had()
    for n in range(PINGS):
        t.host.ping(b"%d" % n)
    us = had() - before
    t.m.show and t.m.show("%d us for %d pings\n" % (us, PINGS))
    check(us >= PINGS, "%d pings cost the net thread %d us: somebody else was charged, or nobody" % (PINGS, us))


@scenario(harts=(1,), net=storms.net, extra=COUNTED, seconds=300)
def flood_beside_burn(t):
    """A flood leaves a program that computes a third of the hart; and the program leaves the flood its part: frames are taken from
    the ring more often than once in a slice."""
    storms.start(t)
    for kind in ("closed", "open"):
        storm, before = storms.Storm(t, "-m", 100000000, "flood", kind), storms.numbers(t)
        t.until("the flood", lambda: storms.numbers(t)["e0.rx_frames"] - before["e0.rx_frames"] > 1000)
        said = t.sh("ntstat; burn 1; ntstat", 300)
        first, last = (int(n) for n in re.findall(r"(?m)^e0.rx_frames (\d+)$", said))
        had = int(re.search(r"burn: (\d+) % of a hart", said).group(1))
        frames = (last - first) // (10 * had)  # in a second, of which burn had so many percent
        t.m.show and t.m.show("%s: burn has %d %%, %d frames come in a millisecond of its time\n" % (kind, had, frames))
        check(storm.running(), "the flood had ended before")
        storm.stop()
        check(had >= THIRD, "a program that computes has %d %% of the hart under a flood of the kind %s" % (had, kind))
        check(frames >= FRAMES, "%d frames come in a millisecond that another program computes, of the kind %s" % (frames, kind))
