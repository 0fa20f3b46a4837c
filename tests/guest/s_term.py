"""The terminal: how lines end, what a message of the kernel's does to a line, ^C, characters of several bytes."""
import os
import re
import socket
import subprocess
import threading

from . import machine
from .machine import echo_of
from .scenario import check, equal, scenario

NOTICES = ("arp_rx: received an ARP packet", "ip_rx: received an IP packet")


# In the background: says "ready", and after a datagram to port 7 makes the kernel say something, and nobody else.
FAULT_LATER = "nt recv 7 1 10 100000 | head -n 1 && nt fault &\r"


class Screen:
    """A terminal without a driver before it, at the guest's serial line: what it receives, byte by byte, and its screen."""

    def __init__(self, t, *arguments, net=()):
        path = os.path.join(t.where, "serial")
        self.adds_cr = "-append" in arguments  # as the terminal driver of the host does
        t.start(boot=False, net=net, extra=["-serial", "unix:%s,server=on,wait=on" % path, *arguments])
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30 * machine.SLOW)
        self.raw = b""
        while True:
            try:
                self.socket.connect(path)
                return
            except (FileNotFoundError, ConnectionRefusedError):
                threading.Event().wait(0.01)  # until QEMU has made the socket: nothing tells us

    def lines(self):
        """The screen: no column but the cursor's own rules."""
        rows, column = [[]], 0
        for c in self.raw.decode("utf-8", "replace"):
            if c == "\n":
                rows.append([])
                column = 0 if self.adds_cr else column
            elif c == "\r":
                column = 0
            elif c == "\b":
                column -= column > 0
            else:
                rows[-1] += " " * (column + 1 - len(rows[-1]))
                rows[-1][column] = c
                column += 1
        return ["".join(r).rstrip() for r in rows]

    def send(self, text):
        self.socket.sendall(text.encode())

    def until(self, what, condition):
        """Read until the screen is such."""
        while not condition(self.lines()):
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                data = b""
            check(data, "waited in vain for %s; the screen:\n%s" % (what, "\n".join(self.lines())))
            self.raw += data

    def shows(self, *last):
        """Read until these are the last lines."""
        self.until("'%s'" % "\n".join(last), lambda lines: lines[-len(last):] == list(last))


def fault_later(s, times):
    """Start it, for the first or second time. Its line and the prompt come in any order, or one within the other."""
    def prompts(lines):
        return sum(x.count("$") for x in lines)
    before = prompts(s.lines())
    s.send(FAULT_LATER)
    s.until("the program", lambda lines: sum("ready" in x for x in lines[:-1]) == times and prompts(lines) > before)
    s.send("\r")
    s.until("a prompt", lambda lines: lines[-1] == "$" and prompts(lines) > before + 1)


def serial(t, *arguments):
    s = Screen(t, *arguments)
    s.shows("$")
    s.send("echo one; echo two > f; cat f nosuch; nt fault\r")
    s.until("the fault", lambda lines: len(lines) > 2 and lines[-1] == "$" and "nt: killed" in "\n".join(lines))
    s.send("cat\r")
    s.until("cat's echo", lambda lines: lines[-1] == "" and lines[-2] == "$ cat")
    s.send("a line\r")
    s.shows("a line", "a line", "")
    s.send("\x03")
    s.shows("^C", "$")
    s.send("halt\r")
    while True:
        data = s.socket.recv(65536)
        s.raw += data
        if not data:
            return s


@scenario(harts=(1, 3), boot=None)
def lines_end_with_cr_lf(t):
    """Each line of a program's, of an echo and of the kernel's ends with CR LF: a terminal that adds nothing shows it upright."""
    s = serial(t)
    loose = re.findall(rb"[^\r\n]*[^\r]\n", s.raw)
    check(not loose, "lines that end with LF alone: %r" % loose)


@scenario(boot=None)
def lines_end_with_lf(t):
    """With the boot argument that `make qemu` gives, LF is alone: graders compare whole lines of QEMU's standard output."""
    s = serial(t, "-append", "quiet console=lf")
    equal(s.raw.count(b"\r"), 0, "the number of CRs")
    check(re.search("(?m)^two$", s.raw.decode()), "no line 'two'")
    dry = subprocess.run(["make", "-n", "qemu", "QEMU=" + machine.QEMU], cwd=machine.ROOT, stdout=subprocess.PIPE, text=True, check=False)
    check("console=lf" in dry.stdout, "make qemu does not give console=lf")


@scenario(harts=(1, 3), boot=None, net="wire")
def line_after_a_message(t):
    """A message of the kernel's ends the line that is being typed; then the line is shown again, and typing goes on."""
    s = Screen(t, net=["-netdev", t.lan.netdev(), "-device", machine.card()])
    s.shows("arp_rx: received an ARP packet", "$")
    fault_later(s, 1)
    s.send("echo w\u00e4x\x7f\x1b[D\x1b[D")
    s.shows("$ echo w\u00e4")
    t.host.send_udp(5, 7, b"now")  # with it comes the first IP packet
    s.until("the message", lambda lines: any("nt: killed" in x for x in lines) and lines[-1] == "$ echo w\u00e4")
    s.send("X\r")
    s.until("both", lambda lines: "Xw\u00e4" in lines and NOTICES[1] in lines and lines[-1] == "$")
    # A program that reads lines: its own text, and what is typed.
    fault_later(s, 2)
    s.send("cat\r")
    s.until("cat's echo", lambda lines: lines[-2].endswith("cat") and lines[-1] == "")
    s.send("one\r")
    s.until("cat's first line", lambda lines: lines[-3:] == ["one", "one", ""])  # now it reads, and the shell does not
    s.send("h\u00e4l\x7f\x7fi")
    s.shows("hi")
    t.host.send_udp(5, 7, b"now")
    s.until("the message", lambda lines: len([x for x in lines if "nt: killed" in x]) == 2 and lines[-1] == "hi")
    s.send("!\r")
    s.shows("hi!", "hi!", "")


@scenario(harts=(1, 3), net=lambda t: wire_at_rest(t))
def notices_wait(t):
    """What the kernel notices, such as the first ARP packet, comes before a prompt, never within a program's output."""
    t.m.send("nt recv 7 2 100 100000\n")
    t.m.expect("(?m)^ready$", "nt")
    t.host.ping(b"first")
    t.host.send_udp(5, 7, b"one")
    t.m.expect("(?m)^.*1.*$", "what nt says of its first datagram")
    equal(len(re.findall("_rx: received", t.m.text)), 0, "notices while the program runs")
    t.host.send_udp(5, 7, b"two")
    out = t.m.prompt()
    equal(sorted(lines_of(out)[-3:-1]), list(NOTICES), "the last lines before the prompt")
    t.sh("echo done")
    for line in NOTICES:
        equal(t.m.text.count(line), 1, "how often the console shows '%s'" % line)


def wire_at_rest(t):
    """A wire whose gateway is silent until the test speaks: no ARP answer comes while the guest boots."""
    t.lan = t.wire()
    t.host = t.lan.host("10.0.2.9")
    return ["-netdev", t.lan.netdev(), "-device", machine.card()]


@scenario(harts=(1, 3))
def interrupt_behind_type_ahead(t):
    """^C is seen when it comes, whatever has been typed ahead of it and waits."""
    t.m.send("sleep 100000\n")
    t.m.expect(echo_of("sleep 100000"))
    t.runs("sleep")
    t.m.send(("# " + "x" * 900 + "\n") * 12 + "\x03" + "echo do''ne\n")
    t.m.expect("(?m)^done$", "the shell behind all that was typed", 60)
    check("sleep" not in t.sh("ps"), "sleep is still there after ^C")


@scenario(harts=(1, 3))
def interrupt_ends_wait(t):
    """^C ends the shell's own wait, and with it the line; what runs in the background goes on."""
    t.m.background("sleep 100000")
    t.m.send("wait; echo no''t\n")
    t.m.expect(echo_of("wait; echo no''t"))

    def shell_waits():
        t.m.send("\x10")
        found = t.m.expect(r"(?s)\^P: processes(.*?)\nhart 0:", "the list of processes")
        return re.search(r"(?s)\n\d+ sh waiting(?:(?!\n\d+ ).)*proc_wait", found.group(1))
    t.until("the shell to wait", shell_waits)
    t.m.send("\x03")
    t.m.prompt()
    equal(t.sh("kill $!"), "", "what kill says of the background command")
    check("not" not in t.m.text.split("\n"), "the rest of the line ran")
    equal(t.sh("wait; echo $?"), "0", "wait when nothing runs")


@scenario()
def characters_of_several_bytes(t):
    """Backspace, ^W and the arrows take whole characters, in the shell's line and in a program's."""
    for typed, wanted in (("echo a\u00e4\u20ac\U0001d11e\x7f\x7f\x7fb", "ab"),
                          ("echo \u00e4\u00f6\x1b[D\x7fx", "x\u00f6"),
                          ("echo \u00e4\u00f6\x1b[D\x1b[D\x1b[3~x", "x\u00f6"),
                          ("echo x \u00e4\u00f6\x17y", "x y")):
        t.m.send(typed.encode().decode("latin-1") + "\n")
        t.m.expect("(?m)^%s\n" % wanted.encode().decode("latin-1"), "'%s'" % wanted)
        t.m.prompt()
    t.m.send("cat\n")
    t.m.expect(r"cat\s*\n")
    t.runs("cat")
    t.m.send("a\u00e4\u20ac\x7f\x7fb\n\x04".encode().decode("latin-1"))
    t.m.expect("(?m)^ab\n", "what cat read")
    t.m.prompt()


@scenario()
def prompts_of_scripts(t):
    """A shell that reads a script prompts for each of its lines, as xv6's does: graders count that. -q: it does not."""
    t.sh("echo 'echo on''e' > s; echo 'echo tw''o' >> s")
    for command, wanted in (("sh < s", "$ one\n$ two\n$ "), ("sh s", "$ one\n$ two\n$ "), ("sh -q s", "one\ntwo\n"),
                            ("sh -q < s", "one\ntwo\n"), ("sh -c 'echo one'", "one\n")):
        t.m.send(command + "; echo e''nd\n")
        t.m.expect(echo_of(command + "; echo e''nd"))
        found = t.m.expect("(?s)(.*?)end\n")
        equal(found.group(1), wanted, "the output of '%s'" % command)
        t.m.prompt()
    t.sh("echo '#!/sh' > s; echo 'echo on''e' >> s")
    equal(t.sh("s"), "one", "a script that is run by its name")


@scenario()
def words_of_xv6(t):
    """What cannot be opened or run is said as xv6 says it. A reason follows only where it is another one than "not there"."""
    for command, wanted in (("cat nosuch", "cat: cannot open nosuch"), ("wc nosuch", "wc: cannot open nosuch"),
                            ("ls nosuch", "ls: cannot open nosuch"), ("grep x nosuch", "grep: cannot open nosuch"),
                            ("nosuch", "exec nosuch failed"), ("cat < nosuch", "open nosuch failed"),
                            ("cd nosuch", "cannot cd nosuch"), ("rm nosuch", "rm: nosuch failed to delete"),
                            ("ln nosuch x", "link nosuch x: failed"),
                            ("mkdir README", "mkdir: README failed to create: exists already")):
        equal(lines_of(t.sh(command))[0], wanted, "what '%s' says" % command)


def lines_of(text):
    return text.split("\n")


@scenario()
def status_of_minus_one(t):
    """exit(-1) is a status like any other: it ends neither the line nor the list. ^C does."""
    equal(t.sh("nt exit 1; echo next"), "next", "the line after exit(-1)")
    equal(t.sh("nt exit 1 || echo other"), "other", "the list after exit(-1)")
    equal(t.sh("nt exit 1"), "[exit -1]", "what is said of exit(-1)")
    t.m.send("sleep 100000 || echo n''o; echo n''o\n")
    t.m.expect(echo_of("sleep 100000 || echo n''o; echo n''o"))
    t.runs("sleep")
    t.m.send("\x03")
    t.m.prompt()
    equal(t.sh("echo back"), "back", "the shell after ^C")
    check("no" not in lines_of(t.m.text), "the line went on after ^C")
