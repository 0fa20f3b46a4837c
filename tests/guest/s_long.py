"""usertests, and the ways of programs written for xv6."""
import re

from .scenario import check, scenario


@scenario(harts=(1, 3, 8), points=10, seconds=400)
def usertests(t):
    """usertests passes all of its tests and loses no memory."""
    out = t.m.run("usertests", 390)
    bad = [line for line in out.split("\n") if "FAIL" in line]
    check(not bad, "; ".join(bad) + "\n" + t.m.tail(30))
    check(re.search(r"ALL TESTS PASSED|(?<!\d)0 failed", out), "no final line\n" + t.m.tail(30))


@scenario(harts=(3, 8), seconds=300, by_name=True)
def races(t):
    """The tests of processes, pipes and sockets from inside, to be repeated: long.races with --repeat 100 --until-failure."""
    out = t.m.run("usertests proc kill pipe poll sock lab", 290)
    bad = [line for line in out.split("\n") if "FAIL" in line]
    check(not bad, "; ".join(bad) + "\n" + t.m.tail(30))
    check("ALL TESTS PASSED" in out, "no final line\n" + t.m.tail(30))


@scenario(points=2, seconds=40)
def compat(t):
    """a program in xv6's ways finds calls, results, formats and constants as it expects them."""
    out = t.m.run("compat", 30)
    bad = [line for line in out.split("\n") if "FAIL" in line]
    check(not bad, "; ".join(bad))
    check("compat: OK" in out, "no final line\n" + t.m.tail(30))
