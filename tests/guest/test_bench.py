"""What `make bench` makes of numbers: its table, and the goals in it."""
import os
import sys
import unittest

from .machine import ROOT

sys.path.insert(0, os.path.join(ROOT, "bench"))
import plot  # noqa: E402
import report  # noqa: E402

GUESTS = ("limit", "rxv", "linux")
P50 = "echo 60, 1 on their way: p50, us"


def result(guest, n, value, name=P50, step="wire1"):
    return {"step": step, "guest": guest, "round": n, "name": name, "value": value}


def row(results, name=P50):
    """The cells of one row: limit, rxv, linux, rxv : limit, rxv : linux, to reach."""
    return next(r[1:] for r in report.table(results, GUESTS) if r[0] == name)


class Table(unittest.TestCase):
    def test_medians_ranges_and_ratios(self):
        cells = row([result("rxv", n, v) for n, v in enumerate((15, 14, 18))] + [result("limit", 0, 10), result("linux", 0, 150)])
        self.assertEqual(cells, ["10", "15 (14-18)", "150", "1.50", "0.10", "<= 1.6 x limit: met"])

    def test_a_lost_round_is_no_zero(self):
        cells = row([result("rxv", 0, 20), result("rxv", 1, None), result("rxv", 2, 22), result("limit", 0, 10)])
        self.assertEqual(cells[1], "21 (20-22), 1 lost")
        self.assertEqual(cells[-1], "<= 1.6 x limit: NOT met")

    def test_nothing_but_lost_rounds_reach_nothing(self):
        cells = row([result("rxv", 0, None), result("rxv", 1, None), result("limit", 0, 10)])
        self.assertEqual(cells[1:], ["lost (2)", "", "", "", "<= 1.6 x limit: not known"])

    def test_a_guest_that_failed_twice_has_lost_the_round(self):
        results = [result("rxv", 0, 20), result("limit", 0, 10), result("rxv", 1, "no answer", "failure 1"),
                   result("rxv", 1, "no answer", "failure 2")]
        self.assertEqual(row(results)[1], "20, 1 lost")
        self.assertEqual(row(results[:3] + [result("rxv", 1, 22)])[1], "21 (20-22)")

    def test_against_our_own_rows(self):
        results = [result("rxv", 0, 15), result("rxv", 0, 14, step="wire3"),
                   result("rxv", 0, 7, "echo 60, 1 on their way: p99 : p50", "wire3")]
        rows = report.table(results, GUESTS)
        self.assertEqual([r[-1] for r in rows], ["to reach", "<= 1.6 x limit: not known", "to reach", "<= 1 hart's: met",
                                                 "<= 5: NOT met"])


class Curve(unittest.TestCase):
    def test_points_stand_by_what_was_offered_and_full_speed_stands_alone(self):
        results = [result("rxv", 0, [offered, offered, 2000], "curve 60 %d" % rate, "curve1")
                   for rate, offered in ((0, 5000), (4000, 4000), (16000, 9000), (8000, 8000))]
        self.assertEqual(plot.curve_points(results, "rxv", 60), ([(4, 2), (8, 2), (9, 2)], [(5, 2)]))


if __name__ == "__main__":
    unittest.main()
