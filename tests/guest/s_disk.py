"""The disk: every transport and slot of it, and what happens when it fails or falls silent."""
import os
import re
import shutil
import subprocess

from . import crash, machine
from .image import BSIZE, Image
from .scenario import check, equal, scenario

LEGACY = ("-global", "virtio-mmio.force-legacy=true")  # the last -global counts


def with_disk(t, name, drive="", device="", more=(), boot=True):
    """A machine whose disk is given in QEMU's words; %s in drive stands for the image."""
    image = os.path.join(t.where, name + ".img")
    shutil.copyfile(t.image or os.path.join(machine.ROOT, "fs.img"), image)
    drive = "file=%s,if=none,format=raw,id=x0" % ((drive or "%s") % image)
    extra = ["-drive", drive, "-device", "virtio-blk-device,drive=x0" + device] + list(more)
    return t.start(extra=extra, disk=False, name=name, boot=boot)


@scenario(harts=(1, 3), boot=None)
def transports(t):
    """The disk in the first slot, another one, and the one that QEMU chooses, beside another device."""
    for i, place in enumerate((",bus=virtio-mmio-bus.0", ",bus=virtio-mmio-bus.5", "")):
        m = with_disk(t, "d%d" % i, device=place, more=["-device", "virtio-rng-device"])
        m.run("echo one two three > x; cat README README README > y")
        equal(m.run("cat x; rm x; cat y | wc").split()[:3], ["one", "two", "three"], "what was written to the disk")
        m.close()


@scenario(harts=(1,), boot=None)
def legacy_interface(t):
    """A disk with virtio's legacy interface, which QEMU gives when it is told nothing, is refused with a sentence that says what
    to type, and the machine powers off."""
    m = with_disk(t, "legacy", more=LEGACY, boot=False)
    equal(m.wait_end(), 1, "the status of QEMU")
    check("only version 2 is driven (QEMU: -global virtio-mmio.force-legacy=false)" in m.text, "it does not say what to type\n" + m.tail())


def faulty(t, name, iotype, sector=None, once=False, later=False):
    """A QEMU drive whose reads, writes or flushes fail, at this sector or anywhere; once: only the first of them; later: only
    after the first flush. iotype matters: without it, a fault of one kind hits the other kinds, too, until its next event."""
    path = os.path.join(t.where, name + ".conf")
    event = {"read": "read_aio", "write": "write_aio", "flush": "flush_to_disk"}[iotype]
    with open(path, "w", encoding="ascii") as f:
        if later:
            f.write('[set-state]\nstate = "1"\nevent = "flush_to_os"\nnew_state = "2"\n')
        f.write('[inject-error]\nevent = "%s"\niotype = "%s"\nerrno = "5"\nonce = "%s"\n' % (event, iotype, "on" if once else "off"))
        f.write('state = "2"\n' if later else "")
        if sector is not None:
            f.write('sector = "%d"\n' % sector)
    return "blkdebug:%s:%%s" % path


@scenario(boot=None)
def bad_sector(t):
    """A sector that cannot be read: the program gets an error, everything else goes on, nothing is left waiting."""
    with open(t.image or os.path.join(machine.ROOT, "fs.img"), "rb") as f:
        image = f.read()
    with open(os.path.join(machine.ROOT, "README.md"), "rb") as f:
        at = image.find(f.read(512))
    check(at > 0, "README is not in the image")
    m = with_disk(t, "bad", drive=faulty(t, "bad", "read", at // 512))
    check("error" in m.run("cat README"), "reading a bad sector is no error")
    check("README" in m.run("ls /README"), "ls does not work after the error")
    equal(m.run("echo x > new; cat new"), "x\n", "a new file after the error")


@scenario(boot=None, monitor=True)
def silent_disk(t):
    """A disk that stops answering: in time (here after 3 seconds, not 30) a read fails with an error, and what is in memory
    still works."""
    m = with_disk(t, "silent", drive="blkdebug::%s", more=("-append", "disk=hasty"))
    m.run("ls README")
    m.command("human-monitor-command", {"command-line": 'qemu-io x0 "break read_aio stop"'})
    m.send("sort README\n")
    m.expect(r"(?m)^disk: no answer for 3 seconds; everything fails from now on", "a sentence about the disk", 120)
    m.prompt()
    check("README" in m.run("ls README"), "ls, which is in memory, does not work any more")


def disk_with_files(t):
    """The path of an image with files that were there before the disk went bad, and the image."""
    m = t.start(name="good")
    m.run("echo old > kept; cp README large; mkdir dir; echo inside > dir/file")
    m.send("halt\n")
    m.wait_end()
    with open(m.image, "rb") as f:
        return m.image, Image(f.read())


def places(image):
    """Block numbers by what they hold: what a new file in the root directory changes."""
    free = next(b for b in range(image.size - image.nblocks, image.size) if not image.data[image.bmapstart * BSIZE + b // 8] >> b % 8 & 1)
    return {"the log's header": image.logstart, "the log": image.logstart + 1, "the i-nodes": image.inodestart,
            "the bitmap": image.bmapstart, "the root directory": image.blocks(1)[-1], "a file": free}


def check_disk(t, fsck, disk, when):
    """After the power went: fsck replays the log and finds no fault; the old files are whole. result: the Image then."""
    found = subprocess.run([fsck, "-r", disk], capture_output=True, text=True)
    equal(found.returncode, 0, "%s the status of fsck, which says\n%s\n" % (when, found.stdout[-2000:]))
    with open(disk, "rb") as f:
        image = Image(f.read())
    equal(image.content(image.find("kept")), b"old\n", when + " the old file")
    equal(image.content(image.find("large")), image.content(image.find("README")), when + " the old large file")
    equal(image.content(image.find("dir/file")), b"inside\n", when + " the old file in a directory")
    return image


@scenario(boot=None, seconds=200)
def bad_writes(t):
    """Writes that fail, wherever they go, or flushes: changes are refused with an error, reading and starting programs go on,
    the machine can be halted, and what is on the disk is sound."""
    fsck = crash.build_fsck(t.where)
    t.image, image = disk_with_files(t)
    for i, (what, block) in enumerate([("flush", None)] + list(places(image).items())):
        when = "when a %s fails" % ("write to " + what if block else what)
        drive = faulty(t, "w%d" % i, "write" if block else "flush", block and block * BSIZE // 512)
        m = with_disk(t, "w%d" % i, drive=drive)
        wanted = b"new\n" if "error" not in m.run("echo new > fresh") else b""  # it may be made before the disk fails
        m.run("sync")
        m.shows("fs: the disk does not take writes", "a sentence about the disk " + when)
        check("error" in m.run("echo more > other; sync"), when + " a change is no error\n" + m.tail())
        check("error" in m.run("mkdir nothing"), when + " mkdir is no error\n" + m.tail())
        synced = m.run("sync fresh") == ""
        equal(m.run("cat kept dir/file"), "old\ninside\n", when + " an old file")
        equal(m.run("sort large | wc"), m.run("sort README | wc"), when + " a program that was not in memory")
        m.send("halt 7\n")
        equal(m.wait_end(), 7, when + " the status of QEMU")
        after = check_disk(t, fsck, m.image, when)
        # Once a transaction is in the log it is safe, whatever becomes of the blocks' own places.
        check(not synced or what not in ("flush", "the log's header", "the log"), when + " fsync is no error")
        check(not synced or after.content(after.find("fresh")) == wanted, when + " fsync works, and the file is not on the disk")


@scenario(boot=None, seconds=200)
def writes_fail_once(t):
    """A write or flush that fails once is done again: nothing is lost, and changes are taken again."""
    fsck = crash.build_fsck(t.where)
    t.image, image = disk_with_files(t)
    for i, (what, block) in enumerate([("flush", None)] + list(places(image).items())):
        drive = faulty(t, "o%d" % i, "write" if block else "flush", block and block * BSIZE // 512, once=True)
        m = with_disk(t, "o%d" % i, drive=drive)
        m.send("echo new > fresh\n")
        m.expect("fs: the disk does not take writes", "the error at %s" % what)
        m.expect("fs: the disk takes writes again\n", "the end of the error at %s" % what)
        m.prompt()  # shown again behind the message
        equal(m.run("echo more > other; sync; cat fresh other"), "new\nmore\n", "what was written")
        m.send("halt\n")
        m.wait_end()
        check_disk(t, fsck, m.image, "after one error at %s" % what)
        with open(m.image, "rb") as f:
            after = Image(f.read())
        equal(after.content(after.find("fresh")), b"new\n", "what was written when %s failed once" % what)


@scenario(boot=None, seconds=200)
def bad_reads(t):
    """Blocks that cannot be read: at the start a sentence and power off; later an error for those who want the block, while
    the rest goes on; and nothing on the disk is harmed."""
    fsck = crash.build_fsck(t.where)
    t.image, image = disk_with_files(t)
    early = {"superblock": 1, "log": image.logstart, "i-nodes": image.inodestart + 1, "bitmap": image.bmapstart}
    for i, (what, block) in enumerate(early.items()):
        m = with_disk(t, "e%d" % i, drive=faulty(t, "e%d" % i, "read", block * 2), boot=False)
        m.wait_end()
        check("\nfs: the disk " in m.text, "no sentence about the disk, whose %s cannot be read\n%s" % (what, m.tail()))
        check_disk(t, fsck, m.image, "when the %s cannot be read" % what)
    inode = image.find("dir/file")
    late = {"dir": image.blocks(image.find("dir"))[0], "dir/file": image.blocks(inode)[0], "large": image.inode(image.find("large"))[2][12]}
    m = with_disk(t, "second", drive=faulty(t, "second", "read", image.blocks(image.find("large"))[1] * 2))
    check(re.search(r"\s1024\b", m.run("cat large | wc")), "the block before a bad one does not arrive\n" + m.tail())
    m.close()
    for i, (name, block) in enumerate(late.items()):
        m = with_disk(t, "l%d" % i, drive=faulty(t, "l%d" % i, "read", block * 2))
        check("error" in m.run("cat %s" % ("dir/file" if name == "dir" else name)), "a bad block of %s is no error" % name)
        for command in ("echo x > dir/new", "rm -r dir", "mv dir/file moved", "mv kept dir/kept", "rm large"):
            m.run(command)
        equal(m.run("echo new > fresh; sync; cat fresh"), "new\n", "a new file when %s is bad" % name)
        m.send("halt\n")
        m.wait_end()
        found = subprocess.run([fsck, m.image], capture_output=True, text=True)
        equal(found.returncode, 0, "the status of fsck, which says\n%s\n" % found.stdout[-2000:])


@scenario(harts=(8,), seconds=240)
def sound_at_the_limits(t):
    """A full disk, no i-nodes, crowds on the same names: the disk is sound after each, and all room is there again."""
    fsck, copy = crash.build_fsck(t.where), os.path.join(t.where, "copy")
    room = None
    for name in ("same_names", "no_loops", "replaced_while_open", "directory_goes", "deeper_than_paths", "rename_crosswise",
                 "rename_into_each_other", "disk_full", "full_directories", "inodes_gone"):
        check("ALL TESTS PASSED" in t.sh("usertests %s" % name, 200), "usertests %s fails\n%s" % (name, t.m.tail()))
        t.sh("sync", 60)
        shutil.copyfile(t.m.image, copy)
        found = subprocess.run([fsck, "-r", copy], capture_output=True, text=True)
        equal(found.returncode, 0, "after %s the status of fsck, which says\n%s\n" % (name, found.stdout[-2000:]))
        used = found.stdout.rsplit("orphans; ")[-1]
        room = room or used
        equal(used, room, "after %s the room that is taken" % name)
