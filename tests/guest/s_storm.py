"""Floods and fuzz at full speed, by tests/storm: the short form of `make flood` and `make wirefuzz`."""
from . import storms
from .scenario import check, scenario

FLOOD, FUZZ = 3000, 20000  # frames


def floods_and_fuzz(t, kinds=storms.KINDS, *words):
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
