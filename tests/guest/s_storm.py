"""Floods and fuzz at full speed, by tests/storm: the short form of `make flood` and `make wirefuzz`."""
import contextlib
import re
import statistics

from . import diagnosis, storms
from .scenario import check, equal, scenario

FLOOD, FUZZ = 3000, 20000  # frames


def floods_and_fuzz(t, kinds=storms.KINDS, *words):
    t.sh("netctl fraglife 4")
    before = storms.start(t)
    for kind in kinds:
        storms.flood(t, kind, "-m", FLOOD)
    storm = storms.Storm(t, "-m", FUZZ, "-r", 20261122 + t.harts, *words, "fuzz")
    storms.working(t, storm)
    storm.result()
    now = storms.no_leaks(t, before)
    seen = [k for k, n in now.items() if k.split(".")[0] in ("eth", "arp", "ip", "frag", "icmp", "udp", "sock") and n]
    check(len(seen) >= 40, "only %d kinds of events were counted: %s" % (len(seen), " ".join(sorted(seen))))


@scenario(net=storms.net, points=2, seconds=300)
def floods(t):
    """Floods of eight kinds and 20000 frames with something wrong, as fast as the guest takes them: shell and echo go on
    meanwhile, every frame from the guest obeys the rules, and everything is free afterwards."""
    floods_and_fuzz(t)


@scenario(net=storms.net, debug=True, seconds=300)
def floods_debug(t):
    """The same in the debug kernel: its checks hold, and no byte of freed memory leaves the machine."""
    floods_and_fuzz(t)


@scenario(harts=(1, 8), net=storms.net, seconds=300)
def floods_whole(t):
    """The same without fragments, for which one would have to wait until the guest has given them up."""
    floods_and_fuzz(t, [k for k in storms.KINDS if k != "frag"], "-F", 0)


# The guest's clock runs with its instructions, so a loaded host changes nothing of what a command takes.
COUNTED = ("-icount", "shift=0,sleep=on")
# A person types no command a tenth of a second after the last one's end; for the guest, whose clock is some twenty times as slow
# as the host's under a flood, this harness would, and so be a program that computes all the time.
REST = "sleep 0.1; "
KINDS = ("closed", "full", "open")  # ports that nobody has, that nobody reads, that answer each datagram
JUDGEMENTS = 5


def takes(t, command, rest=""):
    """The median of what the command takes, by the guest's clock, in microseconds. rest: what goes before it each time."""
    def once():
        found = re.search(r"(?m)^real (\d+)\.(\d{6}) s$", t.sh(rest + "time " + command, 60))
        check(found, "`time %s` told no time\n%s" % (command, t.m.tail()))
        return int(found.group(1)) * 1000000 + int(found.group(2))
    samples = [once() for _ in range(9)]
    t.m.show and t.m.show("%s: %s us\n" % (command, samples))
    return statistics.median(samples)


@scenario(harts=(1,), net=storms.net, extra=COUNTED, seconds=300)
def usable(t):
    """While frames come as fast as the machine takes them, a command finishes within three times its idle time, on one hart."""
    storms.start(t)
    commands = ("wc README", "ls")
    for command in commands:
        takes(t, command)  # from now on its blocks are in memory
    # The debug kernel's checks make packets dearer, and commands less so.
    most = 3 if "this is no debug kernel" in t.sh("kdebug; true") else 8
    idle = {command: takes(t, command) for command in commands}
    for kind in KINDS:
        with storms.holder(t) if kind == "full" else contextlib.nullcontext():
            storm, before = storms.Storm(t, "-m", 100000000, "flood", kind), storms.numbers(t)
            t.until("the flood", lambda: storms.numbers(t)["e0.rx_frames"] - before["e0.rx_frames"] > 1000)
            for command in commands:
                us = takes(t, command, REST)
                t.m.show and t.m.show("%s under %s: %d us, idle %d us\n" % (command, kind, us, idle[command]))
                check(us <= most * idle[command], "%s: %d us under a flood of the kind %s, %d us without" % (
                    command, us, kind, idle[command]))
            check(storm.running(), "the flood had ended before the commands did")
            storm.stop()


@scenario(harts=(1, 3, 8), net=storms.net, seconds=300)
def others_lose_nothing(t):
    """While frames come as fast as the machine takes them, for ports that nobody has, nobody reads, or whose reader is
    slow, every datagram to another socket is answered."""
    t.m.background("udpecho -v 2>&1 | grep -q never")  # a line through a pipe for each datagram
    t.m.background("udpecho 2000 2>&1 | grep -q never")
    t.until("the echoes", lambda: t.sh("netstat -s").count("udp") >= 2)
    storms.Storm(t, "probe").result(60)
    for kind in KINDS:
        with storms.holder(t) if kind == "full" else contextlib.nullcontext():
            found = storms.Storm(t, "-m", 30000, "-t", 3, "flood", kind).result(200)
        check(found["probes"] >= 3, "the other socket was asked %d times under `%s`" % (found["probes"], kind))
        equal(found["answered"], found["probes"], "answers of the other socket under `%s`" % kind)


@scenario(harts=(1, 3, 8), net=storms.net, seconds=300)
def judged(t):
    """The guest's judgement of itself finds no mistake while frames come as fast as the machine takes them: neither a program's
    (netstat -d), which runs beside the flood, nor the console's (^N), during which one hart does nothing else. The flood's port is
    nobody's, a program's that answers, one's that does not read, or has two readers."""
    storms.start(t)
    for kind, reader in (("closed", ""), ("open", ""), ("full", storms.HOLDER), ("full", "nt share 2001")):
        with storms.holder(t, reader) if reader else contextlib.nullcontext():
            storm, before = storms.Storm(t, "-m", 100000000, "flood", kind), storms.numbers(t)
            t.until("the flood", lambda: storms.numbers(t)["e0.rx_frames"] - before["e0.rx_frames"] > 1000)
            for _ in range(JUDGEMENTS):
                found = [s for s in re.findall(r"(?m)^diagnosis: (.*)$", t.sh("netstat -d")) if s not in diagnosis.QUIET]
                check(not found, "under a flood of the kind %s %s netstat -d says: %s" % (kind, reader, "; ".join(found)))
                t.healthy()
            check(storm.running(), "the flood had ended before the judgements did")
            storm.stop()
