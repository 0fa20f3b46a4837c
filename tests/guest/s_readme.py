"""The README, word by word: what it tells a newcomer to type."""
import os
import re

from . import machine
from .s_nettest import user_net
from .scenario import check, equal, scenario

# Not typed here: another test does it (usertests: long.usertests; nettest: nettest.*; the others: router.*, gdb.walk).
ELSEWHERE = re.compile(r"usertests|nettest|ping -c 1 10\.0\.2\.2|ping 10\.0\.3\.2|screend")
NEEDS_INTERNET = re.compile(r"host ")


def guest_lines():
    """The README's lines that begin with the guest's prompt, without what is said of them."""
    with open(os.path.join(machine.ROOT, "README.md"), encoding="utf-8") as f:
        found = re.findall(r"(?m)^    \$ (.*?)(?: +#.*)?$", f.read())
    check(len(found) > 12, "the README has only %d lines for the guest" % len(found))
    return found


@scenario(boot=None, seconds=180)
def guest_commands(t):
    """Each line that the README tells to type in the guest, after another, on QEMU's user network: all of them work."""
    user_net(t, restrict=True)
    typed = 0
    for command in guest_lines():
        if ELSEWHERE.search(command):
            continue
        out = t.sh(command.rstrip("& "), 60)
        typed += 1
        check(NEEDS_INTERNET.search(command) or not re.search(r"failed|\[exit|usage:|cannot", out), "'%s' says:\n%s" % (command, out))
        if command.startswith("pktpath"):
            equal(len(re.findall(r"(?m)^packet \d+: ", out)), 4, "the packets that '%s' shows in:\n%s" % (command, out))
        elif NEEDS_INTERNET.search(command) is None and not command.startswith("udpsend"):
            check(out, "'%s' prints nothing" % command)
    check(typed >= 10, "only %d lines were typed" % typed)


@scenario(boot=None)
def programs_and_gdb_commands(t):
    """What the README names exists: programs of the guest, commands of gdb, targets of make."""
    with open(os.path.join(machine.ROOT, "README.md"), encoding="utf-8") as f:
        readme = f.read()
    programs = [f[:-2] for d in ("", "tests", "bench") for f in os.listdir(os.path.join(machine.ROOT, "user", d)) if f.endswith(".c")]
    for command in guest_lines():
        for word in re.findall(r"(?:^|[;|] *)(\w+)", command):
            check(word in programs, "'%s' of the README is no program" % word)
    with open(os.path.join(machine.ROOT, ".gdbinit.tmpl"), encoding="utf-8") as f:
        gdb = f.read()
    for word in ("ring", "pkt", "socks", "arp", "irq", "ps", "user", "uaddr"):
        check("define %s\n" % word in gdb and "`%s" % word in readme, "gdb's command '%s'" % word)
    targets = ""
    for name in ("Makefile", "bench/bench.mk", "tests/tests.mk"):
        with open(os.path.join(machine.ROOT, name), encoding="utf-8") as f:
            targets += f.read()
    for word in sorted(set(re.findall(r"(?m)(?:`|^    )make ([a-z][a-z-]*)", readme))):
        check(re.search(r"(?m)^(?:[\w -]+ )?%s(?: [\w -]+)?:" % word, targets), "make %s of the README is no target" % word)
