"""The disk: every transport and slot of it, and what happens when it fails or falls silent."""
import os
import shutil

from . import machine
from .scenario import check, equal, scenario

LEGACY, MODERN = ["-global", "virtio-mmio.force-legacy=true"], []  # the last -global counts


def with_disk(t, name, drive="", device="", more=()):
    """A machine whose disk is given in QEMU's words; %s in drive stands for the image."""
    image = os.path.join(t.where, name + ".img")
    shutil.copyfile(t.image or os.path.join(machine.ROOT, "fs.img"), image)
    drive = "file=%s,if=none,format=raw,id=x0" % ((drive or "%s") % image)
    extra = ["-drive", drive, "-device", "virtio-blk-device,drive=x0" + device] + list(more)
    return t.start(extra=extra, disk=False, name=name)


@scenario(harts=(1, 3), boot=None)
def transports(t):
    """Both generations of virtio, in the first slot, another one, and the one that QEMU chooses, beside another device."""
    for i, transport in enumerate((LEGACY, MODERN)):
        for k, place in enumerate((",bus=virtio-mmio-bus.0", ",bus=virtio-mmio-bus.5", "")):
            m = with_disk(t, "d%d%d" % (i, k), device=place, more=transport + ["-device", "virtio-rng-device"])
            m.run("echo one two three > x; cat README README README > y")
            equal(m.run("cat x; rm x; cat y | wc").split()[:3], ["one", "two", "three"], "what was written to the disk")
            m.close()


def errors_at(t, name, event, sector=None):
    """A QEMU drive on which this event of the block layer fails, at this sector or anywhere."""
    path = os.path.join(t.where, name + ".conf")
    with open(path, "w", encoding="ascii") as f:
        f.write('[inject-error]\nevent = "%s"\nerrno = "5"\nonce = "off"\n' % event)
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
    m = with_disk(t, "bad", drive=errors_at(t, "bad", "read_aio", at // 512))
    check("error" in m.run("cat README"), "reading a bad sector is no error")
    check("README" in m.run("ls /README"), "ls does not work after the error")
    equal(m.run("echo x > new; cat new"), "x\n", "a new file after the error")


@scenario(boot=None, monitor=True)
def silent_disk(t):
    """A disk that stops answering: after 30 seconds a read fails with an error, and what is in memory still works."""
    m = with_disk(t, "silent", drive="blkdebug::%s")
    m.run("ls README")
    m.command("human-monitor-command", {"command-line": 'qemu-io x0 "break read_aio stop"'})
    m.send("sort README\n")
    m.expect(r"(?m)^disk: no answer", "a sentence about the disk", 120)
    m.prompt()
    check("README" in m.run("ls README"), "ls, which is in memory, does not work any more")
