"""A guest under measurement: QEMU with its wire on unix sockets, and bench/gen at the other end.

Three guests speak the messages of user/bench/bench.h: ours ("rxv"), the bare-metal program that shows what QEMU allows
("limit"), and Linux with Debian's kernel ("linux").
"""
import atexit
import json
import os
import select
import shutil
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
OUT = os.environ.get("BENCH_OUT", os.path.join(ROOT, "build", "bench"))
QEMU = os.environ.get("QEMU", "qemu-system-riscv64")
KERNEL = os.environ.get("KERNEL", os.path.join(ROOT, "kernel", "kernel"))
FSIMG = os.environ.get("FSIMG", os.path.join(ROOT, "fs.img"))
SETUP = os.environ.get("SETUP", "")  # a command of our shell's before each measurement: "netctl txdefer 0"
# One hart's clock runs with its instructions, not with the slowed host. More harts would then have to wait for each other.
COUNT = ["-icount", "shift=0,sleep=on"]


class Failure(Exception):
    """A guest did not do what it should: a sentence."""


def line_of(kind, disk):
    """What one kind of guest adds to QEMU's line."""
    if kind == "rxv":
        return ["-bios", "none", "-m", "128M", "-kernel", KERNEL,
                "-global", "virtio-mmio.force-legacy=false", "-drive", "file=%s,if=none,format=raw,id=x0" % disk,
                "-device", "virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0"]
    if kind == "limit":
        return ["-bios", "none", "-m", "128M", "-kernel", os.path.join(OUT, "limit")]
    return ["-m", "512M", "-kernel", os.path.join(OUT, "linux", "Image"), "-initrd",
            os.path.join(OUT, "linux", "initramfs.gz"), "-append", "console=ttyS0 quiet"]


class Guest:
    """kind: rxv, limit or linux. count: with its instructions counted. program: what rxv's shell, or Linux, runs."""

    def __init__(self, kind, harts=1, count=False, program="benchd", extra=()):
        self.kind, self.harts = kind, harts
        self.where = os.path.join(OUT, "run.%d.%s" % (os.getpid(), kind))
        os.makedirs(self.where, exist_ok=True)
        self.wire = os.path.join(self.where, "w")
        for end in (".q", ".h"):
            if os.path.exists(self.wire + end):
                os.unlink(self.wire + end)
        self.counts = os.path.join(self.where, "insns") if count else None
        disk = os.path.join(self.where, "fs.img")
        if kind == "rxv":
            shutil.copyfile(FSIMG, disk)
        line = [QEMU, "-machine", "virt", "-smp", str(harts), "-display", "none", "-monitor", "none", "-serial", "stdio"]
        line += line_of(kind, disk)
        if kind == "linux" and program != "benchd":
            line[-1] += " -- " + program
        line += ["-netdev", "dgram,id=n0,local.type=unix,local.path=%s.q,remote.type=unix,remote.path=%s.h"
                 % (self.wire, self.wire), "-device", "e1000,netdev=n0,mac=52:54:00:12:34:56,romfile=,bus=pcie.0"]
        if count:
            line += (COUNT if harts == 1 else []) + ["-plugin", "%s/insn.so,counts=%s" % (OUT, self.counts)]
        self.text = ""
        self.started = time.monotonic()
        self.qemu = subprocess.Popen(line + list(extra), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT)
        atexit.register(self.close)
        self.prompt_s = None
        if kind == "rxv":
            self.expect("$ ", 60)
            self.prompt_s = time.monotonic() - self.started
            if SETUP:
                self.sh(SETUP)
            if program:
                self.type(program)

    def drain(self, timeout=0):
        """Takes what the console has; False: it has nothing within timeout seconds."""
        if not select.select([self.qemu.stdout], [], [], timeout)[0]:
            return False
        data = os.read(self.qemu.stdout.fileno(), 65536)
        if not data:
            raise Failure("%s: QEMU ended.\n%s" % (self.kind, self.text[-2000:]))
        self.text += data.decode(errors="replace").replace("\r", "")
        return True

    def expect(self, word, secs, since=0):
        """Waits until the console has shown word, after its first `since` characters."""
        end = time.monotonic() + secs
        while word not in self.text[since:]:
            if time.monotonic() > end:
                raise Failure("%s did not show %r in %g s.\n%s" % (self.kind, word, secs, self.text[-2000:]))
            self.drain(0.05)

    def type(self, command):
        self.qemu.stdin.write(command.encode() + b"\n")
        self.qemu.stdin.flush()

    def sh(self, command, secs=60):
        """One command of our guest's shell, which must not fail; what it printed."""
        since = len(self.text)
        self.type(command + "; echo do''ne $?")
        self.expect("done ", secs, since)
        end = self.text.index("done ", since)
        self.expect("\n", secs, end)
        if self.text[end:].split()[1] != "0":
            raise Failure("`%s` failed: %s" % (command, self.text[since:]))
        return self.text[since:]

    def gen(self, *words, profile=None):
        """Runs bench/gen: its result as a dictionary. The console is kept empty meanwhile."""
        line = [os.path.join(OUT, "gen"), "-w", self.wire]
        if self.counts and words[0] not in ("ready", "quit"):
            line += ["-i", self.counts] + (["-o", profile] if profile else [])
        gen = subprocess.Popen(line + [str(w) for w in words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        while gen.poll() is None:
            try:
                self.drain(0.01)
            except Failure:
                gen.kill()
                raise
        out, err = gen.communicate()
        if gen.returncode != 0:
            raise Failure("%s, gen %s: %s\nIts console ends:\n%s"
                          % (self.kind, " ".join(str(w) for w in words), err.decode().strip(), self.text[-1500:]))
        return json.loads(out)

    def ready(self, secs=90):
        """Seconds from the start of QEMU to the first echo."""
        self.gen("ready", secs)
        return time.monotonic() - self.started

    def close(self):
        atexit.unregister(self.close)
        if self.qemu.poll() is None:
            self.qemu.kill()
        self.qemu.wait()
        self.qemu.stdin.close()
        self.qemu.stdout.close()
        shutil.rmtree(self.where, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.close()
