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
for line in sys.stdin:
    words = line.split()
    sys.stdout.write(line.rstrip("\n") + "\r\n")
    if words[:1] == ["noise"]: print("fs: the disk\narp: e0: moved")
    if words[:1] == ["echo"]: print(" ".join(words[1:]))
    if words[:1] == ["halt"]: sys.exit(int(words[1]))
    if words[:1] == ["panic"]: print("\npanic: hart 0 pid 1 sh: on purpose\n  0: 0x1 main+0x1")
    if words[:1] != ["hang"]: sys.stdout.write("$ ")
    sys.stdout.flush()
''' % sys.executable


class Console(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.qemu = os.path.join(self.dir.name, "qemu")
        with open(self.qemu, "w", encoding="utf-8") as f:
            f.write(FAKE)
        os.chmod(self.qemu, 0o755)
        self.old, machine.QEMU = machine.QEMU, self.qemu
        image = os.path.join(self.dir.name, "fs.img")
        with open(image, "wb") as f:
            f.write(b"image")
        self.m = machine.Machine(self.dir.name, image=image)

    def tearDown(self):
        self.m.close()
        machine.QEMU = self.old
        self.dir.cleanup()

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
