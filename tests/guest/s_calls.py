"""The system call fuzzer: what user/tests/sysfuzz does to the kernel must leave no trace."""
import subprocess

from . import crash
from .scenario import check, equal, scenario

CALLS = 6000  # of each of four processes


def fuzz(t, seed):
    fsck = crash.build_fsck(t.where)
    out = t.sh("sysfuzz -s %d -n %d" % (seed, CALLS), 100)
    check("sysfuzz: all is well" in out, "sysfuzz is not content:\n" + "\n".join(out.split("\n")[-12:]))
    check("sysfuzz" not in t.sh("ps"), "a process of sysfuzz is left")
    equal(t.sh("echo one two > file; cat file | wc; rm file"), "1 2 8", "the shell, a file and a pipe afterwards")
    equal(t.sh("usertests in_order concurrent_names").split("\n")[-1], "ALL TESTS PASSED", "the end of usertests")
    t.m.send("halt\n")
    t.m.wait_end()
    found = subprocess.run([fsck, t.m.image], capture_output=True, text=True)
    equal(found.returncode, 0, "the status of fsck, which says\n%s\n" % found.stdout[-2000:])


@scenario()
def usertests_by_name(t):
    """A test that is named besides its group has run; one that there is not is said, and the others run all the same."""
    whole = t.sh("usertests -q sock", 100).split("\n")[-2:]
    for names in ("sock -", "- sock"):
        name = t.sh("usertests -l sock").split("\n")[0].split()[0]
        equal(t.sh("usertests -q " + names.replace("-", name), 100).split("\n")[-2:], whole, "the end of usertests " + names)
    out = t.sh("usertests nonsense %s; echo status $?" % name, 100)
    check("there is no test or group nonsense" in out, "a test that there is not: " + out)
    check("1 passed, 0 failed" in out and out.endswith("status 2"), "what it says in the end: " + out)


@scenario(debug=True, seconds=200)
def fuzzed(t):
    """Random calls with random arguments by four processes on three harts: nothing hangs or is lost, the machine works on."""
    fuzz(t, 3)


@scenario(harts=(1,), seconds=200)
def fuzzed_alone(t):
    """The same on one hart, and as users run it."""
    fuzz(t, 1)


@scenario()
def first_pids(t):
    """init is process 1, the shell 2, its first command 3, as in xv6: kernel threads have numbers of their own, below 0."""
    pids = {line.split()[-1]: int(line.split()[0]) for line in t.sh("ps").split("\n")[1:] if line.strip()}
    equal({n: pids.get(n) for n in ("init", "sh", "ps")}, {"init": 1, "sh": 2, "ps": 3}, "processes' numbers")
    check(all(pid < 0 for name, pid in pids.items() if name not in ("init", "sh", "ps")), "kernel threads' numbers: %s" % pids)
