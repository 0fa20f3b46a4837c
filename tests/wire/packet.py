"""Packets: Ethernet (RFC 894), ARP (826), IPv4 (791), ICMP (792) and UDP (768), each with parse() and emit().

Addresses are text ("10.0.2.15", "52:54:00:12:34:56"), numbers are in host order: wire order lives in this file only.
parse() raises Malformed when a length or a checksum is wrong. emit() computes lengths and checksums, unless the
caller sets one on purpose: the fields named with a trailing underscore go out as they are.
"""
import dataclasses
import struct
from typing import Optional

TYPE_IP, TYPE_ARP, TYPE_VLAN = 0x0800, 0x0806, 0x8100
ICMP, TCP, UDP = 1, 6, 17
BROADCAST = "ff:ff:ff:ff:ff:ff"
ECHO_REPLY, UNREACHABLE, REDIRECT, ECHO, TIME_EXCEEDED = 0, 3, 5, 8, 11
MTU = 1500
MINIMUM = 60  # bytes of the shortest Ethernet frame, without CRC


class Malformed(ValueError):
    """These bytes are not what they claim to be."""


def mac_bytes(text):
    return bytes(int(x, 16) for x in text.split(":"))


def mac_text(data):
    return ":".join("%02x" % x for x in data)


def ip_bytes(text):
    return bytes(int(x) for x in text.split("."))


def ip_text(data):
    return ".".join(str(x) for x in data)


def checksum(data):
    """The Internet checksum (RFC 1071) of data, 0 to 0xffff."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def need(data, n, what):
    if len(data) < n:
        raise Malformed("%s: %d bytes, needs %d" % (what, len(data), n))


@dataclasses.dataclass
class Ether:
    dst: str
    src: str
    type: int
    payload: bytes = b""

    @classmethod
    def parse(cls, frame):
        need(frame, 14, "Ethernet header")
        return cls(mac_text(frame[:6]), mac_text(frame[6:12]), struct.unpack("!H", frame[12:14])[0], frame[14:])

    def emit(self, pad=True):
        frame = mac_bytes(self.dst) + mac_bytes(self.src) + struct.pack("!H", self.type) + self.payload
        return frame.ljust(MINIMUM, b"\0") if pad else frame


@dataclasses.dataclass
class Arp:
    op: int  # 1 request, 2 reply
    sha: str  # sender's addresses
    spa: str
    tha: str  # target's addresses
    tpa: str
    hrd: int = 1
    pro: int = TYPE_IP
    hln: int = 6
    pln: int = 4
    trailer: bytes = b""  # parse(): what followed; padding in a good frame

    @classmethod
    def parse(cls, data):
        need(data, 28, "ARP")
        hrd, pro, hln, pln, op = struct.unpack("!HHBBH", data[:8])
        if (hrd, pro, hln, pln) != (1, TYPE_IP, 6, 4):
            raise Malformed("ARP: not Ethernet and IPv4 (%d, %#x, %d, %d)" % (hrd, pro, hln, pln))
        return cls(op, mac_text(data[8:14]), ip_text(data[14:18]), mac_text(data[18:24]), ip_text(data[24:28]),
                   trailer=data[28:])

    def emit(self):
        return (struct.pack("!HHBBH", self.hrd, self.pro, self.hln, self.pln, self.op) + mac_bytes(self.sha)
                + ip_bytes(self.spa) + mac_bytes(self.tha) + ip_bytes(self.tpa))


@dataclasses.dataclass
class Ip:
    src: str
    dst: str
    proto: int
    payload: bytes = b""
    ttl: int = 64
    id: int = 0
    df: bool = False
    mf: bool = False
    offset: int = 0  # bytes
    tos: int = 0
    options: bytes = b""
    trailer: bytes = b""  # parse(): bytes after the total length
    version_: Optional[int] = None
    ihl_: Optional[int] = None  # 32-bit words
    total_: Optional[int] = None
    reserved_: bool = False  # the flag that must be 0
    sum_: Optional[int] = None

    @classmethod
    def parse(cls, data):
        need(data, 20, "IP header")
        vhl, tos, total, ident, off, ttl, proto, _ = struct.unpack("!BBHHHBBH", data[:12])
        ihl = (vhl & 15) * 4
        if vhl >> 4 != 4:
            raise Malformed("IP: version %d" % (vhl >> 4))
        if ihl < 20 or total < ihl:
            raise Malformed("IP: header of %d bytes, packet of %d" % (ihl, total))
        need(data, total, "IP packet")
        if checksum(data[:ihl]):
            raise Malformed("IP: header checksum")
        return cls(ip_text(data[12:16]), ip_text(data[16:20]), proto, data[ihl:total], ttl, ident, bool(off & 0x4000),
                   bool(off & 0x2000), (off & 0x1fff) * 8, tos, data[20:ihl], data[total:], reserved_=bool(off & 0x8000))

    def emit(self):
        options = self.options.ljust((len(self.options) + 3) // 4 * 4, b"\0")
        ihl = 5 + len(options) // 4
        off = self.reserved_ << 15 | self.df << 14 | self.mf << 13 | self.offset // 8
        total = ihl * 4 + len(self.payload)
        head = struct.pack("!BBHHHBBH", (4 if self.version_ is None else self.version_) << 4
                           | (ihl if self.ihl_ is None else self.ihl_), self.tos,
                           total if self.total_ is None else self.total_, self.id, off, self.ttl, self.proto, 0)
        head += ip_bytes(self.src) + ip_bytes(self.dst) + options
        total = checksum(head) if self.sum_ is None else self.sum_
        return head[:10] + struct.pack("!H", total) + head[12:] + self.payload

    def pseudo(self, length):
        """The pseudo header that UDP's and TCP's checksums cover."""
        return ip_bytes(self.src) + ip_bytes(self.dst) + struct.pack("!BBH", 0, self.proto, length)


@dataclasses.dataclass
class Icmp:
    type: int
    code: int
    rest: int = 0  # second word: id << 16 | sequence number, MTU, gateway
    payload: bytes = b""
    sum_: Optional[int] = None

    @classmethod
    def parse(cls, data):
        need(data, 8, "ICMP")
        if checksum(data):
            raise Malformed("ICMP: checksum")
        kind, code, _, rest = struct.unpack("!BBHI", data[:8])
        return cls(kind, code, rest, data[8:])

    def emit(self):
        body = struct.pack("!BBHI", self.type, self.code, 0, self.rest) + self.payload
        total = checksum(body) if self.sum_ is None else self.sum_
        return body[:2] + struct.pack("!H", total) + body[4:]

    @property
    def id(self):
        return self.rest >> 16

    @property
    def seq(self):
        return self.rest & 0xffff


@dataclasses.dataclass
class Udp:
    sport: int
    dport: int
    payload: bytes = b""
    length_: Optional[int] = None
    sum_: Optional[int] = None  # 0: the sender computed none

    @classmethod
    def parse(cls, data, ip=None):
        """ip: the Ip it came in; without it the checksum is not looked at."""
        need(data, 8, "UDP")
        sport, dport, length, total = struct.unpack("!HHHH", data[:8])
        if length < 8 or length > len(data):
            raise Malformed("UDP: length field %d in %d bytes" % (length, len(data)))
        if ip is not None and total and checksum(ip.pseudo(length) + data[:length]):
            raise Malformed("UDP: checksum")
        return cls(sport, dport, data[8:length], sum_=total)

    def emit(self, ip):
        length = 8 + len(self.payload) if self.length_ is None else self.length_
        body = struct.pack("!HHHH", self.sport, self.dport, length, 0) + self.payload
        total = self.sum_
        if total is None:
            total = checksum(ip.pseudo(length) + body) or 0xffff
        return body[:6] + struct.pack("!H", total) + body[8:]


def udp_packet(src, dst, sport, dport, payload, **ip_fields):
    """One Ip that holds one Udp."""
    ip = Ip(src, dst, UDP, **ip_fields)
    ip.payload = Udp(sport, dport, payload).emit(ip)
    return ip


def fragments(ip, mtu=MTU):
    """Cut a packet into Ips of at most mtu bytes each, in order (RFC 791 section 3.2)."""
    room = (mtu - 20 - len(ip.options)) // 8 * 8
    if 20 + len(ip.options) + len(ip.payload) <= mtu:
        return [ip]
    pieces = []
    for at in range(0, len(ip.payload), room):
        part = ip.payload[at:at + room]
        last = at + len(part) == len(ip.payload)
        pieces.append(dataclasses.replace(ip, payload=part, offset=ip.offset + at, mf=ip.mf or not last))
    return pieces


class Reassembler:
    """Puts fragments together again, in any order; at most `limit` unfinished packets are kept."""

    def __init__(self, limit=64):
        self.limit = limit
        self.waiting = {}  # (src, dst, proto, id) -> {offset: Ip}

    def add(self, ip):
        """The whole packet when this fragment completes it (or is whole itself), else None."""
        if not ip.mf and ip.offset == 0:
            return ip
        key = (ip.src, ip.dst, ip.proto, ip.id)
        parts = self.waiting.setdefault(key, {})
        parts[ip.offset] = ip
        if len(self.waiting) > self.limit:
            del self.waiting[next(iter(self.waiting))]
        data, at = b"", 0
        while at in parts:
            data += parts[at].payload
            if not parts[at].mf:
                del self.waiting[key]
                return dataclasses.replace(parts[0], payload=data, mf=False, offset=0)
            if not parts[at].payload:
                return None
            at += len(parts[at].payload)
        return None


class Frame:
    """A frame and what it holds: eth, arp, ip, icmp, udp, each None where there is no such thing (or only a
    fragment of it). error: what is wrong with it, or None."""

    def __init__(self, raw, when=0.0, sent=False):
        self.raw, self.when, self.sent = raw, when, sent
        self.eth = self.arp = self.ip = self.icmp = self.udp = self.error = None
        try:
            self.eth = Ether.parse(raw)
            if self.eth.type == TYPE_ARP:
                self.arp = Arp.parse(self.eth.payload)
            elif self.eth.type == TYPE_IP:
                self.ip = Ip.parse(self.eth.payload)
                self.decode(self.ip)
        except Malformed as e:
            self.error = str(e)

    def decode(self, ip):
        if ip.mf or ip.offset:
            return
        if ip.proto == ICMP:
            self.icmp = Icmp.parse(ip.payload)
        elif ip.proto == UDP:
            self.udp = Udp.parse(ip.payload, ip)

    @property
    def trailer(self):
        """What follows the packet in the frame: padding."""
        return self.arp.trailer if self.arp else self.ip.trailer if self.ip else b""
