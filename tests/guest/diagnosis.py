"""What the machines of a failed test know about the mistake: asked while they still run.

A panic speaks for itself. A guest that answers ^N has judged its own rings, interrupts, packets, sockets and locks
(kernel/net/diagnose.c). One that does not answer is read from outside (outside.py). What left the guest, and what it
dropped of what came, the wire judges (wire/judge.py). No sentence comes from the test's name or group.
"""
import re

from wire import judge

from . import outside, stuck

MOST = 3  # sentences in a report
ANSWER = r"(?m)^diagnosis: [^\n]*\n(?!diagnosis)"
QUIET = ("nothing is wrong", "another look is under way")


class Diagnosis:
    """mistake: the sentences that name the mistake, one a line, or "". rings, drops: short pieces of text, or ""."""

    def __init__(self, mistake="", rings="", drops=""):
        self.mistake, self.rings, self.drops = mistake, rings, drops


class Told:
    """What a guest says to ^N. answered: it said all of it. drops: name -> (count, what it means)."""

    def __init__(self, text):
        self.text = text
        said = re.findall(r"(?m)^diagnosis: (.*)\n", text)
        self.answered = bool(said)
        self.findings = [s for s in said if s not in QUIET]
        nic = text[text.find("\ne0: "):] if "\ne0: " in text else ""
        self.rings = "\n".join(re.findall(r"(?m)^(?:e\d: .*| {3}[rt]x\d: .*)$", nic))
        self.drops = {n: (int(c), why) for n, c, why in re.findall(r"(?m)^   ([a-z]+\.?[a-z]*) (\d+): (.*)$", text)
                      if not re.match(r"[rt]x\d", n)}


def ask(m):
    """Let machine m judge itself."""
    if m.ended or m.closed or m.panicked() or m.silent:
        return Told("")
    told = Told(stuck.ask(m, "\x0e", ANSWER).partition("^N: network")[2])
    m.silent = not told.answered
    return told


def of(run, reason):
    """run: the scenario.Run that failed; run.machines, run.lans and run.panic() are there. reason: what failed, in words."""
    panic = run.panic()
    found, rings, drops = list(run.found), "", {}
    # Before the machines are asked: what we type then are keys of QEMU's.
    typed = {int(n) for m in run.machines for n in re.findall(r"(?<![\w.])\d{1,5}(?![\w.])", m.typed)}
    if panic:
        found = [of_panic(panic)]
    else:
        for m in run.machines:
            told = ask(m)
            found += told.findings
            if not found and not m.ended and not m.closed:
                found += outside.look(m, told.answered)
                m.silent |= bool(found)  # what was found so keeps it from answering more
            rings, drops = rings or told.rings, drops or told.drops
    if len(run.lans) == 1 and not panic and not found:  # what a guest finds itself explains its frames, too
        found += judge.of(run.lans[0], {name: count for name, (count, _) in drops.items()}, typed)
    found = list({re.sub(r"\d+", "", s): s for s in found}.values())[:MOST]  # counts go on while we ask
    text = "\n".join("%s %d: %s" % (name, *x) for name, x in sorted(drops.items(), key=lambda x: -x[1][0])[:6])
    return Diagnosis("\nMistake: ".join(found), rings, text)


GOING_UP = {"netif_rx", "ether_input", "arp_input", "ip_input", "udp_input", "icmp_input", "poll_drain"}
OF_THE_STACK = ("sock", "socktab", "arp", "frag", "route", "icmp", "filter")  # locks that nobody below netif_rx knows
TAKES = ("panic", "spinlock_wait", "acquire", "acquire_at", "backtrace", "bad")


def of_panic(text):
    """What a panic says, in one sentence: its message, where, and for some what it means."""
    message = re.match(r"panic: hart \d+ pid -?\d+ [^:]*: (.*)", text)
    if not message:
        return text.split("\n", 1)[0]
    names = [n for n in re.findall(r"(?m)^  \d+: 0x[0-9a-f]+ (\w+)\+", text) if n not in TAKES and not n.startswith("check_")]
    message, way = message.group(1), " < ".join(names[:6])
    lock = re.match(r"lock (\S+)(?:: this hart holds it already| acquired at .* and again)", message)
    if lock and GOING_UP & set(names) and lock.group(1) not in OF_THE_STACK:
        hint = "%s is held while frames go up: no lock may be held across netif_rx" % lock.group(1)
    elif lock:
        hint = "%s was taken before and not released" % lock.group(1)
    elif "free already" in message or "is freed again" in message:
        hint = "a packet is freed twice, or too early"
    elif re.match(r"packet \S+ (is used|is handed over|was written|is put)", message):
        hint = "a packet is used by somebody who does not own it"
    elif "with lock" in message:
        hint = "user memory is touched, or a thread sleeps, with a spinlock held"
    else:
        hint = ""
    return "%s%s (%s)" % (hint + ": " if hint else "", message, way)
