"""Power cuts: the machine is killed while user/tests/fsload works, and what its disk may look like afterwards is judged here.

QEMU's block driver blklogwrites keeps a record of all writes and flushes. From it a disk is made that lost its power at
any moment of the run, and with it some of the writes that no flush had followed yet, or a half of some: a kill of
QEMU alone loses nothing that the kernel has written. Each disk is judged three ways: fsck finds no fault once the log has
been replayed; every directory of a worker's is what some number of its steps make, no fewer than were synced; and
the kernel, when it replays the log, comes to the same files.
"""
import os
import random
import re
import shutil
import struct
import subprocess

from . import machine
from .image import Image
from .machine import Failure

SECTOR = 512
HEADER = 4          # the sector with the number of blocks in the log, as mkfs makes images
FLUSH = 1           # a flag of an entry in the record
STEPS_MAX = 5000    # that a worker takes between a sync and the end; with a sync every 40 steps it never comes near
STEPS = 2000        # of a worker: a load that is killed late, because the host was busy, does not fill the disk
CROWDED = 100       # names from which on a disk is swept before the next load: directories move out of reach, and stay
SMALL, LARGE, MOST = 6000, 40000, 3000  # as in fsload.c
WHERE = ("", "d0/", "d1/", "d0/d1/")
LAST = ("f0", "f1", "f2", "f3", "f4", "f5", "d0", "d1")
ROW = bytes(range(251)) * (MOST // 251 + 2)


# What fsload does.

class Node:
    """A file, or a directory: then content is None."""

    def __init__(self, up=None, content=None):
        self.up, self.content = up, content
        self.names = {} if content is None else None


class Worker:
    """One worker of fsload's: its directory as its steps make it from what was there before."""

    def __init__(self, number, tree):
        self.number, self.root, self.taken = number, self.grow(tree), 0

    @staticmethod
    def grow(tree):
        """Nodes from what Image.tree() found. Names of one i-node are names of one node."""
        root, known = Node(), {}
        for path in sorted(tree, key=lambda p: p.count("/")):
            inode, content = tree[path]
            at = root
            *above, name = path.split("/")
            for part in above:
                at = at.names[part]
            if inode not in known:
                known[inode] = Node(at, None if content is None else bytes(content))
            at.names[name] = known[inode]
        return root

    def begin(self, seed):
        self.seed, self.taken = ((seed * 16 + self.number) * 2654435761 | 1) & 0xffffffff, 0

    def draw(self):
        s = self.seed
        s ^= s << 13 & 0xffffffff
        s ^= s >> 17
        s ^= s << 5 & 0xffffffff
        self.seed = s
        return s >> 8

    def draw_name(self):
        r = self.draw()
        return WHERE[r % 4] + LAST[r // 4 % 8]

    def find(self, path):
        """The directory of a path's last name, that name, and what it leads to; (None, ...): no such directory."""
        at = self.root
        *above, name = path.split("/")
        for part in above:
            at = at.names.get(part) if at.names is not None else None
            if at is None:
                return None, name, None
        return (at, name, at.names.get(name)) if at.names is not None else (None, name, None)

    def step(self):
        """Take one; was anything changed?"""
        kind, r = self.draw() % 16, self.draw()
        name, other = self.draw_name(), self.draw_name()
        number, self.taken = self.taken, self.taken + 1
        if kind in (8, 9, 10):
            return self.rename(name, other)
        up, last, found = self.find(name)
        if up is None:
            return False
        if kind in (0, 1, 13, 14):
            if found is None:
                up.names[last] = Node(up, b"" if kind < 2 else None)
            return found is None
        if found is None:
            return False
        if 2 <= kind <= 7:
            return self.put(found, last, kind, number, 1 + r % MOST)
        if kind == 11:
            to, new, there = self.find(other)
            if found.content is None or to is None or there is not None:
                return False
            to.names[new] = found
            return True
        if kind == 12 and not found.names:
            del up.names[last]
            return True
        return False

    @staticmethod
    def put(node, last, kind, number, n):
        if node.content is None:
            return False
        if kind == 7:
            node.content = b""
        elif len(node.content) < (LARGE if last == "f0" else SMALL):
            start = number % 251
            new = struct.pack("<I", number)[:n] + ROW[start + 4:start + n]
            node.content = node.content + new if kind < 6 else new + node.content[n:]
        return True

    def rename(self, old, new):
        up, name, node = self.find(old)
        to, other, victim = self.find(new)
        if node is None or to is None or victim is node:
            return False
        above = to
        while above is not None and above is not node:
            above = above.up
        if above is node:
            return False
        if victim is not None and ((victim.content is None) != (node.content is None) or victim.names):
            return False
        if victim is not None and victim is up:
            return False
        to.names[other] = node
        del up.names[name]
        if node.content is None:
            node.up = to
        return True

    def tree(self):
        found, left = {}, [("", self.root)]
        while left:
            prefix, at = left.pop()
            for name, node in at.names.items():
                found[prefix + name] = (id(node), node.content)
                if node.names is not None:
                    left.append((prefix + name + "/", node))
        return found


def shape(tree):
    """A tree without the numbers of its i-nodes: {path: (content, the first name of the same file)}."""
    first = {}
    for path in sorted(tree):
        first.setdefault(tree[path][0], path)
    return {path: (content, first[inode]) for path, (inode, content) in tree.items()}


def difference(found, wanted):
    """In words, how two shapes differ; "" if they do not."""
    for path in sorted(set(found) | set(wanted)):
        if path not in found:
            return "%s is missing" % path
        if path not in wanted:
            return "%s should not be there" % path
        if found[path] != wanted[path]:
            def say(x):
                return "a directory" if x[0] is None else "%d bytes, the file of %s" % (len(x[0]), x[1])
            return "%s is %s, and should be %s%s" % (path, say(found[path]), say(wanted[path]), (
                "" if say(found[path]) != say(wanted[path]) else " with other bytes"))
    return ""


def catch_up(worker, synced, tree, when):
    """Let the worker take steps, as many as were synced and then more, until its directory is the tree that was found."""
    found, gap = shape(tree), ""
    while worker.taken < synced:
        worker.step()
    changed = True
    while worker.taken < synced + STEPS_MAX:
        if changed:
            now = shape(worker.tree())
            if now == found:
                return
            gap = gap or difference(found, now)
        changed = worker.step()
    raise Failure("%s /load.%d is nothing that its steps make, from the %d on that were synced; after those, %s" % (
        when, worker.number, synced, gap))


# What may be on the disk.

def read_record(path):
    """The record of blklogwrites as [(where the entry ends in the file, sector, bytes or None for a flush)], up to its
    last flush: what comes behind may not be written whole."""
    with open(path, "rb") as f:
        data = f.read()
    entries, at, whole = [], SECTOR, 0
    while at + SECTOR <= len(data):
        sector, count, flags, _ = struct.unpack_from("<4Q", data, at)
        end = at + SECTOR + count * SECTOR
        if (count == 0 and flags == 0) or end > len(data):
            break
        if count:
            entries.append((end, sector, data[at + SECTOR:end]))
        if flags & FLUSH:
            entries.append((end, 0, None))
            whole = len(entries)
        at = end
    return entries[:whole]


def cut(image, entries, dice):
    """What may be on the disk when its power fails behind these entries. What was flushed is there. Of the writes after
    that each is there, or it is not, or one of its sectors is."""
    flushed = max([i for i, e in enumerate(entries) if e[2] is None], default=-1)
    image = bytearray(image)
    for i, (_, sector, data) in enumerate(entries):
        if data is None:
            continue
        fate = 0 if i <= flushed else dice.randrange(5)
        first, last = {0: (0, len(data)), 1: (0, len(data)), 2: (0, 0), 3: (0, SECTOR), 4: (SECTOR, len(data))}[fate]
        image[sector * SECTOR + first:sector * SECTOR + last] = data[first:last]
    return bytes(image)


def moment(entries, dice, first=0):
    """The entries that were on their way to the disk before some moment: any, or one at which a header of the log had just
    been written. first: as many bytes of the record at least."""
    begin = sum(end <= first for end, _, _ in entries)
    places = [i + 1 for i, (_, sector, data) in enumerate(entries) if data is not None and sector == HEADER and i >= begin]
    kind = dice.randrange(3)
    if kind == 2:
        places = [n for n in places if entries[n - 1][2][:4] == bytes(4)]  # the log was emptied
    if kind == 0 or not places:
        return entries[:dice.randrange(begin, len(entries) + 1)]
    return entries[:dice.choice(places)]


def build_fsck(where):
    path = os.path.join(where, "fsck")
    built = subprocess.run([os.environ.get("HOSTCC", "cc"), "-O1", "-I", machine.ROOT, "-o", path,
                            os.path.join(machine.ROOT, "mkfs", "fsck.c")], capture_output=True, text=True)
    if built.returncode:
        raise Failure("fsck does not compile: " + built.stderr)
    return path


class Trial:
    """Kill after kill of one disk, whose files grow older each time. where: a directory for what it needs. start(options,
    show): a Machine with these options for its disk, which tells show() what it prints."""

    def __init__(self, where, seed, start, image, workers=4):
        self.where, self.dice, self.start, self.workers = where, random.Random(seed), start, workers
        self.seed, self.kills, self.replays_killed, self.judged, self.steps = seed, 0, 0, 0, 0
        self.fsck_path = build_fsck(where)
        self.disk, self.record = os.path.join(where, "disk"), os.path.join(where, "record")
        shutil.copyfile(image, self.disk)
        self.trees = [{}] * workers  # what /load.N holds
        self.synced = []             # (how long the record was by then, worker, its steps): as the guest said it
        self.said = ""
        self.m = None

    def read_disk(self):
        with open(self.disk, "rb") as f:
            return f.read()

    def hear(self, text):
        """In the thread that reads the console: what is synced when the record is so long."""
        self.said += text
        *lines, self.said = self.said.split("\n")
        for line in lines:
            found = re.match(r"fsload: (\d) synced (\d+)$", line)
            if found:
                self.synced.append((os.path.getsize(self.record), int(found.group(1)), int(found.group(2))))

    def boot(self):
        """Start the machine on the disk as it is, which is also the result. What it writes is recorded."""
        open(self.record, "wb").close()
        before = self.read_disk()
        self.m = self.start(["-blockdev", "driver=blklogwrites,node-name=x0,log-sector-size=%d,file.driver=file,file.filename=%s,"
                             "log.driver=file,log.filename=%s" % (SECTOR, self.disk, self.record),
                             "-device", "virtio-blk-device,drive=x0,bus=virtio-mmio-bus.0"], self.hear)
        return before

    def kill_after(self, seconds):
        """Let it run so long, and kill it. Nothing can be waited for: any moment will do."""
        try:
            self.m.qemu.wait(seconds)
        except subprocess.TimeoutExpired:
            self.m.close()
            return
        raise Failure("QEMU ended by itself\n" + self.m.tail())

    def judge(self, data, when):
        """The disk must be sound when fsck has replayed its log. What its workers' directories hold then."""
        path = os.path.join(self.where, "judged")
        with open(path, "wb") as f:
            f.write(data)
        found = subprocess.run([self.fsck_path, "-r", path], capture_output=True, text=True)
        if found.returncode:
            raise Failure("%s fsck says:\n%s%s" % (when, found.stdout[-2000:], found.stderr))
        self.judged += 1
        with open(path, "rb") as f:
            image = Image(f.read())
        return [image.tree("load.%d" % w) for w in range(self.workers)]

    def judge_load(self, data, seed, length, when):
        """The same after the load of this seed, all of whose writes are there that the record's first bytes tell of."""
        trees = self.judge(data, when)
        for w, tree in enumerate(trees):
            worker = Worker(w, self.trees[w])
            worker.begin(seed)
            catch_up(worker, max([0] + [n for at, who, n in self.synced if who == w and at <= length]), tree, when)
            self.steps += worker.taken
        return trees

    def judge_replay(self, data, when):
        """The same after the log has been replayed, or a part of it: no file may be another one."""
        for w, tree in enumerate(self.judge(data, when)):
            gap = difference(shape(tree), shape(self.trees[w]))
            if gap:
                raise Failure("%s, in /load.%d, %s" % (when, w, gap))

    def recover(self):
        """Boot from what a kill has left, perhaps with kills while the log is replayed. The machine is at its prompt then."""
        for _ in range(self.dice.choice((0, 0, 1, 2))):
            self.boot()
            self.m.expect(r"(?m:^recovering|^\$ )", "the log's replay, or the prompt", 60, partial=True)
            self.kill_after(self.dice.choice((0, 0.0005, 0.001, 0.002)))
            self.judge_replay(self.read_disk(), "after a kill while the log was replayed")
            self.replays_killed += 1
        before = self.boot()
        self.m.prompt(60)
        self.judge_replay(self.read_disk(), "after the kernel has replayed the log")
        entries = read_record(self.record)
        some = moment(entries, self.dice)
        self.judge_replay(cut(before, some, self.dice), "after a power cut while the log was replayed")
        return before

    def once(self):
        """One kill under load, from the boot before it to the judgement."""
        before, first = self.recover(), 0
        if sum(len(tree) for tree in self.trees) > CROWDED:
            self.m.run("rm -r /load.*; sync")
            self.trees, first = [{}] * self.workers, os.path.getsize(self.record)
        seed = self.dice.randrange(1 << 24)
        self.synced = []
        self.m.send("fsload -s %d -p %d -n %d\n" % (seed, self.workers, STEPS))
        self.m.expect(r"fsload: seed", "the load", partial=True)
        self.kill_after(self.dice.uniform(0.01, 0.8))
        if "fsload: worker" in self.m.text:
            raise Failure("a call failed under load\n" + self.m.tail())
        data, entries = self.read_disk(), read_record(self.record)
        trees = self.judge_load(data, seed, float("inf"), "after the kill")
        for _ in range(2):
            some = moment(entries, self.dice, first)
            lossy = cut(before, some, self.dice)
            length = some[-1][0] if some else 0
            lossy_trees = self.judge_load(lossy, seed, length, "after a power cut")
        if self.dice.randrange(2):
            data, trees = lossy, lossy_trees
        self.trees = trees
        with open(self.disk, "wb") as f:
            f.write(data)
        self.kills += 1

    def end(self):
        """The last recovery; the machine is halted, and nothing is left to be replayed."""
        self.recover()
        self.m.send("halt\n")
        self.m.wait_end()
        found = subprocess.run([self.fsck_path, self.disk], capture_output=True, text=True)
        if found.returncode:
            raise Failure("after halt fsck says:\n" + found.stdout[-2000:])

    def keep(self, where):
        """What a failure was found with, for whoever looks for the reason: the disk, and what was written to it."""
        os.makedirs(where, exist_ok=True)
        for name in ("disk", "judged", "record"):
            if os.path.exists(os.path.join(self.where, name)):
                shutil.copy(os.path.join(self.where, name), where)

    def run(self, kills):
        try:
            for _ in range(kills):
                self.once()
            self.end()
        except Failure as e:
            if self.m and "Unknown driver 'blklogwrites'" in self.m.text:
                raise machine.Skipped("this QEMU cannot record what is written to a disk (blklogwrites)") from None
            raise Failure("seed %d, kill %d: %s" % (self.seed, self.kills + 1, e)) from None
