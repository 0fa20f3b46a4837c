"""What a guest did wrong, by the frames on its wire: in sentences that name the mistake.

Only frames are looked at, and the counts of what the guest dropped. Where the tests sent bad frames on purpose, or
faults, nothing is concluded from drops.
"""
from . import packet as p

PSEUDO, HEADER = 12, 8  # bytes of UDP's pseudo header, and of its header


def of(lan, drops=None, ports=()):
    """drops: the guest's counts by name. ports: those that its user gave it. The sentences, the surest first."""
    if lan.faults_from_guest or lan.faults_to_guest:
        return []
    frames = list(lan.log)
    theirs, ours = [f for f in frames if not f.sent], [f for f in frames if f.sent]
    found = arp_replies(lan, theirs, ours) + arp_requests(lan, theirs) + sums(theirs) + endpoints(lan, theirs, ours, set(ports))
    return found or dropped(lan, theirs, ours, drops or {})


def swapped16(n):
    return n >> 8 | (n & 255) << 8


def swapped32(address):
    return p.ip_text(p.ip_bytes(address)[::-1])


# ARP.

def arp_replies(lan, theirs, ours):
    """A reply says who we asked for, and goes to who asked."""
    for r in (f for f in theirs if f.arp and f.arp.op == 2):
        asked = [f.arp for f in ours if f.arp and f.arp.op == 1 and f.arp.tpa == lan.guest]
        q = asked[-1] if asked else None
        if q is None:
            continue
        if r.arp.spa == q.spa and r.arp.spa != lan.guest:
            return ["the guest's ARP reply says that %s is at %s: sender and target are the wrong way round" % (r.arp.spa, r.arp.sha)]
        if r.arp.sha == q.sha:
            return ["the guest's ARP reply gives %s for itself, which is the asker's hardware address: sender and target "
                    "are the wrong way round" % r.arp.sha]
        if r.arp.spa == swapped32(lan.guest):
            return ["the guest's ARP reply calls itself %s: the address is in the wrong byte order (htonl)" % r.arp.spa]
    return []


def arp_requests(lan, theirs):
    known = set(lan.hosts) | {f.arp.spa for f in lan.log if f.sent and f.arp}
    for f in theirs:
        names = ("asks for" if f.arp.op == 1 else "answers", "calls itself") if f.arp else ()
        for what, address in zip(names, (f.arp.tpa, f.arp.spa) if f.arp else ()):
            if swapped32(address) in known | {lan.guest} and address not in known | {lan.guest}:
                return ["the guest's ARP %s %s, which is %s with its bytes in the wrong order (htonl)" % (
                    what, address, swapped32(address))]
    return []


# Checksums.

def sums(theirs):
    for f in theirs:
        if f.error and "checksum" in f.error:
            return ["the guest sent a packet with a wrong %s%s" % (f.error.replace(":", ""), covered(f))]
    return []


def covered(f):
    """Which bytes a wrong checksum is right for."""
    ip = f.ip
    if ip is None:
        head = f.raw[14:34]
        return words_of(head, ((20 - n, "all but the last %d bytes of the header" % n) for n in (2, 4, 8)))
    if ip.proto == p.ICMP:
        return words_of(ip.payload, [(8, "the 8 bytes of ICMP's header alone")] + around(len(ip.payload)))
    if ip.proto != p.UDP or len(ip.payload) < HEADER:
        return ""
    length = int.from_bytes(ip.payload[4:6], "big")
    data, pseudo = ip.payload[:length], ip.pseudo(length)
    if p.checksum(data) == 0:
        return ": it is right without the pseudo header"
    said = words_of(pseudo + data, [(PSEUDO + HEADER, "the headers alone, without the data")] + around(len(pseudo + data)))
    return said or ": it covers the wrong bytes"


def around(n):
    return [(n - k, "all but the last %d bytes" % k) for k in (1, 2, 4, 8) if n > k]


def words_of(data, tries):
    for n, text in tries:
        if p.checksum(data[:n]) == 0:
            return ": it is right for " + text
    return ": it covers the wrong bytes"


# Addresses, ports, lengths.

def endpoints(lan, theirs, ours, ports):
    ports |= {n for f in ours if f.udp for n in (f.udp.sport, f.udp.dport)} | {n for h in lan.hosts.values() for n in h.ports}
    hosts = set(lan.hosts)
    for f in theirs:
        if f.ip is None:
            continue
        if f.ip.dst not in hosts and swapped32(f.ip.dst) in hosts:
            return ["the guest sent to %s, which is %s with its bytes in the wrong order (htonl)" % (f.ip.dst, swapped32(f.ip.dst))]
        if f.ip.src != lan.guest and swapped32(f.ip.src) == lan.guest:
            return ["the guest calls itself %s, which is its address with the bytes in the wrong order (htonl)" % f.ip.src]
        if f.udp:
            for what, n in (("to", f.udp.dport), ("from", f.udp.sport)):
                if n not in ports and swapped16(n) in ports and n != swapped16(n):
                    return ["the guest sent a datagram %s port %d, which is %d with its bytes in the wrong order (htons)" % (
                        what, n, swapped16(n))]
        extra = len(f.raw) - 14 - (20 + len(f.ip.options) + len(f.ip.payload))
        if len(f.raw) > p.MINIMUM and extra > 0:
            return ["the guest's frames are %d bytes longer than the packets in them%s" % (
                extra, ": the NIC adds the CRC itself" if extra == 4 else "")]
    return []


# What the guest dropped of good frames.

MEANS = {
    "ip.cksum": "its sum over the IP header takes the wrong bytes",
    "udp.cksum": "its sum over a datagram takes the wrong bytes",
    "icmp.cksum": "its sum over an ICMP message takes the wrong bytes",
    "ip.len": "the frame's length, or the byte order of the packet's, is wrong",
    "ip.short": "the frame's length is wrong",
    "udp.len": "the length field, or its byte order, is wrong",
    "udp.short": "the packet's length is wrong",
    "eth.type": "the type is read in the wrong byte order, or the frame is not where it should be in memory",
    "eth.dst": "the frame is not where it should be in memory, or addresses are compared wrongly",
    "eth.src": "the frame is not where it should be in memory, or addresses are compared wrongly",
    "ip.version": "the header is not where it should be in memory",
    "ip.dst": "addresses are compared in different byte orders",
    "ip.src": "addresses are read in the wrong byte order",
    "arp.format": "a field of ARP is read in the wrong byte order, or at the wrong place",
    "arp.op": "ARP's operation is read in the wrong byte order",
    "arp.sender": "ARP's sender is read at the wrong place",
}


def good(lan, f):
    """A frame for the guest that nobody may drop for what is in MEANS."""
    if f.error or f.eth is None or f.eth.dst not in (lan.mac, p.BROADCAST) or f.eth.src not in {h.mac for h in lan.hosts.values()}:
        return False
    if f.ip:
        return f.ip.dst == lan.guest and f.ip.src in lan.hosts and not f.ip.options and not f.ip.reserved_
    return bool(f.arp) and f.arp.spa in lan.hosts


def dropped(lan, theirs, ours, drops):
    if not ours or not all(good(lan, f) for f in ours):
        return []
    for name, count in sorted(drops.items(), key=lambda x: -x[1]):
        if name in MEANS:
            return ["the guest dropped %d frames as %s, and the wire sent %d, all of them good: %s" % (
                count, name, len(ours), MEANS[name])]
    return []
