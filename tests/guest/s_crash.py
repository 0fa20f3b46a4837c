"""The power is cut at any moment: what the next boot and mkfs/fsck find on the disk."""
import os

from . import crash, image, machine
from .scenario import check, equal, scenario

KILLS = 10
SEED = 20261122


@scenario(boot=None, seconds=240)
def power_cut(t):
    """QEMU is killed ten times while files and names change on all harts, and again while the log is replayed. Each time, and
    from disks that have lost what was not flushed as well, no invariant is broken and what was synced is whole."""
    def start(disk, show):
        def both(text):
            show(text)
            if t.show:
                t.show(text)
        return t.start(extra=disk, disk=False, boot=False, name="cut", show=both)
    trial = crash.Trial(t.where, SEED, start, t.image or os.path.join(machine.ROOT, "fs.img"))
    trial.run(KILLS)


@scenario(boot=None)
def steps_as_foreseen(t):
    """What user/tests/fsload leaves when nothing cuts it off is what tests/guest/crash.py foresees: its judgement is sound."""
    m, steps = t.start(), 1500
    m.run("fsload -s 5 -p 2 -n %d" % steps, 60)
    m.send("halt\n")
    m.wait_end()
    with open(m.image, "rb") as f:
        disk = image.Image(f.read())
    for w in range(2):
        worker = crash.Worker(w, {})
        worker.begin(5)
        for _ in range(steps):
            worker.step()
        equal(crash.difference(crash.shape(disk.tree("load.%d" % w)), crash.shape(worker.tree())), "", "the difference")
        check(len(worker.tree()) > 8, "the steps made hardly anything")
