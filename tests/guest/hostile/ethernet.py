"""Frames: too short, too long, of no known kind, from nobody; and a card that reports errors."""
from wire import packet as p
from ..scenario import equal
from .kit import CLOSED_PORT, DONE, EOP, GUEST, NOBODY, hostile

CARD_MOST = 1522  # bytes of the longest frame that the card takes when long ones are off: a VLAN tag and the CRC
RECEIVED_SHORT = ("eth.short", "eth.type", "ip.short", "ip.version", "ip.ihl", "ip.len", "ip.cksum")


@hostile("E1", "runts of 0 to 59 bytes", "RFC 894; IEEE 802.3 3.2.7")
def runts(c):
    # The card fills a short frame up with zeros (QEMU 7) or not (later ones): only the name depends on that. One that has
    # not even our address is the card's to drop.
    whole = p.Ether(c.lan.mac, c.host.mac, p.TYPE_IP, p.Ip(c.host.address, GUEST, p.ICMP, c.echo_message(bytes(60))).emit())
    for n in range(1, p.MINIMUM):
        c.frame(whole.emit()[:n])
    c.one_of(RECEIVED_SHORT, p.MINIMUM - 6)
    for n in range(14):
        c.short(whole.emit()[:n], "eth.short")


@hostile("E2", "frames over several descriptors, the card's limit taken away", "82540EM manual 3.2.3 (EOP)")
def several_descriptors(c):
    rctl = c.tools.card.read(c.tools.card.RCTL)
    c.tools.card.write(c.tools.card.RCTL, rctl | 1 << 5)  # LPE, behind the driver's back
    try:
        for n in (2049, 4096, 4097, 6144, 9000, 16000):
            c.ether(b"\x45" + b"long" * (n // 4), "rx.long")
            c.ip(None, "echo reply")  # the one behind it is whole
        c.barrier()
    finally:
        c.tools.card.write(c.tools.card.RCTL, rctl)
    c.barrier()


@hostile("E3", "jumbo frames: 1514 to 1522 bytes, and 1523 to 16 K", "IEEE 802.3 3.2.7; RFC 894")
def jumbo(c):
    for n in range(1514, CARD_MOST + 1):
        c.ip(None, "echo reply", behind=bytes(n - 14 - 36))
    for n in (CARD_MOST + 1, 2047, 2048, 2049, 4095, 4096, 4097, 9018, 16384):
        c.ip(behind=bytes(n - 14 - 36))  # the card's to drop
    c.say("beyond %d dropped by the card" % CARD_MOST)


@hostile("E4", "unknown types, 802.3 lengths, VLAN tags, two of them, cut short", "RFC 1122 2.3.1, 2.3.3")
def types(c):
    inner = p.Ip(c.host.address, GUEST, p.ICMP, c.echo_message()).emit()
    for kind_ in (0x88cc, 0x86dd, 0x0801, 0x0842, 0xffff, 0x1000):  # 0x1000: a trailer, RFC 893
        c.ether(inner, "eth.type", kind_=kind_)
    for length in (0, 1, 46, len(inner), 1500, 0x5ff):
        c.ether(b"\xaa\xaa\x03\0\0\0\x08\0" + inner, "eth.type", kind_=length)
    tag = b"\0\1\x08\0"
    for kind_ in (p.TYPE_VLAN, 0x88a8):
        c.ether(tag + inner, "eth.vlan", kind_=kind_)
        c.ether(b"\0\1\x81\0" + tag + inner, "eth.vlan", kind_=kind_)
        for n in range(4):
            c.ether(tag[:n], "eth.vlan", kind_=kind_, pad=False)


@hostile("E5", "source is our own address", "RFC 1122 3.2.1.3; CVE-2026-7422")
def own_source(c):
    c.ip("eth.src", mac=c.lan.mac)
    c.udp("eth.src", mac=c.lan.mac, dport=CLOSED_PORT)
    c.arp("eth.src", mac=c.lan.mac)
    c.arp("eth.src", mac=c.lan.mac, sha=c.lan.mac, spa=GUEST)


@hostile("E6", "source is a broadcast or multicast address", "IEEE 802.3 3.2.3; RFC 1812 3.3.2")
def group_source(c):
    for mac in (p.BROADCAST, "01:00:5e:00:00:01", "33:33:00:00:00:01", "01:00:00:00:00:00"):
        c.ip("eth.src", mac=mac)
        c.arp("eth.src", mac=mac)


@hostile("E7", "broadcast frames with a unicast packet", "RFC 1122 3.3.6")
def linkcast(c):
    c.ip("ip.linkcast", to=p.BROADCAST)
    c.udp("ip.linkcast", to=p.BROADCAST, dport=CLOSED_PORT)
    c.ip("ip.linkcast", to=p.BROADCAST, proto=99)
    c.ip("ip.dst", to=p.BROADCAST, dst="10.0.2.99")


@hostile("E8", "bytes behind the IP packet, in small and large frames", "RFC 894; CVE-2003-0001 (Etherleak)")
def padding(c):
    c.echo()
    for size in (0, 1, 10, 17, 18, 100):
        for behind in (b"\xee" * 7, b"\xee" * 400):
            c.ip(None, "echo reply", payload=c.echo_message(bytes(size)), behind=behind)
        c.udp(None, "UDP", bytes(size), behind=b"\xee" * 100)
        c.udp("udp.noport", "ICMP 3/3", bytes(size), behind=b"\xee" * 100, dport=CLOSED_PORT)
    c.ether(p.Arp(1, c.host.mac, c.host.address, "00:00:00:00:00:00", GUEST).emit() + b"\xee" * 60, None, "ARP reply",
            to=p.BROADCAST, kind_=p.TYPE_ARP)
    c.barrier()
    c.lan.until("all answers", lambda: c.heard()["UDP"] >= 6)
    leaks = [f for f in c.lan.frames(since=c.mark) if b"\xee\xee\xee" in f.raw and not (f.icmp and f.icmp.type == 3)]
    equal(leaks, [], "frames with bytes that were behind a packet")


@hostile("E9", "descriptors with error bits, by the card's registers", "82540EM manual 3.2.3.2")
def descriptor_errors(c):
    for bits in (0x01, 0x02, 0x04, 0x10, 0x80, 0x97, 0xff):  # CRC, symbol, sequence, carrier extension, data; all
        c.tools.card.receive(bytes(100), bits << 40 | EOP | DONE)
        c.drops["rx.error"] += 1
        c.ip(None, "echo reply")
        c.barrier()  # by now the descriptor has been looked at
    for length in (2049, 4096, 65535):
        c.tools.card.receive(b"", length=length)
        c.drops["rx.long"] += 1
        c.ip(None, "echo reply")
        c.barrier()


@hostile("E10", "1000 frames at a full ring; no packet to be had, at each step", "mbed-os issue 11517", debug=True)
def no_memory(c):
    c.echo()
    for i in range(1000):
        c.ip(None, "echo reply", payload=c.echo_message(b"%d" % i))
    c.lan.until("a thousand replies", lambda: c.heard()["echo reply"] >= 1000)
    c.arp(None, "ARP reply")  # the guest has no reason to ask for the gateway, with a packet of its own, in the next 45 s
    # The first packet asked for is the one that takes the frame's place on the ring, the second one holds the answer.
    for nth, name, send in ((1, "rx.nobuf", c.ip), (1, "rx.nobuf", c.arp), (1, "rx.nobuf", c.udp), (2, "nomem", c.arp),
                            (2, "nomem", lambda: c.ip("ip.proto", proto=99)),
                            (2, "nomem", lambda: c.udp("udp.noport", dport=CLOSED_PORT))):
        equal(c.t.sh("nt fail %d" % nth), "armed", "nt fail")
        send()
        c.drops[name] += 1
        c.t.dropped(name, c.drops[name], c.before)


@hostile("E11", "IP and ARP frames that end before their header does", "RFC 791 3.1; RFC 826; CVE-2020-11914")
def headers_cut(c):
    packet = p.Ether(c.lan.mac, c.host.mac, p.TYPE_IP, p.Ip(c.host.address, GUEST, p.ICMP, c.echo_message()).emit()).emit()
    question = p.Ether(p.BROADCAST, c.host.mac, p.TYPE_ARP, p.Arp(1, c.host.mac, c.host.address, NOBODY, GUEST).emit()).emit()
    for n in range(28):
        c.short(question[:14 + n], "arp.short")
    for n in range(20):
        c.short(packet[:14 + n], "ip.short")
    for n in range(20, 36):
        c.short(packet[:14 + n], "ip.len")
    packet = p.Ether(c.lan.mac, c.host.mac, p.TYPE_IP, p.Ip(c.host.address, GUEST, p.ICMP, c.echo_message(bytes(200))).emit())
    for n in range(46):  # over the wire the card may fill them up
        c.frame(packet.emit()[:14 + n])
    c.one_of(RECEIVED_SHORT, 46)
