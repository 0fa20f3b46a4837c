"""DNS messages (RFC 1035), with compressed names and EDNS (RFC 6891), and a server that answers from a table."""
import dataclasses
import struct
from typing import List, Optional

from .packet import Malformed, ip_bytes, ip_text, need

A, NS, CNAME, SOA, PTR, TXT, AAAA, OPT = 1, 2, 5, 6, 12, 16, 28, 41
IN = 1
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP = 0, 1, 2, 3, 4


@dataclasses.dataclass
class Question:
    name: str
    type: int = A
    klass: int = IN


@dataclasses.dataclass
class Record:
    name: str
    type: int
    ttl: int = 60
    data: object = b""  # A: text; CNAME, NS, PTR: a name; anything else: bytes
    klass: int = IN


@dataclasses.dataclass
class Message:
    id: int = 0
    response: bool = False
    opcode: int = 0
    authoritative: bool = False
    truncated: bool = False
    recursion: bool = True  # desired
    available: bool = False
    rcode: int = NOERROR
    questions: List[Question] = dataclasses.field(default_factory=list)
    answers: List[Record] = dataclasses.field(default_factory=list)
    authority: List[Record] = dataclasses.field(default_factory=list)
    additional: List[Record] = dataclasses.field(default_factory=list)
    edns: Optional[int] = None  # bytes of UDP that the sender can take; None: no OPT record

    @classmethod
    def parse(cls, data):
        need(data, 12, "DNS header")
        ident, flags, qd, an, ns, ar = struct.unpack("!6H", data[:12])
        m = cls(ident, bool(flags & 0x8000), flags >> 11 & 15, bool(flags & 0x400), bool(flags & 0x200),
                bool(flags & 0x100), bool(flags & 0x80), flags & 15)
        at = 12
        for _ in range(qd):
            name, at = parse_name(data, at)
            need(data, at + 4, "DNS question")
            m.questions.append(Question(name, *struct.unpack("!HH", data[at:at + 4])))
            at += 4
        for section, count in ((m.answers, an), (m.authority, ns), (m.additional, ar)):
            for _ in range(count):
                record, at = parse_record(data, at)
                if record.type == OPT:
                    m.edns = record.klass
                else:
                    section.append(record)
        return m

    def emit(self, compress=True):
        flags = (self.response << 15 | self.opcode << 11 | self.authoritative << 10 | self.truncated << 9
                 | self.recursion << 8 | self.available << 7 | self.rcode)
        extra = self.edns is not None
        out = bytearray(struct.pack("!6H", self.id, flags, len(self.questions), len(self.answers),
                                    len(self.authority), len(self.additional) + extra))
        known = {} if compress else None
        for q in self.questions:
            emit_name(out, q.name, known)
            out += struct.pack("!HH", q.type, q.klass)
        for record in self.answers + self.authority + self.additional:
            emit_record(out, record, known)
        if extra:
            out += struct.pack("!BHHIH", 0, OPT, self.edns, 0, 0)
        return bytes(out)


def parse_name(data, at):
    """(name, offset after it). A pointer must lead back, so that no chain of them has a loop (RFC 9267)."""
    labels, after, lowest = [], None, at
    while True:
        need(data, at + 1, "DNS name")
        n = data[at]
        if n >= 0xc0:
            need(data, at + 2, "DNS pointer")
            to = (n & 0x3f) << 8 | data[at + 1]
            after = at + 2 if after is None else after
            if to >= lowest:
                raise Malformed("DNS: pointer that does not lead back")
            at = lowest = to
        elif n > 63:
            raise Malformed("DNS: label type %#x" % n)
        elif n == 0:
            name = ".".join(labels)
            if len(name) > 253:
                raise Malformed("DNS: name too long")
            return name, at + 1 if after is None else after
        else:
            need(data, at + 1 + n, "DNS label")
            labels.append(data[at + 1:at + 1 + n].decode("latin-1").lower())
            at += 1 + n


def emit_name(out, name, known):
    """known: names so far and where they are, for compression; None: none."""
    labels = name.split(".") if name else []
    for i in range(len(labels)):
        rest = ".".join(labels[i:]).lower()
        if known is not None and rest in known:
            out += struct.pack("!H", 0xc000 | known[rest])
            return
        if known is not None and len(out) < 0x4000:
            known[rest] = len(out)
        label = labels[i].encode("latin-1")
        if not 0 < len(label) < 64:
            raise ValueError("label of %d bytes" % len(label))
        out += bytes([len(label)]) + label
    out += b"\0"


def parse_record(data, at):
    name, at = parse_name(data, at)
    need(data, at + 10, "DNS record")
    kind, klass, ttl, n = struct.unpack("!HHIH", data[at:at + 10])
    at += 10
    need(data, at + n, "DNS record's data")
    value = data[at:at + n]
    if kind == A and klass == IN:
        if n != 4:
            raise Malformed("DNS: address of %d bytes" % n)
        value = ip_text(value)
    elif kind in (CNAME, NS, PTR):
        value, _ = parse_name(data, at)
    return Record(name, kind, ttl, value, klass), at + n


def emit_record(out, r, known):
    emit_name(out, r.name, known)
    out += struct.pack("!HHI", r.type, r.klass, r.ttl)
    where = len(out)
    out += b"\0\0"
    if r.type == A and isinstance(r.data, str):
        out += ip_bytes(r.data)
    elif isinstance(r.data, str):
        emit_name(out, r.data, known)
    else:
        out += r.data
    out[where:where + 2] = struct.pack("!H", len(out) - where - 2)


class Server:
    """Answers questions from a table, names without a final dot and in small letters: {name: [Record, ...]}."""

    def __init__(self, table):
        self.table = table
        self.seen = []  # every Message that was asked

    def answer(self, data):
        """The reply to a query's bytes; None when it deserves none."""
        try:
            query = Message.parse(data)
        except Malformed:
            if len(data) < 12 or data[2] & 0x80:
                return None
            return Message(struct.unpack("!H", data[:2])[0], response=True, rcode=FORMERR).emit()
        if query.response:
            return None
        self.seen.append(query)
        reply = Message(query.id, response=True, recursion=query.recursion, available=True,
                        authoritative=True, questions=query.questions)
        if query.edns is not None:
            reply.edns = 1232
        if query.opcode != 0:
            reply.rcode = NOTIMP
        elif len(query.questions) != 1:
            reply.rcode = FORMERR
        else:
            reply.answers = self.lookup(query.questions[0])
            if not reply.answers and query.questions[0].name not in self.table:
                reply.rcode = NXDOMAIN
        return reply.emit()

    def lookup(self, q):
        """The records that answer q, aliases on the way included; at most 8 of them are followed."""
        found, name = [], q.name
        for _ in range(8):
            here = self.table.get(name, [])
            alias = [r for r in here if r.type == CNAME]
            if not alias or q.type == CNAME:
                return found + [r for r in here if r.type == q.type and r.klass == q.klass]
            found.append(alias[0])
            name = alias[0].data
        return found
