"""The machinery, with a program of Python where QEMU would be."""
import io
import os
import subprocess
import sys
import tempfile
import time
import unittest

from . import failed, machine, report, run, scenario

# A shell that knows echo, halt and panic, with a prompt, an echo of what is typed, and a monitor that is not there.
FAKE = r'''#!%s
import sys
print("boot\x1b[0m\r\nrxv")
sys.stdout.write("$ "); sys.stdout.flush()
line = ""
while c := sys.stdin.read(1):
    line = line[:-1] if c == "\b" else line + c
    sys.stdout.write({"\b": "\b \b", "\n": "\r\n"}.get(c, c)); sys.stdout.flush()
    if c != "\n": continue
    words, line = line.split(), ""
    if words[:1] == ["noise"]: print("fs: the disk\narp: e0: moved")
    if words[:1] == ["echo"]: print(" ".join(words[1:]))
    if words[:1] == ["halt"]: sys.exit(int(words[1]))
    if words[:1] == ["panic"]: print("\npanic: hart 0 pid 1 sh: on purpose\n  0: 0x1 main+0x1")
    if words[:1] != ["hang"]: sys.stdout.write("$ ")
    sys.stdout.flush()
''' % sys.executable


# Shows a text when what has been typed ends with another one, and so on. What is shown before that ends with "$ ".
SCRIPT = r'''#!%s
import sys
for typed, shown in %r:
    got = ""
    while not got.endswith(typed):
        c = sys.stdin.read(1)
        if not c: sys.exit(0)
        got += c
    sys.stdout.write(shown); sys.stdout.flush()
sys.stdin.read()
'''


class Fake(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.qemu = os.path.join(self.dir.name, "qemu")
        self.old, machine.QEMU = machine.QEMU, self.qemu

    def start(self, program):
        with open(self.qemu, "w", encoding="utf-8") as f:
            f.write(program)
        os.chmod(self.qemu, 0o755)
        self.m = machine.Machine(self.dir.name, disk=False)

    def tearDown(self):
        self.m.close()
        machine.QEMU = self.old
        self.dir.cleanup()


class Messages(Fake):
    """What the kernel says while a line is typed ends it; then the line is shown again, prompt and all."""
    NO, AGAIN = "fs: the disk does not take writes; changes wait in memory\n", "fs: the disk takes writes again\n"
    COMMAND = "echo more > other; sync; cat fresh other"

    def says(self, *steps):
        """A machine at its prompt that answers so."""
        self.start(SCRIPT % (sys.executable, (("", "boot\n$ "),) + steps))
        self.m.prompt(5)

    def runs(self, command, wanted, *steps):
        self.says(*steps)
        self.assertEqual(self.m.run(command, 5), wanted, steps)
        self.m.close()

    def test_typed_ahead(self):
        """Four consoles that were seen: a command typed before the shell asked for it, which echoes once more then."""
        c, out, before = self.COMMAND, "new\nmore\n", "\n" + self.NO + "$ \n" + self.AGAIN + "$ \n"
        for early in (c[:-8], c[:-9]):
            self.runs(c, out, (c + "\n", before + early + "$ " + c + "\n" + out + "$ "))
        self.runs(c, out, (c + "\n", before + "$ " + c + "\n" + out + "$ "))
        self.runs(c, out, (c + "\n", before + c + "\n$ "), (machine.PROBE, c + "\n" + out + "$ " + machine.PROBED))
        # The key comes while the command runs.
        self.runs(c, out, (c + "\n", before + c + "\n$ "), (machine.PROBE, c + "\nnew\n" + machine.PROBED + "more\n$ "))
        self.runs("true", "", ("true\n", "\ntrue\n$ "), (machine.PROBE, "true\n" + machine.PROBED + "$ "))

    def test_before_the_command(self):
        """The same from its beginning: the prompt that is shown again is no answer to an empty line."""
        c = self.COMMAND
        self.says(("fresh\n", "echo new > fresh\n$ \n" + self.NO + "$ \n" + self.AGAIN + "$ "),
                  ("\n" + machine.PROBE, "\n$ " + machine.PROBED), (c + "\n", c + "\nnew\nmore\n$ "))
        self.m.send("echo new > fresh\n")
        self.m.expect("takes writes again")
        self.m.send("\n")
        self.m.prompt(5)
        self.assertEqual(self.m.run(c, 5), "new\nmore\n")

    def test_at_each_key(self):
        c = "cat fresh"
        for out in ("", "new\n", "cat: fresh: none\n"):
            for n in range(len(c)):
                doubt = [(machine.PROBE, machine.PROBED)] if "cat:" in out else []  # it looks like a message
                self.runs(c, out, (c + "\n", c[:n] + "\n" + self.AGAIN + "$ " + c + "\n" + out + "$ "), *doubt)
            for torn in (c + "\n" + self.AGAIN + "$ ", c + "\n" + self.AGAIN + "$ " + c + "\n" + self.NO + "$ "):
                self.runs(c, out, (c + "\n", torn), (machine.PROBE, c + "\n" + out + "$ " + machine.PROBED))

    def test_nothing_else_is_printed(self):
        c = "nt fault"
        self.runs(c, self.NO, (c + "\n", c + "\n" + self.NO + "$ "), (machine.PROBE, machine.PROBED))
        # The prompt, then a message.
        self.runs(c, self.NO, (c + "\n", c + "\n" + self.NO + "$ \n" + self.AGAIN + "$ "), (machine.PROBE, machine.PROBED))
        # The prompt, then what a program in the background says.
        self.runs(c, self.NO, (c + "\n", c + "\n" + self.NO + "$ ready\n"))
        # Not the first command after what was tried.
        self.says((c + "\n", c + "\n" + self.NO + "$ "), (machine.PROBE, machine.PROBED), ("true\n", "true\n$ "))
        self.assertEqual([self.m.run(c, 5), self.m.run("true", 5)], [self.NO, ""])

    def test_what_a_command_prints_is_kept(self):
        c = "cat fresh"
        self.runs(c, "new\n" + self.NO, (c + "\n", c + "\nnew\n" + self.NO + "$ "))


class Console(Fake):
    def setUp(self):
        super().setUp()
        self.start(FAKE)

    def test_commands(self):
        self.m.prompt()
        self.assertEqual(self.m.run("echo hello"), "hello\n")
        self.assertEqual(self.m.run("true"), "")
        self.assertIn("boot\nrxv", self.m.text)

    def test_the_kernel_speaks_before_the_prompt(self):
        self.m.prompt()
        self.assertEqual(self.m.run("noise"), "fs: the disk\n")
        self.m.shows("fs: the disk", "what has been passed", 1)
        at = self.m.at
        self.m.send("echo later\n")
        self.m.shows("(?m)^later$", "what has not been passed")
        self.assertEqual(self.m.at, at)

    def test_status(self):
        self.m.prompt()
        self.m.send("halt 3\n")
        self.assertEqual(self.m.wait_end(), 3)

    def test_end_is_seen(self):
        self.m.prompt()
        self.m.send("halt 1\n")
        with self.assertRaisesRegex(machine.Failure, "QEMU ended while a miracle was awaited"):
            self.m.expect("nothing", "a miracle")

    def test_panic_is_seen(self):
        self.m.prompt()
        with self.assertRaisesRegex(machine.Failure, "(?s)panicked.*on purpose.*main.0x1"):
            self.m.send("panic\n")
            self.m.expect("nothing")

    def test_deadline(self):
        self.m.prompt()
        start = time.monotonic()
        with self.assertRaisesRegex(machine.Failure, "(?s)waited .* for the shell's prompt.*hang"):
            self.m.send("hang\n")
            self.m.prompt(0.3)
        self.assertLess(time.monotonic() - start, 5 * machine.SLOW)

    def test_close_ends_it(self):
        pid = self.m.qemu.pid
        self.m.close()
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)


class Line(unittest.TestCase):
    def test_it_is_that_of_make_qemu(self):
        """What the tests start is what `make qemu` starts, but for the paths, the network, the monitor and the cache."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("M") or k == "MANPATH"}
        result = subprocess.run(["make", "-n", "qemu", "NET=none", "CPUS=5", "MEM=96M"], cwd=machine.ROOT, env=clean,
                                capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
        if "-machine" not in result.stdout:
            self.skipTest("make qemu wants to install its tools first")
        words = result.stdout[result.stdout.index("-machine"):].replace("\\\n", " ").split()
        line = [w.replace(machine.UNSAFE, "") for w in machine.plain_line("kernel/kernel", "fs.img", 5, "96M")]
        self.assertEqual(line[1:], words[:words.index("-net")])


class Runner(unittest.TestCase):
    def test_outcomes(self):
        def fails(_):
            scenario.equal(1, 2, "one")

        def breaks(_):
            raise KeyError("x")

        def impossible(_):
            raise machine.Skipped("no such thing here")

        def late(test):
            end = []
            test.on_late.append(lambda: end.append(1))
            while not end:
                time.sleep(0.01)
            raise machine.Failure("QEMU ended")
        tests = [run.Test("good", lambda t: None), run.Test("bad", fails), run.Test("broken", breaks),
                 run.Test("late", late, seconds=0.1), run.Test("skipped", impossible)]
        told = report.Report(out=io.StringIO())
        run.run_all(tests, told, 2)
        self.assertEqual(told.finish(), 1)
        out = told.out.getvalue()
        self.assertRegex(out, "FAIL  bad .*\n +one is 1, and should be 2\n +Again: ./grade-lab-net bad\n")
        self.assertRegex(out, "\nFAIL  bad: one is 1, and should be 2\n +Again: ./grade-lab-net bad\n")
        self.assertRegex(out, r"\n1 passed, 3 failed, 1 skipped\n\Z")
        self.assertEqual([t.passed for t in tests], [True, False, False, False, None])
        self.assertEqual([t.name for t in told.skipped], ["skipped"])
        self.assertIn("one is 1, and should be 2", tests[1].why)
        self.assertIn("KeyError", tests[2].why)
        self.assertIn("not done after", tests[3].why)

    def test_gates(self):
        """What needs a gate whose test failed is skipped by name; what needs less runs, and not before it has been tried."""
        def test(name, needs, fails=False, works=False):
            def function(_):
                if fails:
                    e = machine.Failure("no frame")
                    e.earned, e.works = 3, works
                    raise e
            t = run.Test(name, function)
            t.needs = needs
            return t

        def all_tests(works):
            return [test("ip.x", "receive"), test("udp.x", "udp"), test("sh", "boot"), test("host.unit", ""),
                    test("gate.boot", ""), test("gate.card", "boot"), test("gate.send", "card"),
                    test("gate.receive", "send", not works), test("nettest.wire_grade, 3 harts", "receive", works, True)]
        for works in (False, True):
            told = report.Report(out=io.StringIO())
            run.run_all(all_tests(works), told, 3)
            told.finish()
            order = [t.name for t in told.done]
            self.assertLess(order.index("gate.send"), order.index("gate.receive"))
            self.assertLess(order.index("gate.boot"), order.index("sh"))
            out = told.out.getvalue()
            if works:
                self.assertIn("udp.x", order)
                self.assertIn("8 passed, 1 failed\n", out)
                self.assertIn("Score: 11/9", out)  # three points for a part of it
            else:
                self.assertNotIn("ip.x", order)
                self.assertRegex(out, r"skip  3 tests, since the guest does not answer .*\(gate.receive failed\):\n"
                                      r"      nettest.wire_grade, 3 harts, (ip|udp).x, (ip|udp).x\n")
                self.assertIn("5 passed, 1 failed, 3 skipped\n", out)

    def test_report_and_log(self):
        """What is told is short, the log has all; a console in a reason is only in the log."""
        with tempfile.TemporaryDirectory() as where:
            told = report.Report(out=io.StringIO(), logs=where)

            def fails(_):
                e = machine.Failure("no pong; the console shows\n  | $ ping")
                e.report = failed.Report(failed.sentence(str(e)), "it is deaf", [("The drops", "udp.sum 3"), ("Rings", "")],
                                         [("The console", "$ ping")])
                raise e
            test = run.Test("a ping", fails)
            run.run_all([test], told, 1)
            log = os.path.join(where, "a-ping.log")
            self.assertIn("\n      no pong\n      Mistake: it is deaf\n      The drops:\n        udp.sum 3\n"
                          "      Again: ./grade-lab-net 'a ping'\n      Log:   %s\n" % os.path.relpath(log), told.out.getvalue())
            self.assertNotIn("$ ping", told.out.getvalue())
            with open(log, encoding="utf-8") as f:
                self.assertIn("The console:\n  $ ping\n", f.read())
            for name in ("results", "junit"):
                getattr(told, name)(os.path.join(where, name))
            with open(os.path.join(where, "junit"), encoding="utf-8") as f:
                self.assertIn('<failure message="it is deaf">', f.read())

    def test_nothing_run_is_no_success(self):
        with open(os.devnull, "w", encoding="utf-8") as null:
            self.assertEqual(report.Report(out=null).finish(), 1)

    def test_every_scenario_says_what_it_wants(self):
        from . import catalogue
        names = [s.name for s in catalogue.ALL]
        self.assertGreater(len(names), 60)
        for s in catalogue.ALL:
            self.assertGreater(len(s.intent), 20, s.name)
        self.assertEqual(len({(s.group, s.name) for s in catalogue.ALL}), len(names))
