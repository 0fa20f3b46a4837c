"""One QEMU that runs rxv: started with the line that `make qemu` uses, spoken to by events, ended by its own pid.

Waiting is always for something (a pattern on the console, QEMU's end, an answer of its monitor) and has a deadline.
Deadlines are multiplied by RXV_SLOW, for slow machines. Without it: by 3 where CI is set, else by how many programs a processor
has to run at the start, at the most 4.
"""
import atexit
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QEMU = os.environ.get("QEMU", "qemu-system-riscv64")
UNSAFE = ",cache=unsafe"  # for -drive: a test does not wait for the host's disk
SLOW = float(os.environ.setdefault("RXV_SLOW", "3" if os.environ.get("CI") else "%.1f" % min(4.0, max(
    1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))))  # for what we start, too
PROMPT = r"(?m)^\$ "
NOTICE = re.compile(r"(?:(?:arp|ip)_rx: received an? \w+ packet|e\d: link \w+|arp: e\d: [^\n]*)\n")  # the kernel's, before a prompt
PANIC_SECONDS = 5  # for a back trace and the locks, at the most
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


def echo_of(line):
    """A regular expression for a line as the console shows it while it is typed."""
    return re.escape(line) + r"\s*\n"


class Failure(AssertionError):
    """What was expected of the guest did not happen: a sentence."""


def card(number=0, netdev="n0", slot=None, mac=None):
    """-device for one network card."""
    return "e1000,netdev=%s,mac=%s,romfile=,bus=pcie.0%s" % (
        netdev, mac or "52:54:00:12:34:%02x" % (0x56 + number), "" if slot is None else ",addr=%#x" % slot)


def plain_line(kernel, image, cpus, mem):
    """The part of the QEMU line that all runs share. image: None for no disk."""
    line = [QEMU, "-machine", "virt", "-bios", "none", "-kernel", kernel, "-m", mem, "-smp", str(cpus), "-nographic",
            "-global", "virtio-mmio.force-legacy=false"]
    if image:
        line += ["-drive", "file=%s,if=none,format=raw,id=x0%s" % (image, UNSAFE),
                 "-device", "virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0"]
    return line


def marked(text):
    """Lines of a console, within a failure's words: failed.sentence() knows them by their mark."""
    return "  | " + text.replace("\n", "\n  | ")


class Late(Failure):
    """... not in time."""


class Skipped(Exception):
    """This machine cannot run the test, through no fault of the kernel's: a sentence."""


class Machine:
    """where: a directory of the test's own. net: QEMU's options for the network. image: copied, never changed. monitor:
    for command(); without it QEMU has its own on the terminal, behind Ctrl-A, as in `make qemu`."""

    def __init__(self, where, cpus=3, mem="128M", net=(), extra=(), image=None, kernel=None, disk=True,
                 monitor=False, name="m", show=None):
        self.where, self.cpus, self.show, self.name = where, cpus, show, name
        self.net = bool(net)
        self.image = os.path.join(where, name + ".img")
        if disk:
            shutil.copyfile(image or os.path.join(ROOT, "fs.img"), self.image)
        self.monitor_path = os.path.join(where, name + ".qmp") if monitor else None
        self.kernel = kernel or os.path.join(ROOT, "kernel", "kernel")
        self.line = plain_line(self.kernel, self.image if disk else None, cpus, mem)
        self.line += list(net) if net else ["-nic", "none"]
        self.line += ["-qmp", "unix:%s,server=on,wait=off" % self.monitor_path] if monitor else []
        self.line += list(extra)
        self.text = ""          # all that the console showed, without escapes
        self.at = 0             # what expect() has passed
        self.more = threading.Condition()
        self.typed = ""         # what was sent last
        self.ended = self.closed = False
        self.silent = False     # it did not answer ^N
        self.monitor = None
        self.started = time.monotonic()
        try:
            self.qemu = subprocess.Popen(self.line, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, start_new_session=True)
        except FileNotFoundError:
            raise Failure("%s is not installed: make setup installs it" % QEMU) from None
        atexit.register(self.close)
        self.reader = threading.Thread(target=self.read, name="console", daemon=True)
        self.reader.start()

    def read(self):
        kept = b""
        while True:
            data = self.qemu.stdout.read1(65536)
            with self.more:
                if not data:
                    self.ended = True
                    self.more.notify_all()
                    return
                kept += data
                # An escape sequence may still be on its way: keep an unfinished one back.
                cut = kept.rfind(b"\x1b")
                whole = len(kept) if cut < 0 or re.match(rb"\x1b\[[0-9;?]*[A-Za-z]", kept[cut:]) else cut
                text = ESCAPES.sub("", kept[:whole].decode("latin-1"))
                kept = kept[whole:]
                self.text += text
                self.more.notify_all()
            if self.show:
                self.show(text)

    # The console.

    def panicked(self):
        return "\npanic: " in self.text

    def panic(self):
        """All that the kernel says of its panic: it has said it when QEMU ends, or says no more."""
        end = time.monotonic() + PANIC_SECONDS * SLOW
        with self.more:
            while not self.ended and time.monotonic() < end:
                if not self.more.wait(1):
                    break
            return self.text[self.text.index("\npanic: ") + 1:].rstrip()

    def send(self, text):
        """Type it, as it is."""
        self.typed = text
        try:
            self.qemu.stdin.write(text.encode("latin-1"))
            self.qemu.stdin.flush()
        except (BrokenPipeError, ValueError):
            raise Failure("QEMU ended before %r could be typed\n%s" % (text, self.tail())) from None

    def tail(self, lines=25):
        return marked("\n".join(self.text.rstrip().split("\n")[-lines:]))

    def expect(self, pattern, what=None, seconds=30, partial=False):
        """The match of a regular expression in what has not been passed yet. what: says in words what it is. Only whole
        lines are looked at, so that a number is never taken before its last digit has come; partial: not only those."""
        seconds *= SLOW
        end = time.monotonic() + seconds
        wanted = re.compile(pattern)
        with self.more:
            while True:
                end_of_lines = len(self.text) if partial else max(self.at, self.text.rfind("\n") + 1)
                found = wanted.search(self.text, self.at, end_of_lines)
                if found:
                    self.at = found.end()
                    return found
                if self.panicked():
                    raise Failure("the kernel panicked while %s was awaited\n%s" % (what or pattern, marked(self.panic())))
                if self.ended:
                    raise Failure("QEMU ended while %s was awaited\n%s" % (what or pattern, self.tail()))
                left = end - time.monotonic()
                if left <= 0:
                    raise Late("waited %g s for %s; the console shows\n%s" % (
                        seconds, what or "'%s'" % pattern, self.tail()))
                self.more.wait(left)

    def shows(self, pattern, what, seconds=30):
        """Wait until the console has shown it, before or behind what was passed, and pass nothing."""
        at, self.at = self.at, 0
        try:
            self.expect(pattern, what, seconds)
        finally:
            self.at = at

    def prompt(self, seconds=30):
        """Wait for the shell; what came before it."""
        start = self.at
        found = self.expect(PROMPT, "the shell's prompt", seconds, partial=True)
        return self.text[start:found.start()]

    def background(self, command, ready="", seconds=30):
        """Start a command with &; wait for the next prompt and, before or behind it, for the program to be ready."""
        self.send(command + " &\n")
        self.expect(echo_of(command + " &"), "the echo of '%s &'" % command, seconds)
        start = self.at
        self.expect(ready, "'%s' from '%s'" % (ready, command), seconds)
        ends, self.at = self.at, start
        self.prompt(seconds)
        self.at = max(self.at, ends)

    def run(self, command, seconds=30):
        """One line for the shell; what it printed."""
        self.send(command + "\n")
        self.expect(echo_of(command), "the echo of '%s'" % command, seconds)
        return self.notices_off(self.prompt(seconds))

    @staticmethod
    def notices_off(text):
        """Without the kernel's notices, which stand behind a command's output, before the next prompt."""
        lines = text.splitlines(True)
        while lines and NOTICE.fullmatch(lines[-1]):
            lines.pop()
        return "".join(lines)

    # QEMU's monitor.

    def command(self, name, arguments=None):
        """One command of QMP; its result."""
        if self.monitor is None:
            self.monitor = Monitor(self.monitor_path)
        return self.monitor.command(name, arguments)

    def set_link(self, netdev, up):
        self.command("set_link", {"name": netdev, "up": up})

    # The end.

    def wait_end(self, seconds=30):
        """QEMU's exit status, when it ends by itself."""
        try:
            status = self.qemu.wait(seconds * SLOW)
        except subprocess.TimeoutExpired:
            raise Late("waited %g s for the machine to power off; the console shows\n%s" % (
                seconds * SLOW, self.tail())) from None
        self.reader.join(5)
        return status

    def close(self):
        self.closed = True
        if self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()
        self.reader.join(5)
        if self.monitor:
            self.monitor.close()
            self.monitor = None
        for pipe in (self.qemu.stdin, self.qemu.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                pass
        atexit.unregister(self.close)


class Monitor:
    """QEMU's machine protocol on a unix socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20 * SLOW)
        end = time.monotonic() + 20 * SLOW
        while True:
            try:
                self.socket.connect(path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end:
                    raise Failure("QEMU's monitor does not listen") from None
                threading.Event().wait(0.01)  # until QEMU has made the socket: nothing tells us
        self.file = self.socket.makefile("rw", encoding="utf-8")
        json.loads(self.file.readline())
        self.command("qmp_capabilities")

    def command(self, name, arguments=None):
        self.file.write(json.dumps({"execute": name, "arguments": arguments or {}}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise Failure("QEMU's monitor closed during " + name)
            answer = json.loads(line)
            if "error" in answer:
                raise Failure("QEMU refused %s: %s" % (name, answer["error"]["desc"]))
            if "return" in answer:
                return answer["return"]

    def close(self):
        self.file.close()
        self.socket.close()


def end_with_us():
    """Let a signal that ends this program end its QEMUs, too (atexit does the work)."""
    def leave(number, _):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
