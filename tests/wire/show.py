"""A frame in one line, for logs and for explaining a failure."""
from . import packet as p

KINDS = {p.ECHO_REPLY: "echo reply", p.ECHO: "echo request", p.UNREACHABLE: "unreachable",
         p.TIME_EXCEEDED: "time exceeded", p.REDIRECT: "redirect"}


def some(data, most=24):
    text = "".join(chr(c) if 32 <= c < 127 else "." for c in data[:most])
    return '"%s%s"' % (text, "..." if len(data) > most else "")


def line(frame):
    """frame: a packet.Frame or bytes."""
    f = frame if isinstance(frame, p.Frame) else p.Frame(frame)
    if f.eth is None:
        return "%d bytes: %s" % (len(f.raw), f.error)
    way = "%s > %s" % (f.eth.src, f.eth.dst)
    if f.arp:
        a = f.arp
        if a.op == 1:
            text = "ARP who has %s, tell %s" % (a.tpa, a.spa)
        else:
            text = "ARP %s: %s is at %s" % ("reply" if a.op == 2 else "op %d" % a.op, a.spa, a.sha)
    elif f.ip:
        text = packet_text(f)
    else:
        text = "type %#06x" % f.eth.type
    return "%s %s, %d bytes%s" % (way, text, len(f.raw), ": BAD: " + f.error if f.error else "")


def packet_text(f):
    ip = f.ip
    if f.udp:
        return "UDP %s:%d > %s:%d, %d: %s" % (ip.src, f.udp.sport, ip.dst, f.udp.dport, len(f.udp.payload),
                                              some(f.udp.payload))
    text = "IP %s > %s ttl %d" % (ip.src, ip.dst, ip.ttl)
    if ip.mf or ip.offset:
        return "%s protocol %d fragment id %d, %d..%d%s" % (text, ip.proto, ip.id, ip.offset,
                                                           ip.offset + len(ip.payload), "+" if ip.mf else "")
    if f.icmp:
        kind = KINDS.get(f.icmp.type, "type %d" % f.icmp.type)
        return "%s ICMP %s code %d id %d seq %d, %d" % (text, kind, f.icmp.code, f.icmp.id, f.icmp.seq,
                                                       len(f.icmp.payload))
    return "%s protocol %d, %d bytes" % (text, ip.proto, len(ip.payload))


def tail(frames, n=12):
    """The last n frames of a log, a line each, times relative to the first of them."""
    last = list(frames)[-n:]
    return ["%9.3f %s %s" % (f.when - last[0].when, "->" if f.sent else "<-", line(f)) for f in last]
