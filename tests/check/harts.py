"""What the compiler made of push_off(): it is inlined in some hundred places, and in each the hart's record may be
addressed only once interrupts are off. A thread that is moved to another hart in between would write the flag of a hart that it
has left. `mycpu()->intena = intr_off()` is that mistake: C lets the left side be computed first.

In the object code, a value that came from clearing sstatus.SIE is stored through tp itself, or through a copy of tp that
was made after it.
"""
import re
import subprocess

FEW = 20  # places: fewer, and this check has gone blind

# A disassembler's line: address, instruction, operands. In between there may be the bytes.
LINE = re.compile(r"^\s*[0-9a-f]+:\s+(?:[0-9a-f]{4,8}\s+)?([a-z][\w.]*)\s*(.*?)\s*(?:[#<].*)?$")
LEAVES = ("j", "jr", "jal", "jalr", "ret", "call", "tail", "mret", "sret", "ecall")
STORES = ("sb", "sh", "sw", "sd")
FLAG_OF = ("and", "srl", "sll", "sne", "sext", "add", "mv", "zext")  # what a compiler makes a flag of a bit with


def disassemble(objdump, kernel, cwd=None):
    more = ["--mattr=+m,+a,+c"] if "llvm" in objdump else []
    r = subprocess.run([objdump, "-d", "--no-show-raw-insn"] + more + [kernel], cwd=cwd, capture_output=True, text=True,
                       check=False)
    return r.stdout if r.returncode == 0 else ""


def problems(text):
    """text: the disassembly. Sentences, one for each place that is wrong, or for a text that tells nothing."""
    wrong, places, function = [], 0, "?"
    flags, fresh = set(), set()  # registers: made of what intr_off() found; copies of tp made since
    for line in text.split("\n"):
        m = re.match(r"^[0-9a-f]+ <([^>]+)>:", line)
        if m:
            function, flags = m.group(1), set()
            continue
        m = LINE.match(line)
        if not m:
            continue
        op, words = m.group(1).replace("c.", ""), re.split(r"[,\s]+", m.group(2))
        if op in ("csrrc", "csrrci") and words[1:] == ["sstatus", "2"]:
            flags, fresh = {words[0]}, set()
        elif op in LEAVES or op.startswith("b"):
            flags = set()
        elif op in STORES and words[0] in flags:
            base = re.sub(r".*\((\w+)\)", r"\1", words[-1])
            if base in ("sp", "s0", "fp"):
                continue  # kept for later: whoever takes it from there stores it elsewhere
            places += 1
            if base != "tp" and base not in fresh:
                wrong.append("%s: interrupts go off and `%s %s` uses an address of before: it may be another hart's" % (
                    function, op, m.group(2)))
        elif op not in STORES:
            made_of = set(words[1:])
            (flags.add if made_of & flags and op.startswith(FLAG_OF) else flags.discard)(words[0])
            (fresh.add if op in ("mv", "add", "addi") and "tp" in made_of else fresh.discard)(words[0])
    if places < FEW and not wrong:
        wrong.append("only %d places were found that turn interrupts off and note it" % places)
    return wrong
