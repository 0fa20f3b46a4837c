"""DHCP messages (RFC 2131, 2132), and a server that hands out one address a client."""
import dataclasses
import struct
from typing import Dict

from .packet import Malformed, ip_bytes, ip_text, mac_bytes, mac_text, need

MAGIC = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
MASK, ROUTER, DNS, REQUESTED, LEASE, TYPE, SERVER, PARAMETERS, CLIENT = 1, 3, 6, 50, 51, 53, 54, 55, 61
SERVER_PORT, CLIENT_PORT = 67, 68


@dataclasses.dataclass
class Message:
    op: int  # 1 from a client, 2 from a server
    xid: int
    chaddr: str  # the client's MAC
    ciaddr: str = "0.0.0.0"
    yiaddr: str = "0.0.0.0"
    siaddr: str = "0.0.0.0"
    giaddr: str = "0.0.0.0"
    secs: int = 0
    broadcast: bool = False
    options: Dict[int, bytes] = dataclasses.field(default_factory=dict)

    @property
    def type(self):
        return self.options.get(TYPE, b"\0")[0]

    @classmethod
    def parse(cls, data):
        need(data, 240, "DHCP")
        op, htype, hlen, _, xid, secs, flags = struct.unpack("!BBBBIHH", data[:12])
        if htype != 1 or hlen != 6 or data[236:240] != MAGIC:
            raise Malformed("DHCP: not Ethernet, or no magic")
        address = [ip_text(data[at:at + 4]) for at in (12, 16, 20, 24)]
        return cls(op, xid, mac_text(data[28:34]), *address, secs, bool(flags & 0x8000), parse_options(data[240:]))

    def emit(self):
        out = struct.pack("!BBBBIHH", self.op, 1, 6, 0, self.xid, self.secs, self.broadcast << 15)
        for a in (self.ciaddr, self.yiaddr, self.siaddr, self.giaddr):
            out += ip_bytes(a)
        out += mac_bytes(self.chaddr).ljust(16, b"\0") + bytes(192) + MAGIC
        for code, value in self.options.items():
            out += bytes([code, len(value)]) + value
        return (out + b"\xff").ljust(300, b"\0")


def parse_options(data):
    options, at = {}, 0
    while True:
        need(data, at + 1, "DHCP options")
        code = data[at]
        if code == 255:
            return options
        at += 1
        if code == 0:
            continue
        need(data, at + 1, "DHCP option")
        n = data[at]
        need(data, at + 1 + n, "DHCP option")
        options[code] = options.get(code, b"") + data[at + 1:at + 1 + n]
        at += 1 + n


class Server:
    def __init__(self, server, first, mask="255.255.255.0", router=None, dns=None, lease=3600):
        self.server, self.mask, self.router, self.dns, self.lease = server, mask, router, dns, lease
        self.next = struct.unpack("!I", ip_bytes(first))[0]
        self.leases = {}  # MAC -> address
        self.seen = []    # every Message that came

    def answer(self, data):
        """The reply to a client's bytes as a Message; None when it deserves none."""
        try:
            ask = Message.parse(data)
        except Malformed:
            return None
        if ask.op != 1:
            return None
        self.seen.append(ask)
        if ask.type == DISCOVER:
            return self.reply(ask, OFFER)
        if ask.type == REQUEST:
            if ask.options.get(SERVER, ip_bytes(self.server)) != ip_bytes(self.server):
                return None
            wanted = ask.options.get(REQUESTED, ip_bytes(ask.ciaddr))
            return self.reply(ask, ACK if wanted == ip_bytes(self.address(ask.chaddr)) else NAK)
        if ask.type == RELEASE:
            self.leases.pop(ask.chaddr, None)
        return None

    def address(self, mac):
        if mac not in self.leases:
            self.leases[mac] = ip_text(struct.pack("!I", self.next))
            self.next += 1
        return self.leases[mac]

    def reply(self, ask, kind):
        m = Message(2, ask.xid, ask.chaddr, giaddr=ask.giaddr, broadcast=ask.broadcast,
                    options={TYPE: bytes([kind]), SERVER: ip_bytes(self.server)})
        if kind != NAK:
            m.yiaddr = self.address(ask.chaddr)
            m.options.update({LEASE: struct.pack("!I", self.lease), MASK: ip_bytes(self.mask)})
            if self.router:
                m.options[ROUTER] = ip_bytes(self.router)
            if self.dns:
                m.options[DNS] = ip_bytes(self.dns)
        return m
