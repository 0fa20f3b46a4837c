"""The machine round the card: PCI bridges, other interrupt controllers."""
from . import machine
from .scenario import check, equal, scenario

# A root port with a card; a root port with a bridge, that has a card and a bridge with another card; a card without.
BRIDGES = ["-device", "pcie-root-port,id=rp0,bus=pcie.0,addr=2,chassis=1",
           "-device", "pcie-root-port,id=rp1,bus=pcie.0,addr=9,chassis=2",
           "-device", "pcie-pci-bridge,id=br1,bus=rp1",
           "-device", "pci-bridge,id=br2,bus=br1,addr=4,chassis_nr=9"]
PLACES = (("rp0", 0), ("br2", 6), ("br1", 5), ("pcie.0", 13))


@scenario(boot=None)
def behind_bridges(t):
    """Cards behind bridges, and behind bridges behind bridges: each has registers and an interrupt of its own."""
    net, hosts = list(BRIDGES), []
    for i, (bus, slot) in enumerate(PLACES):
        mac = "52:54:00:bb:00:%02x" % i
        lan = t.wire("b%d" % i, guest="10.0.%d.15" % (2 + i), mac=mac)
        hosts.append((lan, lan.host("10.0.%d.2" % (2 + i))))
        net += ["-netdev", lan.netdev(),
                "-device", machine.card(i, lan.name, slot, mac).replace("bus=pcie.0", "bus=" + bus)]
    t.m = t.start(net)
    shown = t.sh("ifconfig")
    for i, (lan, host) in enumerate(hosts):
        name = next((part.split()[0] for part in shown.split("\ne") if lan.mac in part), "")
        check(name, "ifconfig does not show %s:\n%s" % (lan.mac, shown))
        name = "e" + name.strip("e:")
        t.sh("ifconfig %s %s/24 up" % (name, lan.guest))
        host.ping(b"to the card on " + PLACES[i][0].encode())
        # Whoever is woken by another's interrupt finds its frames, too, so that an answer alone proves little.
        # It need not be the first frame's interrupt: an idle hart may have seen that in the ring before.

        def interrupted():
            host.ping(b"again")
            return t.numbers()[name + ".irqs"] > 0
        t.until("an interrupt of %s's own" % name, interrupted)


@scenario(boot=None)
def interrupt_controllers(t):
    """Without the interrupt controller that the kernel drives it says so and powers off; with an ACLINT it boots."""
    for kind in ("aplic", "aplic-imsic"):
        m = t.start(extra=["-machine", "virt,aia=" + kind], boot=False, name=kind)
        check(m.wait_end() != 0, "QEMU's status is 0\n" + m.tail())
        check("PLIC" in m.text, "no sentence about the interrupt controller\n" + m.tail())
    sockets = ["-smp", "2", "-object", "memory-backend-ram,size=64M,id=m0", "-object", "memory-backend-ram,size=64M,id=m1",
               "-numa", "node,memdev=m0,cpus=0", "-numa", "node,memdev=m1,cpus=1"]
    m = t.start(extra=sockets, boot=False, name="sockets")
    check(m.wait_end() != 0 and "2 sockets" in m.text, "no sentence about the second socket\n" + m.tail())
    m = t.start(extra=["-machine", "virt,aclint=on"], name="aclint")
    equal(m.run("echo hello"), "hello\n", "the output of echo")
