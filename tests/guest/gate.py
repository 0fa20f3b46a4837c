"""What must work before other tests can: a test that needs what does not work is skipped at once, by name and with the reason.

Each test needs some of these, and so all that come before: a machine that boots, that finds its network card, that sends a
frame, that receives one, and that echoes a UDP datagram. The first test to try one of them is its gate.
"""
ORDER = ("boot", "card", "send", "receive", "udp")
# Scenario that tries it: what it tries, and what is not so when it fails.
GATES = {
    "gate.boot": ("boot", "the kernel does not boot"),
    "gate.card": ("card", "the driver does not bring the network card up"),
    "gate.send": ("send", "no frame leaves the guest"),
    "gate.receive": ("receive", "the guest does not answer what it receives"),
    "nettest.wire_grade, 3 harts": ("udp", "nettest's ping0 fails"),
}
# Groups of scenarios that need no more than this; all others with a wire need "receive".
NEEDS = dict.fromkeys(("udp", "sock", "path", "netctl", "faults", "storm", "nomem", "nettest", "calls"), "udp")


def needed(s, name):
    """What the test `name` of scenario s cannot do without."""
    if name in GATES:
        return ORDER[ORDER.index(GATES[name][0]) - 1] if name != "gate.boot" else ""
    if s.needs is not None:
        return s.needs
    networked = s.net != "none" or s.boot is None and s.group in NETWORKED
    return NEEDS.get(s.group, "receive") if networked else "boot"


# Scenarios of these groups that start their machines themselves give them a card.
NETWORKED = ("card", "arp", "ip", "udp", "sock", "router", "netctl", "path", "hostile", "faults", "storm", "nettest")


class Gates:
    """tests: those that will run. All gates among them are closed until their test has passed."""

    def __init__(self, tests):
        self.waiting = {t.name for t in tests if t.name in GATES}
        self.failed = {}  # what does not work: the reason

    def open_for(self, test):
        """Whether everything has been tried that test needs."""
        return not any(GATES[name][0] in reach(test.needs) for name in self.waiting)

    def why_not(self, test):
        """Why test cannot work; "": it may."""
        return next((self.failed[x] for x in reach(test.needs) if x in self.failed), "")

    def ended(self, test):
        if test.name in self.waiting:
            self.waiting.remove(test.name)
            what, why = GATES[test.name]
            if not test.passed and not test.works:
                self.failed[what] = "%s (%s failed)" % (why, test.name) if test.passed is False else test.why


def reach(need):
    """need, and all that comes before."""
    return ORDER[:ORDER.index(need) + 1] if need else ()
