"""Floods and fuzz at full speed, by tests/storm: the short form of `make flood` and `make wirefuzz`."""
from . import storms
from .scenario import check, scenario

FLOOD, FUZZ = 3000, 20000  # frames


def floods_and_fuzz(t):
    before = storms.start(t)
    for kind in storms.KINDS:
        storms.flood(t, kind, "-m", FLOOD)
    storm = storms.Storm(t, "-m", FUZZ, "-r", 20261122 + t.harts, "fuzz")
    storms.working(t, storm)
    storm.result()
    now = storms.no_leaks(t, before)
    kinds = [k for k, n in now.items() if k.split(".")[0] in ("eth", "arp", "ip", "frag", "icmp", "udp", "sock") and n]
    check(len(kinds) >= 45, "only %d kinds of events were counted: %s" % (len(kinds), " ".join(sorted(kinds))))


@scenario(harts=(1, 3, 8), net=storms.net, points=2, seconds=300)
def floods(t):
    """Floods of eight kinds and 20000 frames with something wrong, as fast as the guest takes them: shell and echo go on
    meanwhile, every frame from the guest obeys the rules, and everything is free afterwards."""
    floods_and_fuzz(t)


@scenario(net=storms.net, debug=True, seconds=300)
def floods_debug(t):
    """The same in the debug kernel: its checks hold, and no byte of freed memory leaves the machine."""
    floods_and_fuzz(t)
