"""A machine that does not answer, read from outside by QEMU's monitor: what its harts wait for, and its interrupts."""
import re
import struct

from . import stuck


def monitor(m, command, answer):
    """What QEMU's monitor says to a command; answer: what the end of it looks like, where it shares the terminal."""
    if m.monitor_path:
        return m.command("human-monitor-command", {"command-line": command})
    said = stuck.ask(m, "\x01c" + command + "\n", r"(?s)" + answer + r".*\(qemu\)")
    m.send("\x01c")
    return said


def objects(path):
    """The data of an ELF file's symbols: name -> (address, bytes)."""
    return {name: (at, length) for at, name, length in stuck.symbol_table(path, (1,))}  # STT_OBJECT


class Memory:
    """The guest's memory as a hart in the kernel sees it."""

    def __init__(self, m):
        self.m = m

    def words(self, address, n):
        said = monitor(self.m, "x /%dgx %#x" % (n, address), r"\n\s*[0-9a-f]{8,16}: 0x")
        found = [int(x, 16) for line in re.findall(r"(?m)^\s*[0-9a-f]{8,16}: (.*)$", said)
                 for x in re.findall(r"0x([0-9a-f]+)", line)]
        if len(found) < n:
            raise ValueError("QEMU did not show the memory at %#x" % address)
        return found[:n]

    def text(self, address):
        raw = b"".join(struct.pack("<Q", w) for w in self.words(address, 4))
        return raw.split(b"\0")[0].decode("latin-1")


def look(m, answered):
    """Sentences about what machine m, which says nothing of it, waits for. answered: it does answer ^N, so no lock stops it."""
    try:
        names, functions, memory = objects(m.kernel), stuck.symbols(m.kernel), Memory(m)
        harts = {h: stuck.name_of(functions, r.get("pc", 0)) for h, r in stuck.registers(m)}
        if not m.monitor_path:
            m.send("\x01c")
        return not answered and locks(names, memory, harts) or interrupts(names, memory, harts)
    except (AssertionError, OSError, ValueError, KeyError, IndexError, struct.error):
        return []


def locks(names, memory, harts):
    """Harts that wait for a lock (lock_waits in kernel/core/spinlock.c)."""
    found = []
    at, size = names["lock_waits"]
    cpus, cpus_size = names["cpus"]
    waits = memory.words(at, 2 * len(harts))
    for hart in range(len(harts)):
        lock = waits[2 * hart]
        if lock == 0 or "spinlock_wait" not in harts[hart] and "check_waiting" not in harts[hart]:
            continue
        _, holder, name = memory.words(lock, 3)
        holder = (holder - cpus) // (cpus_size // (size // 16)) if holder else None
        if holder is None:
            continue
        found.append("hart %d waits for lock %s, which hart %d holds, and that is in %s: it was not released" % (
            hart, memory.text(name), holder, harts.get(holder, "?").split("+")[0]))
    return found


def interrupts(names, memory, harts):
    """Lines that were claimed and never completed, while hart 0 is in no handler (irq_counts in kernel/dev/intc.c)."""
    at, size = names["irq_counts"]
    counts = memory.words(at, min(size // 8, 64))
    lines = [(i, w & 0xffffffff, w >> 32) for i, w in enumerate(counts) if w & 0xffffffff != w >> 32]
    if not lines or not re.search("idle|program", harts.get(0, "")):
        return []
    return ["interrupt line %d was claimed %d times at the PLIC and completed %d times: no other comes until it is completed" % x
            for x in lines[:1]]
