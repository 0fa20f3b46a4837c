"""IPv4 headers: every field that lies."""
import struct

from wire import packet as p
from .kit import CLOSED_PORT, GUEST, hostile

NOP = b"\x01"


@hostile("I1", "versions other than 4", "RFC 1122 3.2.1.1")
def version(c):
    for v in range(16):
        if v != 4:
            c.ip("ip.version", version_=v)


@hostile("I2", "header length below 20 bytes", "RFC 791 3.1")
def header_short(c):
    for ihl in range(5):
        c.ip("ip.ihl", ihl_=ihl)


@hostile("I3", "header length beyond the frame", "RFC 791 3.1; CVE-2020-11909")
def header_beyond(c):
    for ihl in range(12, 16):  # the frame has 46 bytes for it
        c.ip("ip.ihl", ihl_=ihl, payload=b"")
        c.ip("ip.ihl", ihl_=ihl, payload=b"", total_=ihl * 4)


@hostile("I4", "total length below the header's", "RFC 791 3.1; CVE-2020-11909")
def total_short(c):
    for total in (0, 1, 19):
        c.ip("ip.len", total_=total)
    for total in (0, 20, 59):
        c.ip("ip.len", total_=total, options=NOP * 40)


@hostile("I5", "total length beyond the frame", "RFC 791 3.1; CVE-2020-11898")
def total_beyond(c):
    for total in (47, 48, 100, 1500, 1501, 2048, 4096, 32768, 65534, 65535):
        c.ip("ip.len", total_=total, payload=c.echo_message(b"0123456789"))
    packet = p.Ip(c.host.address, GUEST, p.ICMP, c.echo_message(bytes(1000))).emit()
    for n in (47, 100, 500, 1027):
        c.ether(packet[:n], "ip.len")


@hostile("I6", "wrong header checksum", "RFC 1122 3.2.1.2")
def bad_checksum(c):
    right = p.Ip(c.host.address, GUEST, p.ICMP, c.echo_message()).emit()
    for bit in sorted(c.r.sample(range(16), 8)):
        c.ether(right[:10] + struct.pack("!H", struct.unpack("!H", right[10:12])[0] ^ 1 << bit) + right[12:], "ip.cksum")
    for at in (1, 4, 8, 12, 16):  # what is damaged is not the sum, but what it covers
        c.ether(right[:at] + bytes([right[at] ^ 0x10]) + right[at + 1:], "ip.cksum")


@hostile("I7", "TTL 0 and 1, for us and for others", "RFC 1122 3.2.1.7")
def ttl(c):
    for n in (0, 1):
        c.ip(None, "echo reply", ttl=n)
        c.ip("ip.dst", ttl=n, dst="192.0.2.1")
        c.udp("udp.noport", "ICMP 3/3", dport=CLOSED_PORT, ttl=n)


@hostile("I8", "source is a broadcast, multicast, 127, 0, or our own (land)", "RFC 1122 3.2.1.3; CVE-1999-0016")
def bad_source(c):
    for src in ("255.255.255.255", "10.0.2.255", "10.0.2.0", "224.0.0.1", "239.255.255.255", "240.0.0.1", "127.0.0.1",
                "127.255.255.254", "0.0.0.0", "0.0.0.1", GUEST):
        c.ip("ip.src", src=src)
        c.udp("ip.src", src=src, dport=CLOSED_PORT)
    for dst in ("10.0.2.255", "10.0.2.99", "127.0.0.1", "0.0.0.0"):
        c.udp("ip.src", src="0.0.0.0", dst=dst, to=p.BROADCAST)
    for src in ("0.0.0.1", "10.0.2.255", GUEST):
        c.udp("ip.src", src=src, dst="255.255.255.255", to=p.BROADCAST)
    # Only a host that asks everybody for its address has none; it is not told of anything (RFC 1122 3.2.1.3(a)).
    c.udp("udp.noport", src="0.0.0.0", sport=68, dst="255.255.255.255", dport=67, to=p.BROADCAST)
    c.ip("icmp.bcast", src="0.0.0.0", dst="255.255.255.255", to=p.BROADCAST)
    c.ip("ip.proto", src="0.0.0.0", dst="255.255.255.255", to=p.BROADCAST, proto=99)


@hostile("I9", "broadcast and multicast destinations, with TCP", "RFC 1122 4.2.3.10, 3.2.2")
def to_all(c):
    syn = struct.pack("!HHIIBBHHH", 1024, 80, 1, 0, 0x50, 2, 8192, 0, 0)
    for dst in ("10.0.2.255", "255.255.255.255"):
        c.ip("ip.proto", to=p.BROADCAST, dst=dst, proto=p.TCP, payload=syn)
        c.ip("ip.proto", dst=dst, proto=p.TCP, payload=syn)
        c.ip("ip.proto", to=p.BROADCAST, dst=dst, proto=99)
    for dst in ("224.0.0.1", "127.0.0.1", "127.1.2.3", "0.0.0.0", "192.0.2.1", "10.0.2.99", "240.0.0.1"):
        c.ip("ip.dst", dst=dst)
        c.ip("ip.dst", dst=dst, proto=p.TCP, payload=syn)
    c.ip("ip.proto", "ICMP 3/2", proto=p.TCP, payload=syn)


@hostile("I10", "options of length 0, 1, and beyond the header", "RFC 1122 3.2.1.8; CVE-2019-12256")
def option_lengths(c):
    for option in (b"\x07\x00", b"\x07\x01\x04\x00", b"\x44\x00", b"\x82\x01", b"\x07\x09\x04\x00", b"\x94\xff\x00\x00",
                   NOP * 3 + b"\x07", NOP * 38 + b"\x44\x03", NOP * 39 + b"\x94"):
        c.ip("ip.options", "ICMP 12/0", options=option)


@hostile("I11", "option lists without an end, all padding, unknown options", "RFC 1122 3.2.1.8 (ignore unknown ones)")
def option_lists(c):
    for options in (NOP * 40, NOP * 4, b"\0" * 40, b"\x94\x04\0\0" * 10, b"\x1e\x28" + bytes(38), b"\xff\x02" * 20,
                    b"\x88\x04\0\1", b"\0\x07\0\0", b"\0" + b"\xff" * 39):
        c.ip(None, "echo reply", options=options)


@hostile("I12", "loose and strict source routes", "RFC 7126 4.3; CVE-2019-12256")
def source_route(c):
    for kind in (131, 137):
        for option in (bytes([kind, 7, 4]) + p.ip_bytes("10.0.2.99"), bytes([kind, 3, 4]), bytes([kind, 39, 40]) + bytes(36),
                       NOP * 5 + bytes([kind, 11, 255]) + bytes(8)):
            c.ip("ip.srcroute", options=option)


@hostile("I13", "record route and timestamp with every wrong pointer", "RFC 791 3.1; CVE-2019-12256")
def option_pointers(c):
    for pointer in (0, 1, 3, 9, 127, 255):
        c.ip("ip.options", "ICMP 12/0", options=bytes([7, 7, pointer]) + bytes(4))
    for pointer in (0, 4, 14, 255):
        c.ip("ip.options", "ICMP 12/0", options=bytes([68, 12, pointer, 1]) + bytes(8))
    c.ip("ip.options", "ICMP 12/0", options=NOP * 38 + b"\x07\x02")  # the pointer itself is beyond the header
    c.ip("ip.options", "ICMP 12/0", options=NOP * 38 + b"\x44\x02")
    for good in (bytes([7, 7, 4]) + bytes(4), bytes([7, 7, 8]) + bytes(4), bytes([68, 12, 5, 0]) + bytes(8)):
        c.ip(None, "echo reply", options=good)


@hostile("I14", "the reserved flag; DF in a fragment does no harm", "RFC 791 3.1, 3.2; RFC 6864 4")
def flags(c):
    c.ip("ip.flags", reserved_=True)
    c.ip("ip.flags", reserved_=True, df=True)
    c.ip("ip.flags", reserved_=True, df=True, mf=True, offset=65528)
    c.ip(None, "echo reply", df=True)
    message = c.echo_message(bytes(800))
    for ident, first, second in ((1001, True, True), (1002, True, False), (1003, False, True)):
        c.piece(ident, 0, message[:400], True, df=first)
        c.piece(ident, 400, message[400:], False, None, "echo reply", df=second)


@hostile("I15", "protocols that nobody speaks", "RFC 1122 3.2.2.1")
def protocols(c):
    for proto in [0, 2, 4, 41, 47, 50, 255] + c.r.sample(range(100, 250), 3):
        c.ip("ip.proto", "ICMP 3/2", proto=proto)
        c.ip("ip.proto", "ICMP 3/2", proto=proto, payload=b"")


@hostile("I16", "packets in packets, 60 deep", "RFC 1122 3.2.2.1; CVE-2020-11896")
def nested(c):
    for depth in (1, 2, 60):
        inner = p.Ip(c.host.address, GUEST, p.ICMP, c.echo_message())
        for _ in range(depth):
            inner = p.Ip(c.host.address, GUEST, 4, inner.emit())
        c.ether(inner.emit(), "ip.proto", "ICMP 3/2")
        c.ip("ip.proto", "ICMP 3/2", proto=4, payload=inner.emit()[:7])
        c.icmp("icmp.inner", kind_=p.UNREACHABLE, code=3, data=inner.emit())
