"""bench/timeline.py: the picture of stored lines, and what it says of bad ones."""
import os
import subprocess
import sys
import unittest
import xml.dom.minidom

from .machine import ROOT

# Two received packets, one that another hart's reader took, and the console round them.
LINES = """$ pktpath -n 3 -r
pktpath: ready
path 4 came 0 0 0
path 4 ring 1000 100 0
path 4 copied 5000 900 0
path 7 came 0 0 0
path 7 ring 3000 300 0
path 7 copied 9000 1100 0
path 9 send 0 0 1
path 9 gather 2000 0 1
path 9 card 6000 0 2
$ """


def timeline(text, *words):
    done = subprocess.run([sys.executable, os.path.join(ROOT, "bench", "timeline.py")] + list(words), input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


class Picture(unittest.TestCase):
    def test_rows_stages_and_legend(self):
        status, out, err = timeline(LINES)
        self.assertEqual((status, err), (0, ""))
        svg = xml.dom.minidom.parseString(out)
        texts = [t.firstChild.data for t in svg.getElementsByTagName("text")]
        self.assertEqual([t for t in texts if t.startswith(("packet", "median"))], ["median of 2", "packet 4", "packet 7", "packet 9"])
        self.assertIn("7.0 us, 1000 instructions, hart 0, 1 copy", texts)
        self.assertIn("6.0 us, hart 1 > 2, 1 copy", texts)
        stages = [t.firstChild.data for t in svg.getElementsByTagName("title")]
        self.assertEqual(stages[:2], ["ring: 2.00 us, 200 instructions, hart 0", "copied: 5.00 us, 800 instructions, hart 0"])
        self.assertIn("card: 4.00 us, hart 2", stages)
        self.assertEqual([t.split(":")[0] for t in texts if t.startswith("until ")],
                         ["until ring", "until copied", "until gather", "until card"])

    def test_bars_are_as_long_as_their_times(self):
        svg = xml.dom.minidom.parseString(timeline(LINES)[1])
        bars = [r for r in svg.getElementsByTagName("rect") if r.firstChild]
        widths = {r.firstChild.firstChild.data: float(r.getAttribute("width")) for r in bars}
        self.assertAlmostEqual(widths["copied: 6.00 us, 800 instructions, hart 0"] / widths["gather: 2.00 us, hart 1"], 3, 2)

    def test_one_that_took_very_long_is_cut(self):
        out = timeline(LINES + "path 10 came 0 0 0\npath 10 ring 1000 0 0\npath 10 copied 900000 0 0\n")[1]
        self.assertIn("&gt; 900.0 us, hart 0, 1 copy", out)

    def test_a_rare_path_does_not_set_the_scale(self):
        cold = "".join("path %d came 0 0 0\npath %d ether 70000 0 0\npath %d copied 90000 0 0\n" % (n, n, n) for n in (1, 2))
        warm = "".join("path %d came 0 0 0\npath %d ring 5000 0 0\npath %d copied 20000 0 0\n" % (n, n, n) for n in range(10, 22))
        svg = xml.dom.minidom.parseString(timeline(cold + warm)[1])
        bars = [r for r in svg.getElementsByTagName("rect") if r.firstChild]
        self.assertEqual(bars[0].firstChild.firstChild.data, "ring: 5.00 us, hart 0")  # the frequent path comes first
        left, last = float(bars[0].getAttribute("x")), bars[1]
        self.assertGreater(float(last.getAttribute("x")) + float(last.getAttribute("width")) - left, 450)  # of 720 pixels
        texts = [t.firstChild.data for t in svg.getElementsByTagName("text")]
        self.assertEqual(texts.count("> 90.0 us, hart 0, 1 copy"), 3)  # the median of two, and both

    def test_bad_input_gets_a_sentence(self):
        for text, sentence in (
                ("", "no line of the input is one of `pktpath -r`: path PACKET STAGE NS INSNS HART"),
                ("hello\n", "no line of the input is one of `pktpath -r`: path PACKET STAGE NS INSNS HART"),
                ("path 1 ring 5 5\n", "line 1 is not `path PACKET STAGE NS INSNS HART`: path 1 ring 5 5"),
                ("\npath 1 ring -5 5 0\n", "line 2 is not `path PACKET STAGE NS INSNS HART`: path 1 ring -5 5 0"),
                ("path 1 lunch 5 5 0\n", "line 1: the kernel has no stage `lunch`"),
                ("path 1 ring 5 5 0\npath 1 ring 6 5 0\n", "line 2: packet 1 was at `ring` before")):
            self.assertEqual(timeline(text), (1, "", "timeline: %s\n" % sentence))

    def test_a_file_that_is_not_there(self):
        self.assertEqual(timeline("", "/no/such"), (1, "", "timeline: /no/such: No such file or directory\n"))
        self.assertEqual(timeline(LINES, "--out", "/no/such/place"), (1, "", "timeline: /no/such/place: No such file or directory\n"))

    def test_a_single_moment(self):
        self.assertEqual(timeline("path 1 came 0 0 0\n")[0], 0)
