#!/usr/bin/env python3
"""Tests of mkfs/fsck: each fault it knows is made once and found; a sound image has none; damaged ones never upset it.

  test.py BUILD [SEED] [IMAGES]
"""
import os
import random
import re
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
sys.path.insert(0, os.path.join(ROOT, "tests"))
from guest.image import BSIZE, NDIRECT, Image  # noqa: E402

T_FILE = 2
ENTRY, DIRSIZ = 16, 14
BIG = 300000  # more than a file can have


class Sick(Image):
    """An image that can be changed."""

    def __init__(self, data):
        super().__init__(bytearray(data))

    def put(self, at, fmt, *values):
        struct.pack_into("<" + fmt, self.data, at, *values)

    def superblock(self, field, value):
        self.put(BSIZE + 4 * "magic size nblocks ninodes nlog logstart inodestart bmapstart".split().index(field), "I", value)

    def log(self, *words):
        self.put(self.logstart * BSIZE, "%dI" % len(words), *words)

    def dinode(self, path):
        return self.inodestart * BSIZE + 64 * (path if isinstance(path, int) else self.find(path))

    def kind(self, path, value):
        self.put(self.dinode(path), "h", value)

    def nlink(self, path, value):
        self.put(self.dinode(path) + 6, "h", value)

    def set_size(self, path, value):
        self.put(self.dinode(path) + 8, "I", value)

    def address(self, path, i, value):
        self.put(self.dinode(path) + 12 + 4 * i, "I", value)

    def mark(self, block, used):
        at, bit = self.bmapstart * BSIZE + block // 8, 1 << block % 8
        self.data[at] = self.data[at] | bit if used else self.data[at] & ~bit

    def free_block(self):
        return next(b for b in range(self.size - self.nblocks, self.size)
                    if not self.data[self.bmapstart * BSIZE + b // 8] >> b % 8 & 1)

    def free_inode(self):
        return next(i for i in range(1, self.ninodes) if self.inode(i)[0] == 0)

    def entry(self, path, name):
        """Where the entry of this name lies in a directory; None: nowhere."""
        inode = self.find(path)
        for i, b in enumerate(self.blocks(inode)):
            for at in range(b * BSIZE, b * BSIZE + min(BSIZE, self.inode(inode)[1] - i * BSIZE), ENTRY):
                if self.data[at + 2:at + ENTRY].split(b"\0")[0] == name.encode() and self.data[at:at + 2] != b"\0\0":
                    return at
        return None

    def rename(self, path, old, new):
        at = self.entry(path, old)
        self.data[at + 2:at + ENTRY] = new.ljust(DIRSIZ, b"\0")[:DIRSIZ]

    def lead(self, path, name, inode):
        self.put(self.entry(path, name), "H", inode)


def inside(s, inode, name):
    """Like Sick.entry(), in a directory that perhaps no path leads to any more."""
    for b in s.blocks(inode):
        for at in range(b * BSIZE, (b + 1) * BSIZE, ENTRY):
            if s.data[at + 2:at + ENTRY].split(b"\0")[0] == name.encode():
                return at
    raise KeyError(name)


def loop(s):
    """Two directories that are each other's parents, and nobody else's children."""
    a, b = s.find("dir"), s.find("dir/sub")
    s.put(s.entry("", "dir"), "H", 0)
    s.put(inside(s, a, ".."), "H", b)
    s.put(inside(s, b, "deep"), "H", a)


def orphan(s):
    """A file without a name whose i-node is in use: the kernel frees it at boot, so it is no fault."""
    number = s.free_inode()
    s.put(s.dinode(number), "4hI", T_FILE, 0, 0, 0, 0)


def hard_link(s):
    """A second name for a file, as link() makes it."""
    s.lead("dir/sub", "spare", s.find("small"))
    s.nlink("small", 2)


def pending(s):
    """A transaction in the log: the root directory's block as it is anyway."""
    block = s.blocks(1)[0]
    s.data[(s.logstart + 1) * BSIZE:(s.logstart + 2) * BSIZE] = s.block(block)
    s.log(1, block)


SOUND = (lambda s: None, orphan)
FAULTS = (
    ("the magic number", lambda s: s.superblock("magic", 1)),
    ("the superblock says", lambda s: s.superblock("size", s.size + 1)),
    ("overlaps its neighbours", lambda s: s.superblock("logstart", 1)),
    ("overlaps its neighbours", lambda s: s.superblock("nlog", 0xffffffff)),
    ("too small for one operation", lambda s: s.superblock("nlog", 3)),
    ("overlap the bitmap", lambda s: s.superblock("ninodes", 65536)),
    ("overlap the bitmap", lambda s: s.superblock("ninodes", 0)),
    ("overlap the bitmap", lambda s: s.superblock("inodestart", 0xfffffff0)),
    ("overlap the bitmap, or the end", lambda s: s.superblock("nblocks", s.size)),
    ("overlap the bitmap, or the end", lambda s: s.superblock("bmapstart", s.size)),
    ("has room for", lambda s: s.log(s.nlog)),
    ("has room for", lambda s: s.log(0xffffffff)),
    ("no block for it", lambda s: s.log(1, 1)),
    ("no block for it", lambda s: s.log(1, s.size)),
    ("-r replays it", pending),
    ("has the unknown type", lambda s: s.kind("small", 77)),
    ("has the unknown type", lambda s: s.kind("small", -1)),
    ("more than a file can have", lambda s: s.set_size("large", BIG)),
    ("more than a file can have", lambda s: s.set_size("dir", 0xfffffff8)),
    ("has -1 names", lambda s: s.nlink("small", -1)),
    ("is no data block", lambda s: s.address("small", 0, 1)),
    ("is no data block", lambda s: s.address("small", 5, 0xffffffff)),
    ("is no data block", lambda s: s.address("large", NDIRECT, s.size)),
    ("belongs to i-nodes", lambda s: s.address("small", 1, s.blocks(s.find("large"))[0])),
    ("belongs to i-nodes", lambda s: s.address("small", 1, s.blocks(s.find("small"))[0])),
    ("has no block", lambda s: s.address("large", 3, 0)),
    ("has no block", lambda s: s.address("large", NDIRECT, 0)),
    ("is not for data, but free", lambda s: s.mark(s.inodestart, 0)),
    ("but is free in the bitmap", lambda s: s.mark(s.blocks(s.find("large"))[20], 0)),
    ("belongs to nobody", lambda s: s.mark(s.free_block(), 1)),
    ("the root, is no directory", lambda s: s.kind(1, T_FILE)),
    ("which is no number of entries", lambda s: s.set_size("dir/sub", 5 * ENTRY - 3)),
    ("'.' leads to", lambda s: s.lead("dir", ".", 1)),
    ("entries '.' and", lambda s: s.rename("dir", ".", b"..")),
    ("entries '.' and", lambda s: s.rename("dir/sub", "spare", b".")),
    ("entries '.' and", lambda s: s.rename("dir/sub", "..", b"up")),
    ("'..' leads to", lambda s: s.lead("dir/sub", "..", 1)),
    ("'..' leads to", lambda s: s.lead("", "..", s.find("dir"))),
    ("an entry with the name", lambda s: s.rename("dir/sub", "spare", b"")),
    ("an entry with the name", lambda s: s.rename("dir/sub", "spare", b"a/b")),
    ("free or none", lambda s: s.lead("dir/sub", "spare", s.free_inode())),
    ("free or none", lambda s: s.lead("dir/sub", "spare", s.ninodes)),
    ("two entries", lambda s: s.rename("dir/sub", "spare", b"deep")),
    ("is in directories", lambda s: s.lead("dir/sub", "spare", s.find("dir"))),
    ("says 2 names, and has 1", lambda s: s.nlink("small", 2)),
    ("says 1 names, and has 2", lambda s: s.nlink("dir", 1)),
    ("says 1 names, and has 2", lambda s: (hard_link(s), s.nlink("small", 1))),
    ("no name leads to", lambda s: s.put(s.entry("", "small"), "H", 0)),
    ("no way from the root", loop),
)


class Tests:
    def __init__(self, build, seed, images):
        self.build, self.seed, self.images = build, seed, images
        self.path = os.path.join(build, "sick.img")
        self.failed, self.said = 0, set()

    def fsck(self, data, *options):
        with open(self.path, "wb") as f:
            f.write(data)
        return self.run(*options, self.path)

    def run(self, *words):
        return subprocess.run([os.path.join(self.build, "fsck"), *words], capture_output=True, text=True, errors="replace", timeout=60)

    def fail(self, what, found=None):
        self.failed += 1
        print("FAIL %s%s" % (what, "" if found is None else "; fsck ends with %d and says\n%s" % (
            found.returncode, (found.stdout + found.stderr)[-1500:])))

    def fresh(self):
        """A small image with a bit of everything."""
        root = os.path.join(self.build, "root")
        os.makedirs(os.path.join(root, "dir", "sub", "deep"), exist_ok=True)
        for name, size in (("small", 10), ("large", 100 * BSIZE + 1), ("empty", 0), ("dir/file", 3000), ("dir/sub/spare", 1),
                           ("dir/sub/deep/file", 1), ("a_name_of_14.b", 5)):
            with open(os.path.join(root, name), "wb") as f:
                f.write(bytes(i * 7 % 251 for i in range(size)))
        path = os.path.join(self.build, "fresh.img")
        subprocess.run([os.path.join(self.build, "mkfs"), path, "-b", "600", "-i", "60", root], check=True, stdout=subprocess.DEVNULL)
        with open(path, "rb") as f:
            return f.read()

    def sound(self, fresh):
        for change in SOUND:
            s = Sick(fresh)
            change(s)
            found = self.fsck(s.data)
            if found.returncode or " 0 faults" not in found.stdout:
                self.fail("a sound image has faults", found)
        s = Sick(fresh)
        pending(s)
        if self.fsck(s.data, "-r").returncode or self.run(self.path).returncode:
            self.fail("a log that was replayed is still a fault")
        found = self.fsck(fresh, "-p", "/dir/file")
        if found.returncode or len(found.stdout) < 1000:
            self.fail("a file is not printed", found)

    def faults(self, fresh):
        for i, (sentence, change) in enumerate(FAULTS):
            s = Sick(fresh)
            change(s)
            found = self.fsck(s.data)
            self.said.update(found.stdout.split("\n"))
            if found.returncode != 1 or sentence not in found.stdout:
                self.fail("fault %d, '%s', is not found" % (i, sentence), found)

    def all_known(self):
        """Each sentence that fsck has for a fault was said."""
        with open(os.path.join(ROOT, "mkfs", "fsck.c"), encoding="utf-8") as f:
            known = re.findall(r'\bfault\("((?:[^"\\]|\\.)*)"', f.read())
        for sentence in known:
            wanted = "fsck: " + ".*".join(re.escape(part) for part in re.split(r"%[dusx]", sentence)) + "$"
            if not any(re.match(wanted, line) for line in self.said):
                self.fail("no test breaks what fsck says in '%s'" % sentence)
        if len(known) < 20:
            self.fail("only %d sentences were found in fsck.c" % len(known))

    def damaged(self, fresh):
        """Garbage: fsck ends with 0 or 1, whatever it is given, and soon."""
        dice = random.Random(self.seed)
        for i in range(self.images):
            s = Sick(fresh)
            kind = i % 4
            if kind == 0:
                for _ in range(dice.randrange(1, 60)):
                    s.data[dice.randrange(len(s.data))] = dice.randrange(256)
            elif kind == 1:  # where it hurts
                for _ in range(dice.randrange(1, 30)):
                    at = s.inodestart * BSIZE + dice.randrange(20 * 64) // 4 * 4
                    s.put(at, "I", dice.choice((0, 1, 600, 0xffffffff, 0xfffffff8, 0x80000000, dice.randrange(700))))
            elif kind == 2:
                for _ in range(dice.randrange(1, 4)):
                    s.put(BSIZE + 4 * dice.randrange(1, 8), "I", dice.choice((0, 1, 2, 600, 0xffffffff, dice.randrange(700))))
                s.log(dice.randrange(200), *(dice.randrange(650) for _ in range(20)))
            else:
                start = dice.randrange(2, 300) * BSIZE
                s.data[start:start + 8 * BSIZE] = bytes(dice.randrange(256) for _ in range(8 * BSIZE))
            data = s.data[:dice.randrange(len(s.data))] if i % 16 == 15 else s.data
            for options in ((), ("-r",), ("-p", "dir/sub/deep/file")):
                try:
                    found = self.fsck(data, *options)
                except subprocess.TimeoutExpired:
                    self.fail("fsck does not end with image %d of seed %d" % (i, self.seed))
                    break
                if found.returncode not in (0, 1):
                    self.fail("image %d of seed %d upsets fsck %s" % (i, self.seed, " ".join(options)), found)

    def no_images(self):
        for data in (b"", b"x", bytes(2 * BSIZE - 1), bytes(2 * BSIZE), b"\xff" * 5 * BSIZE):
            found = self.fsck(data)
            if found.returncode != 1:
                self.fail("%d bytes pass for an image" % len(data), found)
        if self.run(os.path.join(self.build, "none")).returncode != 1:
            self.fail("no file passes for an image")


def main():
    build, seed, images = sys.argv[1], int((sys.argv[2:] or [1])[0]), int((sys.argv[3:] or [60])[0])
    tests = Tests(build, seed, images)
    fresh = tests.fresh()
    tests.sound(fresh)
    tests.faults(fresh)
    tests.all_known()
    tests.damaged(fresh)
    tests.no_images()
    print("FAILED: %d" % tests.failed if tests.failed else "fsck: %d faults are found, %d damaged images do not upset it" % (
        len(FAULTS), images))
    return tests.failed != 0


if __name__ == "__main__":
    sys.exit(main())
