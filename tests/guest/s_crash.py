"""The power is cut at any moment: what the next boot and mkfs/fsck find on the disk."""
import os
import random
import shutil
import subprocess

from . import machine
from .scenario import check, equal, scenario

ROUNDS = 3
LOADS = ("usertests concurrent_names creations_and_deletions", "usertests several_files log_under_load",
         "usertests rename_crosswise largest_file", "usertests large_directory cache_under_load")


def build_fsck(t):
    path = os.path.join(t.where, "fsck")
    built = subprocess.run([os.environ.get("HOSTCC", "cc"), "-O1", "-I", machine.ROOT, "-o", path,
                            os.path.join(machine.ROOT, "mkfs", "fsck.c")], capture_output=True, text=True)
    equal(built.returncode, 0, "the status of the compiler, which says " + built.stderr + ",")
    return path


def fsck(path, options, image, when):
    found = subprocess.run([path] + options + [image], capture_output=True, text=True)
    check(found.returncode == 0, "%s fsck says:\n%s" % (when, found.stdout[-2000:] + found.stderr))


@scenario(boot=None, seconds=180)
def power_cut(t):
    """QEMU is killed while files and names change on all harts. The file system is whole after its log has been replayed, by
    fsck and by the kernel; what was synced is there, and the machine goes on working with it."""
    path = build_fsck(t)
    dice = random.Random(7)
    for i in range(ROUNDS):
        m = t.start(name="cut%d" % i)
        m.run("echo round %d > mark; sync" % i)
        m.send("%s & %s\n" % (LOADS[i % len(LOADS)], LOADS[(i + 1) % len(LOADS)]))
        m.expect("test ", "the first test", partial=True)
        try:
            m.qemu.wait(dice.uniform(0.02, 1.5))
        except subprocess.TimeoutExpired:
            m.close()
        copy = m.image + ".copy"
        shutil.copyfile(m.image, copy)
        fsck(path, ["-r"], copy, "after the cut")
        m = t.start(name="again%d" % i, image=m.image)
        equal(m.run("cat mark"), "round %d\n" % i, "what was synced before the cut")
        equal(m.run("cat README > copy; cat copy | wc; rm copy"), m.run("cat README | wc"), "a file written after the cut")
        m.send("halt\n")
        m.wait_end()
        fsck(path, [], m.image, "after the next boot, which replayed the log and was halted,")
