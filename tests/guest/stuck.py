"""What a machine does when a test waits for it in vain: its own list of processes and what they wait for (^P), and the
registers of each hart from QEMU's monitor, with functions by name. The first works when the shell is stuck, the second
when all harts are."""
import bisect
import re
import struct
import time

from . import machine

PATIENCE = 5  # seconds for either answer


def symbol_table(path, kinds):
    """The symbols of an ELF file that are of these types, as (address, name, bytes)."""
    with open(path, "rb") as f:
        data = f.read()
    at, size, count = struct.unpack_from("<Q", data, 40)[0], *struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, at + i * size) for i in range(count)]
    found = []
    for s in sections:
        if s[1] != 2:  # SHT_SYMTAB
            continue
        names = sections[s[6]][4]
        for i in range(s[4], s[4] + s[5], 24):
            name, info, _, section, value, length = struct.unpack_from("<IBBHQQ", data, i)
            if section and info & 15 in kinds and name:
                text = data[names + name:data.index(b"\0", names + name)].decode("latin-1")
                if not text.startswith((".", "$")):
                    found.append((value, text, length))
    return found


def symbols(path):
    """The functions of an ELF file, as (address, name), in order."""
    return sorted((at, name) for at, name, _ in symbol_table(path, (0, 2)))  # STT_NOTYPE for assembly, STT_FUNC


def name_of(functions, address):
    i = bisect.bisect(functions, (address, "\x7f")) - 1
    if i < 0 or address >> 40 != functions[i][0] >> 40:
        return "a program" if address >> 40 == 0 else "?"
    return "%s+%#x" % (functions[i][1], address - functions[i][0])


def ask(m, text, answer):
    """Type text at machine m; what it says then, up to the answer's pattern, or as much as came in time."""
    mark = len(m.text)
    end = time.monotonic() + PATIENCE * machine.SLOW
    typed = m.typed
    m.send(text)
    m.typed = typed  # what the test typed, not what we did
    with m.more:
        while not re.search(answer, m.text[mark:]) and not m.ended and time.monotonic() < end:
            m.more.wait(0.1)
        return m.text[mark:]


def registers(m):
    """`info registers -a`, as (hart, {name: value})."""
    if m.monitor_path:
        text = m.command("human-monitor-command", {"command-line": "info registers -a"})
    else:
        text = ask(m, "\x01cinfo registers -a\n", r"(?s)" + r"x31/t6.*" * m.cpus + r"\(qemu\)")
    harts = []
    for part in re.split(r"CPU#", text)[1:]:
        harts.append((int(re.match(r"\d+", part).group()), {
            n: int(v, 16) for n, v in re.findall(r"\b(pc|x1/ra|x2/sp|scause|sepc|stval|mcause) +([0-9a-f]+)", part)}))
    return harts


def describe(m):
    """All of it, as lines; "" for a machine that has ended."""
    if m.ended or m.panicked():
        return ""
    out = []
    try:
        # From its headline on: the end of an earlier list may still be on its way.
        said = "" if m.silent else ask(m, "\x10", r"(?s)\^P: .*\nhart %d: [^\n]*\n" % (m.cpus - 1)).partition("^P: ")[2]
        out.append("To ^P it says: " + said.rstrip() if said else "It answers neither ^N nor ^P." if m.silent else "It does not answer ^P.")
        functions = symbols(m.kernel)
        for hart, r in registers(m):
            out.append("QEMU says: hart %d is in %s, called from %s" % (
                hart, name_of(functions, r.get("pc", 0)), name_of(functions, r.get("x1/ra", 0))))
    except (AssertionError, OSError, ValueError, struct.error) as e:
        out.append("More cannot be found out: %s" % e)
    return "\n" + "\n".join(out).replace("\n", "\n  | ")
