"""Starting, and ending, on machines of all sizes."""
import os
import re
import struct
import subprocess

from . import machine
from .scenario import check, equal, scenario


@scenario(harts=(1, 3, 8))
def boots(t):
    """The machine boots to the prompt, runs a program, and powers off with status 0."""
    equal(t.sh("echo hello"), "hello", "the output of echo")
    t.m.send("halt\n")
    equal(t.m.wait_end(), 0, "QEMU's exit status after halt")


@scenario(harts=(9, 16))
def more_harts_than_supported(t):
    """With more harts than 8 it says so in a sentence and goes on with 8."""
    check(re.search(r"(?i)\b8\b.*hart|hart.*\b8\b", t.m.text), "nothing on the console says that 8 harts are used\n" + t.m.tail())
    equal(t.sh("echo hello"), "hello", "the output of echo")


@scenario(harts=(3,), boot=None)
def memory_sizes(t):
    """The size of memory comes from the machine: 64M, 256M and 512M boot, and free shows it."""
    for mega in (64, 256, 512):
        m = t.start(mem="%dM" % mega)
        total = int(re.search(r"mem.total (\d+)", m.run("ntstat")).group(1))
        check(mega * 0.75 < total / 1048576 <= mega, "with %d MB the page allocator has %d bytes" % (mega, total))
        m.close()


@scenario(harts=(1,), boot=None)
def too_little_memory(t):
    """With 2 MB of memory it says in a sentence that this is not enough, and powers off, or runs; never a hang."""
    m = t.start(mem="2M", boot=False)
    found = m.expect(r"(?mi)^\$ |memory", "a sentence about memory", partial=True)
    if not found.group(0).startswith("$"):
        check(m.wait_end() != 0, "QEMU's status after a failed start is 0")


def device_tree(t):
    """The tree that QEMU makes for this machine."""
    path = os.path.join(t.where, "tree.dtb")
    line = machine.plain_line(t.kernel or os.path.join(machine.ROOT, "kernel", "kernel"), None, t.harts, "128M")
    line[line.index("virt")] += ",dumpdtb=" + path
    subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, check=True)
    with open(path, "rb") as f:
        return path, f.read()


def property_at(tree, name):
    """Where the value of the first property of this name lies (devicetree specification, chapter 5)."""
    words, strings = struct.unpack_from(">II", tree, 8)
    wanted = tree.index(b"\0" + name.encode() + b"\0", strings) + 1 - strings
    for at in range(words, strings, 4):
        if struct.unpack_from(">I", tree, at)[0] == 3 and struct.unpack_from(">I", tree, at + 8)[0] == wanted:
            return at + 12
    raise ValueError(name)


@scenario(harts=(1, 3), boot=None)
def no_uart(t):
    """A device tree that names no UART: it says so where `virt` has one, and powers off with status 1; never a hang."""
    path, tree = device_tree(t)
    with open(path, "wb") as f:
        f.write(tree.replace(b"ns16550a", b"ns16550z"))
    m = t.start(boot=False, extra=["-dtb", path])
    equal(m.wait_end(), 1, "QEMU's exit status")
    check("rxv: The device tree names no UART" in m.text, "no sentence about it\n" + m.tail())


@scenario(harts=(1,), boot=None)
def no_tree(t):
    """A device tree that is none: the same."""
    path, tree = device_tree(t)
    at = property_at(tree, "timebase-frequency")
    with open(path, "wb") as f:
        f.write(tree[:at - 12] + b"\xff" * 4 + tree[at - 8:])  # a token that is none
    m = t.start(boot=False, extra=["-dtb", path])
    equal(m.wait_end(), 1, "QEMU's exit status")
    check("device tree" in m.text, "no sentence about it\n" + m.tail())


@scenario(harts=(1, 3), boot=None)
def timebase(t):
    """The clock's frequency comes from the device tree: called a quarter of what it is, time passes four times as fast as on
    the clock chip; called twice as fast, half. The time to sleep is counted so, too."""
    path, tree = device_tree(t)
    at = property_at(tree, "timebase-frequency")
    real = struct.unpack_from(">I", tree, at)[0]
    for told in (real // 4, real * 2):
        with open(path, "wb") as f:
            f.write(tree[:at] + struct.pack(">I", told) + tree[at + 4:])
        m = t.start(extra=["-dtb", path])
        clocks = []
        for command in ("ntstat", "sleep 1; ntstat"):
            out = m.run(command, 60)
            clocks.append([int(re.search(r"clock.%s (\d+)" % c, out).group(1)) for c in ("boot", "wall")])
        boot, wall = (b - a for a, b in zip(*clocks))
        check(boot >= 1000000000, "`sleep 1` took %d ns" % boot)
        check(0.8 < boot / wall * told / real < 1.25, "at %d Hz, told %d: %d ns passed in %d of the clock chip's" % (
            real, told, boot, wall))
        m.close()


@scenario(boot=None, debug=True)
def timebase_debug(t):
    """The debug kernel's times without interrupts are counted with the frequency that the device tree says, too."""
    path, tree = device_tree(t)
    at = property_at(tree, "timebase-frequency")
    with open(path, "wb") as f:
        f.write(tree[:at] + struct.pack(">I", struct.unpack_from(">I", tree, at)[0] // 4) + tree[at + 4:])
    t.m = t.start(extra=["-dtb", path])

    def shown():
        off = re.findall(r"at most (\d+) us with interrupts off, by ([^\n]*)", t.sh("kdebug irqs; kdebug"))
        return any(int(us) >= 500000 and who.startswith("without_interrupts < ") for us, who in off)
    t.until("half a second without interrupts to show", shown, 30)


@scenario(harts=(3,))
def halt_status(t):
    """`halt 3` makes QEMU's exit status 3."""
    t.m.send("halt 3\n")
    equal(t.m.wait_end(), 3, "QEMU's exit status after halt 3")


@scenario(harts=(3,))
def poweroff(t):
    """`poweroff` ends QEMU with status 0."""
    t.m.send("poweroff\n")
    equal(t.m.wait_end(), 0, "QEMU's exit status after poweroff")


@scenario(harts=(3,))
def ctrl_a_x(t):
    """Ctrl-A X ends QEMU, as its users expect."""
    t.m.send("\x01x")
    equal(t.m.wait_end(), 0, "QEMU's exit status after Ctrl-A X")


@scenario(harts=(3,))
def no_network(t):
    """Without a card it boots, says that there is none, and network calls fail with an error."""
    check(re.search(r"(?i)no (network|card|nic|e1000)", t.m.text), "nothing says that there is no card\n" + t.m.tail())
    out = t.sh("nt send 10.0.2.2 7 1 10")
    check("error" in out and "sent 0" in out, "sending without a network printed: " + out)
    check("sent 1" in t.sh("nt send 127.0.0.1 7 1 10"), "the loopback interface does not work without a card")


@scenario(harts=(3,), boot=None)
def no_disk(t):
    """Without a disk it says so in a sentence and powers off."""
    m = t.start(boot=False, disk=False)
    check(m.wait_end(60) != 0, "QEMU's status is 0 although there is no disk\n" + m.tail())
    check(re.search(r"(?i)disk", m.text), "no sentence about the disk\n" + m.tail())


@scenario(harts=(3,), boot=None)
def bad_images(t):
    """A disk image that is empty, cut short, of noise, or with a superblock that lies: a sentence and power off."""
    good = open(t.image or os.path.join(machine.ROOT, "fs.img"), "rb").read()
    noise = bytes((i * 7919 + 13) >> 3 & 255 for i in range(len(good)))
    magic = bytearray(good)
    magic[1024] ^= 1
    short_log = bytearray(good)
    short_log[1024 + 16:1024 + 20] = b"\1\0\0\0"
    outside = bytearray(good)
    outside[1024 + 24:1024 + 28] = b"\xff\xff\xff\x7f"
    for name, data in (("zeros", bytes(len(good))), ("noise", noise), ("cut", good[:len(good) // 2 // 1024 * 1024]),
                       ("tiny", good[:1024]), ("magic", magic), ("log", short_log), ("inodes", outside)):
        path = os.path.join(t.where, "bad.img")
        with open(path, "wb") as f:
            f.write(data)
        m = t.start(image=path, boot=False, name="bad-" + name)
        status = m.wait_end(60)
        check(status != 0, "image '%s': QEMU's status is 0\n%s" % (name, m.tail()))
        check(re.search(r"(?i)disk|file system|image|superblock|init", m.text), "image '%s': no sentence\n%s" % (name, m.tail()))
        m.close()
