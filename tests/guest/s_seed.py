"""Randomness: what others must not guess comes from the device tree's seed or from virtio-rng, and from nothing else.

QEMU's -seed decides what it hands over in both ways, so two starts with the same one are alike, and that shows that
nothing else takes part. A device tree without a seed is QEMU's own with the property's name changed in memory: it puts
one into every tree.
"""
import os
import re
import socket
import struct

from . import machine
from .scenario import check, equal, scenario

GATEWAY = "10.0.2.2"
RNG = ("-object", "rng-random,filename=/dev/urandom,id=r0", "-device", "virtio-rng-device,rng=r0,bus=virtio-mmio-bus.1")


def address_of(kernel, name):
    """Where a variable of the kernel is, from the symbol table of its ELF file: its physical address."""
    with open(kernel, "rb") as f:
        data = f.read()
    shoff, = struct.unpack_from("<Q", data, 40)
    shentsize, shnum = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, shoff + i * shentsize) for i in range(shnum)]
    for s in sections:
        if s[1] != 2:  # SHT_SYMTAB
            continue
        strings = sections[s[6]][4]
        for at in range(s[4], s[4] + s[5], 24):
            st_name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", data, at)
            if data[strings + st_name:].startswith(name.encode() + b"\0"):
                return value - 0xffffffc000000000
    raise machine.Failure("the kernel has no variable %s" % name)


def rename_seed(m, where):
    """The machine m has not run its first instruction: change the name of the seed in its device tree, in its memory."""
    path, size = os.path.join(where, "top"), 4 << 20
    top = 0x80000000 + (128 << 20) - size
    m.command("pmemsave", {"val": top, "size": size, "filename": path})
    with open(path, "rb") as f:
        memory = f.read()
    equal(memory.count(b"\0rng-seed\0"), 1, "the device trees with a seed at the end of memory")
    packet = b"M%x,3:%s" % (top + memory.index(b"\0rng-seed\0") + 1, b"not".hex().encode())
    with socket.socket(socket.AF_UNIX) as gdb:  # only a debugger can write there
        gdb.settimeout(20 * machine.SLOW)
        gdb.connect(os.path.join(where, "gdb"))
        gdb.sendall(b"$%s#%02x" % (packet, sum(packet) % 256))
        said = b""
        while b"$OK#9a" not in said:
            more = gdb.recv(100)
            check(more, "QEMU's debugger said %r" % said)
            said += more
        gdb.sendall(b"+")
    os.unlink(os.path.join(where, "gdb"))


def facts(t, name, *extra, seed=True):
    """What a start of the machine draws by chance: identifications, ports, the key of ARP's hash table. seed: leave the
    device tree's where it is. result: these, and the console."""
    lan = t.wire(name)
    lan.host(GATEWAY)
    stopped = () if seed else ("-S", "-gdb", "unix:%s,server=on,wait=off" % os.path.join(t.where, "gdb"))
    m = t.start(["-netdev", lan.netdev(), "-device", machine.card(netdev=name)], name=name, extra=extra + stopped,
                monitor=True, boot=False)
    if not seed:
        rename_seed(m, t.where)
        m.command("cont")
    m.prompt(60)
    for _ in range(3):
        m.run("nt send %s 9 3 20" % GATEWAY)
    lan.until("nine datagrams", lambda: len(lan.frames(lambda f: f.udp and f.udp.dport == 9)) == 9)
    frames = lan.frames(lambda f: f.udp and f.udp.dport == 9)
    said = m.command("human-monitor-command", {"command-line": "xp /1wx 0x%x" % address_of(t.kernel, "hash_key")})
    key = re.search(r": (0x[0-9a-f]{8})", said).group(1)
    m.close()
    return {"identifications": [f.ip.id for f in frames], "ports": [f.udp.sport for f in frames][::3], "hash key": key}, m.text


def differ(a, b, what):
    for kind in a:
        check(a[kind] != b[kind], "%s give the same %s: %s" % (what, kind, a[kind]))


@scenario(harts=(1,), boot=None)
def seed_of_device_tree(t):
    """Without virtio-rng: identifications, ephemeral ports and the key of ARP's table follow from the device tree's seed:
    the same ones from the same seed, others from another."""
    one, _ = facts(t, "a", "-seed", "1")
    again, _ = facts(t, "b", "-seed", "1")
    two, _ = facts(t, "c", "-seed", "2")
    equal(again, one, "what the same seed gives")
    differ(one, two, "two seeds")
    check(len(set(one["identifications"])) == 9 and len(set(one["ports"])) == 3, "numbers come twice: %s" % one)


@scenario(harts=(1,), boot=None)
def seed_of_device_tree_is_enough(t):
    """With both, virtio-rng is left alone: identifications and ports follow from the device tree's seed as they do without it."""
    alone, _ = facts(t, "a", "-seed", "1")
    both, _ = facts(t, "b", "-seed", "1", *RNG)
    equal(both, alone, "what the same seed gives beside virtio-rng")


@scenario(harts=(1,), boot=None)
def seed_of_virtio_rng(t):
    """Without a seed in the device tree: virtio-rng is waited for, and two starts have nothing in common."""
    one, said = facts(t, "a", *RNG, seed=False)
    two, _ = facts(t, "b", *RNG, seed=False)
    differ(one, two, "two starts with virtio-rng")
    check("can be guessed" not in said, "virtio-rng was there, and the kernel missed it")


@scenario(harts=(1,), boot=None)
def no_seed_at_all(t):
    """With neither, the machine says that its ports can be guessed, and works."""
    _, said = facts(t, "a", seed=False)
    check("ports and keys can be guessed" in said, "it does not say so")
