"""What is tried of a kernel and programs that another compiler has made."""
import re

from . import s_nettest, scenario
from .scenario import check


@scenario.scenario(net="wire", needs="receive")
def second(t):
    """a kernel and programs made by this second compiler boot, pass nettest over the wire, and usertests' calls, memory and pipes."""
    s_nettest.OnWire(t.lan, t.host)
    s_nettest.judge(t, t.m.run("nettest grade", 120))
    if "ut_mem" in t.sh("ls /"):  # make check compiles them with clang alone
        out = t.m.run("usertests mem pipe sock", 120)
        check(re.search(r"ALL TESTS PASSED", out) and "FAIL" not in out, "usertests: no final line\n" + t.m.tail(30))


SCENARIO = scenario.ALL.pop()  # it has a kernel of its own, and is no part of the catalogue
