#!/usr/bin/env python3
"""Instructions by function: folds the addresses that bench/insn.so counted with the symbols of kernel and program.

  profile.py COUNTS [PROGRAM] [-n PACKETS] [-t TOP] [-l]     (make bench leaves some in build/bench/profile)

COUNTS: "ADDRESS COUNT" lines (gen -o). PROGRAM: the user program that ran (user/bench/_benchd). With -n, instructions for
each of PACKETS. -l: lines of source instead of functions (needs addr2line).
"""
import argparse
import bisect
import collections
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KERNEL = os.path.join(ROOT, "kernel", "kernel")
IDLE = {"idle_look", "sched_idle", "e1000_rx_pending", "poll_quota"}  # what a hart without work runs


def tool(name):
    for prefix in ("riscv64-unknown-elf-", "riscv64-linux-gnu-", "riscv64-elf-", "llvm-"):
        if shutil.which(prefix + name):
            return prefix + name
    return name


class Symbols:
    """The functions of an ELF file, by address."""

    def __init__(self, path):
        self.path = path
        text = subprocess.run([tool("nm"), "-n", path], check=True, stdout=subprocess.PIPE, text=True).stdout
        rows = [w for w in (line.split() for line in text.splitlines()) if len(w) == 3 and w[1] in "tTwW"]
        # Labels of assembly inside a function, and local ones, are no functions.
        rows = [(int(a, 16), name) for a, _, name in rows if not name.startswith((".L", "$"))]
        self.at = [a for a, _ in rows]
        self.name = [n for _, n in rows]

    def of(self, addr):
        i = bisect.bisect_right(self.at, addr) - 1
        return self.name[i] if i >= 0 else "0x%x" % addr

    def lines(self, addrs):
        """Function and source line of each address."""
        out = subprocess.run([tool("addr2line"), "-f", "-s", "-e", self.path], check=True, text=True,
                             input="\n".join("0x%x" % a for a in addrs), stdout=subprocess.PIPE).stdout.splitlines()
        return ["%s %s" % (out[i], out[i + 1].split(" ")[0]) for i in range(0, len(out), 2)]


def read_counts(path):
    """Of a file of gen -o: {address: count}."""
    with open(path) as f:
        return {int(a, 16): int(n) for a, n in (line.split() for line in f)}


def read_marks(path):
    """Of a file of marks: {address: count} of each stretch, in order."""
    stretches = []
    with open(path) as f:
        for line in f:
            word = line.split()
            if word[0] == "mark":
                stretches.append({})
            elif word[0] != ".":
                stretches[-1][int(word[0], 16)] = int(word[1])
    return stretches


def calls(counts, program=None):
    """{name: how often the function was entered}: its first instruction's count."""
    out = {}
    for path, prefix in ((KERNEL, ""), (program, "user:")):
        if path:
            symbols = Symbols(path)
            out.update((prefix + name, counts.get(a, 0)) for a, name in zip(symbols.at, symbols.name)
                       if (a >= 0x80000000) == (prefix == ""))
    return out


def fold(counts, program=None, by_line=False):
    """{name: count}. Names of the program's functions begin with "user:"."""
    kernel = Symbols(KERNEL)
    user = Symbols(program) if program else None
    total = collections.Counter()
    groups = ((kernel, "", [a for a in counts if a >= 0x80000000]),
              (user, "user:", [a for a in counts if a < 0x80000000]))
    for symbols, prefix, addrs in groups:
        if symbols is None:
            total["user"] += sum(counts[a] for a in addrs)
        elif by_line:
            for a, name in zip(addrs, symbols.lines(addrs)):
                total[prefix + name] += counts[a]
        else:
            for a in addrs:
                total[prefix + symbols.of(a)] += counts[a]
    return total


def idle_part(folded):
    return sum(n for name, n in folded.items() if name in IDLE)


def show(folded, packets, top, entered=None):
    everything = sum(folded.values())
    print("%10s %8s %7s\n%10.1f  100.0 %%  all" % ("insns", "share", "calls", everything / packets))
    for name, n in folded.most_common(top):
        times = "%7.2f" % (entered[name] / packets) if entered and name in entered else "       "
        print("%10.1f  %5.1f %% %s  %s" % (n / packets, 100 * n / everything, times, name))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("counts")
    p.add_argument("program", nargs="?")
    p.add_argument("-n", "--packets", type=float, default=1)
    p.add_argument("-t", "--top", type=int, default=50)
    p.add_argument("-l", "--lines", action="store_true")
    a = p.parse_args()
    counts = read_counts(a.counts)
    show(fold(counts, a.program, a.lines), a.packets, a.top, None if a.lines else calls(counts, a.program))


if __name__ == "__main__":
    main()
