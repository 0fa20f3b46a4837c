"""The debug kernel's checks: each is provoked on purpose, and must stop the machine with a line that names what is wrong,
who did it now, and who had the thing before."""
import re

from . import machine, stuck
from .scenario import check, equal, scenario

US = r"(?:(?:pkt|pktq|kfree)\S* < )?(?:(?:check_)?provoke|sys_kdebug)"  # where the mistakes are made: small functions may end up in the big one

# Mistake: what the panic must say. Each is followed by a back trace in which the function that made the mistake is named.
MISTAKES = {
    "relock": r"lock pause acquired at \S+provoke.c:\d+ and again at \S+provoke.c:\d+",
    "order": r"lock order: rand \(\S+provoke.c:\d+\) is held, poll wanted at \S+provoke.c:\d+",
    "sleep": r"sleep with lock pause held \(\S+provoke.c:\d+\)",
    "sleeplock": r"acquiresleep with lock pause held \(\S+provoke.c:\d+\)",
    "sleeporder": r"order of sleep locks: i-node is held, i-node wanted",
    "fault": r"a page fault with i-node held",
    "yield": r"yield with interrupts off, by " + US,
    "copy": r"copyout with lock pause held \(\S+provoke.c:\d+\)",
    "leave": r"return to the program with lock pause held \(\S+provoke.c:\d+\)",
    "wait": r"lock rand waited for too long; hart \d holds it \(\S+provoke.c:\d+\)",
    "pkt-free": r"packet \S+ is freed again: it belongs to the pool, by " + US,
    "pkt-use": r"packet \S+ is used: it belongs to the pool, by " + US,
    "pkt-write": r"packet \S+ was written to when it was free: it belongs to the pool, by " + US,
    "pkt-queues": r"packet \S+ is put into a queue: it belongs to the stack and stands in a queue, by " + US,
    "pkt-queued": r"packet \S+ is freed: it belongs to the stack and stands in a queue, by " + US,
    "pkt-owner": r"packet \S+ is handed over by somebody else: it belongs to a socket, by " + US,
    "pkt-front": r"packet \S+ was written to in front of its headroom: it belongs to the stack, by " + US,
    "pkt-end": r"packet \S+ was written to behind its end: it belongs to the stack, by " + US,
    "dma": r"a card is sent to \S+, 60 bytes: that is no packet's page",
    "page-free": r"page \S+ is free already: freed by " + US,
    "page-write": r"page \S+ was written to when it was free: \S+ at offset 0x3e8; freed by " + US,
    "stack": r"kernel stack of kdebug: \d+ bytes of \d+ were used",
    "overflow": r"kernel fault",
    "shift": r"\S+provoke.c:\d+:\d+: undefined behaviour: a shift",
    "index": r"\S+provoke.c:\d+:\d+: undefined behaviour: an index outside its array",
    "sum": r"\S+provoke.c:\d+:\d+: undefined behaviour: a signed sum overflows",
    "align": r"\S+provoke.c:\d+:\d+: undefined behaviour: a pointer is not aligned",
    "null": r"\S+provoke.c:\d+:\d+: undefined behaviour: a null pointer",
}


@scenario(boot=None, debug=True, seconds=200)
def every_check_fires(t):
    """Each mistake that the debug build looks for stops the machine: hart, process, what is wrong and since when, and how it
    came to that by name; QEMU ends with status 1."""
    lan = t.wire()
    net = ["-netdev", lan.netdev(), "-device", machine.card()]
    m = t.start(net, name="list")
    known = re.findall(r"(?m)^([a-z-]+) +\S", m.run("kdebug -l"))
    equal(sorted(known), sorted(list(MISTAKES) + ["irqs", "hang"]), "the mistakes that kdebug knows")
    m.close()
    for name, says in MISTAKES.items():
        m = t.start(net, name=name)
        m.send("kdebug %s\n" % name)
        equal(m.wait_end(), 1, "QEMU's exit status after 'kdebug %s'" % name)
        check(re.search(r"(?m)^panic: hart [0-2] pid -?\d+ (kdebug|keeper): .*" + says, m.text), "'kdebug %s': no line like\n%s\n%s" % (
            name, says, m.tail()))
        named = name == "leave" or re.search(r"(?m)^  \d+: 0x\S+ (dig|(check_)?provoke|sys_kdebug)", m.text)  # who left is not there any more
        check(named, "'kdebug %s': the back trace does not name it\n%s" % (name, m.tail()))
        if name == "overflow":
            check("stack overflow" in m.text, "the fault is not called a stack overflow\n" + m.tail())
        m.close()
        t.machines.remove(m)
    del t.machines[:]


@scenario(harts=(1, 3), debug=True)
def report(t):
    """The debug kernel tells how deep its stacks got and how long interrupts were off, and who turned them off; no stack is
    used to less than a quarter of its end."""
    t.sh("usertests -q file pipe", 120)
    out = t.sh("kdebug")
    stacks = re.findall(r"kernel stack of ([^:]+): (\d+) bytes of (\d+) at most", out)
    check(len(stacks) >= 5 + t.harts, "these stacks are shown: %s" % stacks)
    check({"hart %d" % i for i in range(t.harts)} < {s[0] for s in stacks}, "these stacks are shown: %s" % stacks)
    for who, used, size in stacks:
        check(0 < int(used) <= int(size) * 3 // 4, "the kernel stack of %s: %s bytes of %s" % (who, used, size))
    equal(out.count("us with interrupts off, by "), t.harts, "the number of harts")

    # A busy host may have stopped a hart for longer than that, while it held a lock or waited for one: then another's shows it.
    def shown():
        off = re.findall(r"at most (\d+) us with interrupts off, by ([^\n]*)", t.sh("kdebug irqs; kdebug"))
        return any(int(us) >= 500000 and who.startswith("without_interrupts < ") for us, who in off)
    t.until("half a second without interrupts to show, with who turned them off", shown, 30)


@scenario()
def release_has_none(t):
    """A release kernel refuses to make a mistake, to let an allocation fail and to put faults on a wire, in a sentence."""
    if t.scenario.debug:
        raise machine.Skipped("it is about the release kernel")
    for command in ("kdebug", "kdebug relock", "kdebug pkt-free", "faulty lo lose 5%", "faulty lo off"):
        out = t.sh(command + "; echo status $?")
        check("this is no debug kernel" in out, "'%s' says: %s" % (command, out))
    out = t.sh("nt fail 1")
    check(re.search(r"nt: this is no debug kernel.*\[exit 1\]", out, re.S), "'nt fail 1' says: " + out)
    check("there is no mistake nonsense" in t.sh("kdebug nonsense"), "an unknown mistake is not refused")


@scenario(harts=(1, 3))
def what_it_waits_for(t):
    """When a test waits in vain, the machine is asked what it does: each process and what it waits for, each hart and the
    function that it is in; a program that has the terminal is no obstacle."""
    t.m.send("sleep 1000000 | cat\n")
    t.runs("sleep")
    t.runs("cat")
    said = stuck.describe(t.m)
    for who, where in (("cat", "pipe_read"), ("sleep", "sys_pause"), ("sh", "proc_wait"), ("net", "net_thread")):
        check(re.search(r"\d %s waiting hart \d on 0x\S+\n(.* [a-z_]+\+0x\S+\n)* .* %s\+0x" % (who, where), said),
              "%s is not seen to wait in %s:\n%s" % (who, where, said))
    for hart in range(t.harts):
        check(re.search(r"hart %d is in [a-z]\S+\+0x" % hart, said),
              "hart %d is not there in\n%s" % (hart, said))


@scenario(harts=(1,), debug=True)
def what_a_stuck_hart_does(t):
    """A machine whose only hart loops without interrupts does not answer; QEMU tells in which function it is."""
    t.m.send("kdebug hang\n")
    try:
        t.m.expect("nothing", "what never comes", 0.5)
    except machine.Late:
        said = stuck.describe(t.m)
    check("does not answer ^P" in said, "it answers ^P:\n" + said)
    check(re.search(r"hart 0 is in without_interrupts\+0x", said), "the function is not named:\n" + said)
