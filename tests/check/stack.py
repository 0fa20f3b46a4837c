"""How deep the stacks of programs get: exec() gives a program one page, and takes ARGBYTES of it for the arguments.

The frames and calls are read from the disassembly. A call through a pointer may go to any function that nobody calls by
name. A recursion needs an entry in LEVELS: how deep it goes at the most, by the program's own count.
"""
import glob
import os
import re
import subprocess

PAGE = 4096
# Functions of a recursion, any of them: levels.
LEVELS = {
    "parse_list": 5, "parse_subshell": 5,  # the shell: parentheses
    "run": 4,                              # ... ; in && in ! in one that is a command, or a child's
}
# Functions that call through a pointer, and whom: others may call any function that nobody calls by name.
POINTERS = {
    "sort_strings": {"before", "less"}, "dir_read": {"before"},
    "run_command": {"builtin_cd", "builtin_exit", "builtin_pwd", "builtin_wait"},
}
FROM_MAIN = {"run_and_exit"}  # where a child begins anew, on main's frame


class Program:
    def __init__(self, path, objdump):
        self.frame, self.calls, self.name, self.by_pointer = {}, {}, {}, set()
        run = subprocess.run([objdump, "-t", "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=False)
        self.sizes = {int(m[1], 16): int(m[2], 16) for m in re.finditer(r"(?m)^([0-9a-f]+) .*\bF \S+\s+([0-9a-f]+) ", run.stdout)}
        self.read(run.stdout)
        called = set().union(*self.calls.values()) if self.calls else set()
        for f in self.by_pointer:
            only = POINTERS.get(self.name[f])
            self.calls[f] |= {g for g in self.frame if g not in called and self.name[g] != "start" and
                              (only is None or self.name[g] in only)}
        for f in [f for f in self.name if self.name[f] == "main"]:
            self.calls[f] |= {g for g in self.name if self.name[g] in FROM_MAIN}
        self.unbound = set()

    def read(self, text):
        f, numbers, pages = None, {}, {}
        for line in text.split("\n"):
            m = re.match(r"([0-9a-f]+) <([^>]+)>:", line)
            if m and not m[2].startswith((".L", "$")):
                f = int(m[1], 16)
                self.name[f], self.frame[f], self.calls[f] = m[2], 0, set()
            m = re.match(r"\s*([0-9a-f]+):\s+(\S+)\s*(.*)", line)
            if f is None or not m:
                continue
            pc, op, args = int(m[1], 16), m[2], m[3]
            if self.sizes.get(f) and pc >= f + self.sizes[f]:
                continue  # strings, which follow the last function, and are disassembled, too
            arg = [a.strip() for a in re.split(r"[#<]", args)[0].split(",")]
            target = re.search(r"([0-9a-f]+) <", args)
            target = int(target[1], 16) if target else None
            far = re.fullmatch(r"(-?\w+)\((\w+)\)", arg[-1])  # auipc r, page; jalr offset(r)
            if op == "auipc":
                pages[arg[0]] = pc + (int(arg[1], 0) << 12)
            elif op in ("jalr", "jr") and far and far[2] in pages:
                target = pages[far[2]] + int(far[1], 0) & (1 << 32) - 1
            self.instruction(f, op, arg, target, numbers)
            if op in ("jalr", "jr"):
                pages.clear()
        for f in self.calls:
            self.calls[f] = {c for c in self.calls[f] if c in self.frame}

    def instruction(self, f, op, arg, target, numbers):
        if op in ("add", "addi") and arg[:2] == ["sp", "sp"]:
            by = numbers.get(arg[2], 0) if re.match("[a-z]", arg[2]) else int(arg[2], 0)
            self.frame[f] += max(0, -by)
        elif op in ("li", "lui"):
            value = int(arg[1], 0) << (12 if op == "lui" else 0)
            numbers[arg[0]] = value - (1 << 32) if 1 << 31 <= value < 1 << 32 else value
        elif op in ("addi", "addiw", "add") and arg[0] == arg[1] in numbers and re.match(r"-?\d", arg[2]):
            numbers[arg[0]] += int(arg[2], 0)
        elif op in ("jal", "j", "jalr", "jr", "call", "tail") and target is not None:
            self.calls[f].add(target)
        elif op == "jalr" and arg[0] not in ("ra", "zero"):
            self.by_pointer.add(f)

    def rings(self, start):
        """Groups of functions that call each other, callees first; most are of one (Tarjan's algorithm)."""
        number, low, stack, rings = {}, {}, [], []

        def visit(f):
            number[f] = low[f] = len(number)
            stack.append(f)
            for g in self.calls[f]:
                if g not in number:
                    visit(g)
                if g in stack:
                    low[f] = min(low[f], low[g])
            if low[f] == number[f]:
                at = stack.index(f)
                rings.append(stack[at:])
                del stack[at:]
        visit(start)
        return rings

    def depth(self, start):
        """Bytes that a call of start may need, and the way there. A ring takes the frames of all its functions, at each level."""
        need = {}
        for ring in self.rings(start):
            names = [self.name[f] for f in ring]
            own = sum(self.frame[f] for f in ring)
            if len(ring) > 1 or ring[0] in self.calls[ring[0]]:
                levels = max(LEVELS.get(n, 0) for n in names)
                if not levels:
                    self.unbound.add(" and ".join(sorted(names)))
                own *= levels
            out = {g for f in ring for g in self.calls[f]} - set(ring)
            below, way = max([need[g] for g in out], default=(0, ""))
            for f in ring:
                need[f] = own + below, "%s:%d %s" % ("+".join(sorted(names)), own, way)
        return need[start]


def faults(root, objdump):
    """A sentence for each program under root/user that may need more than it gets. The guest's tests are not looked at:
    they run."""
    with open(os.path.join(root, "kernel/param.h"), encoding="utf-8") as f:
        room = PAGE - int(re.search(r"#define ARGBYTES (\d+)", f.read())[1])
    found = [os.path.relpath(p, root) for d in (".", "tests", "bench") for p in glob.glob(os.path.join(root, "user", d, "_*"))]
    for path in sorted(os.path.normpath(p) for p in found):
        name = os.path.basename(path)
        if name.startswith(("_ut_", "_usertests", "_sysfuzz")):
            continue
        source = path.replace("/_", "/") + ".c"
        p = Program(os.path.join(root, path), objdump)
        starts = [f for f in p.name if p.name[f] == "start"]
        need, way = p.depth(starts[0]) if starts else (0, "")
        if need < 16:
            yield "%s: nothing is known of its stack (%s)" % (path, objdump)
        for ring in sorted(p.unbound):
            yield "%s: %s: a recursion without a bound in tests/check/stack.py" % (source, ring)
        if need > room:
            yield "%s: its stack may need %d bytes, and gets %d: %s" % (source, need, room, way)
