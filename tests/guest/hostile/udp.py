"""UDP: lengths, checksums and ports that lie, loops, floods, buffers."""
from wire import packet as p
from ..scenario import check, equal
from .kit import CLOSED_PORT, ECHO_PORT, GUEST, hostile

QUEUE, QUEUE_BYTES = 256, 256 * 1024  # of a socket (kernel/net/sockpriv.h)


@hostile("U1", "length field below 8", "RFC 768; RFC 1122 4.1.3.4")
def length_short(c):
    c.echo()
    for length in range(8):
        c.udp("udp.len", length_=length)
        c.udp("udp.len", length_=length, sum_=0)
    message = p.Udp(9, ECHO_PORT, b"").emit(p.Ip(c.host.address, GUEST, p.UDP))
    for n in range(8):
        c.ip("udp.short", proto=p.UDP, payload=message[:n])


@hostile("U2", "length field beyond the packet", "RFC 768; CVE-2020-11896")
def length_beyond(c):
    c.echo()
    for more in (1, 2, 8, 100, 1000, 65535 - 16):
        c.udp("udp.len", length_=16 + more)
        c.udp("udp.len", length_=16 + more, sum_=0, behind=bytes(200))  # bytes in the frame are not in the packet


@hostile("U3", "length field below the packet's: the rest is no data", "RFC 768; RFC 1122 4.1.3")
def length_below(c):
    c.echo()
    for n in (0, 1, 7, 8, 99):
        data = bytes(range(1, n + 1))
        message = p.Udp(9, ECHO_PORT, data).emit(p.Ip(c.host.address, GUEST, p.UDP))
        c.ip(None, "UDP", proto=p.UDP, payload=message + b"\xee" * 20)
        c.lan.wait("%d bytes" % n, lambda f: f.udp and f.udp.payload == data, c.mark)


@hostile("U4", "checksums: wrong, none, the one that is sent as ffff", "RFC 768; RFC 1122 4.1.3.4")
def checksums(c):
    c.echo()
    for total in (1, 0x1234, 0xfffe, 0xffff):
        c.udp("udp.cksum", sum_=total, data=b"checked")
    c.udp(None, "UDP", sum_=0, data=b"none")
    for port in range(65536):  # a datagram whose sum comes out as 0
        data = port.to_bytes(2, "big") + b"zero"
        ip = p.Ip(c.host.address, GUEST, p.UDP)
        if p.checksum(ip.pseudo(14) + p.Udp(9, ECHO_PORT, data, sum_=0).emit(ip)) == 0:
            break
    c.udp(None, "UDP", data=data)
    c.barrier()
    c.lan.wait("the one whose sum is ffff", lambda f: f.udp and f.udp.payload == data, c.mark)


@hostile("U5", "port 0, at either end", "RFC 768 (source port); RFC 1122 4.1.3.5")
def port_0(c):
    c.echo()
    for sport in (9, 0):
        c.udp("udp.port", sport=sport, dport=0)
        c.udp("udp.port", sport=sport, dport=0, sum_=0)
    c.udp("udp.noport", "ICMP 3/3", sport=0, dport=CLOSED_PORT)
    c.udp(None, sport=0)  # the echo gets it, and cannot send it back: sendto says EINVAL
    c.barrier()
    c.t.m.shows("sendto 8 bytes", "what the echo says of an address that cannot be answered")


@hostile("U6", "an echo is made to talk to itself", "RFC 1122 3.2.1.3; CVE-1999-0103")
def loops(c):
    c.echo()
    for src in (GUEST, "127.0.0.1", "10.0.2.255", "0.0.0.0"):
        c.udp("ip.src", src=src, sport=ECHO_PORT)
    c.udp(None, "UDP", sport=ECHO_PORT)  # one question, one answer, and the gateway has no echo
    c.udp("udp.noport", sport=ECHO_PORT, dport=19, answer="ICMP 3/3")


@hostile("U7", "900 datagrams for a socket that nobody reads", "Mogul and Ramakrishnan 1997")
def flood(c):
    c.echo()
    c.t.begin("nt queue 11", "ready")
    for i in range(900):
        c.udp(dport=11, data=b"%d" % i)
        if i % 30 == 0:
            c.udp(None, "UDP", data=b"other %d" % i)
            c.lan.wait("the echo of the other socket", lambda f: f.udp and f.udp.payload == b"other %d" % i, c.mark)
    c.drops["sock.full"] += 900 - QUEUE
    c.barrier()
    c.t.m.send("go\n")
    c.t.m.expect(r"(?m)^first 0$(?:.|\n)*queued %d datagrams" % QUEUE)
    c.t.m.prompt()
    c.say("the other socket answered %d" % 30)


@hostile("U8", "datagrams of no bytes", "RFC 768")
def empty(c):
    c.echo()
    for sport in (9, 65535):
        c.udp(None, "UDP", data=b"", sport=sport)
    c.udp("udp.noport", "ICMP 3/3", data=b"", dport=CLOSED_PORT)
    c.t.begin("nt recv 12 2 100 20000", "ready")
    c.udp(data=b"", dport=12)
    c.udp(data=b"x", dport=12)
    for n in (0, 1):
        c.t.m.expect("got %d from" % n)
    c.t.m.prompt()


@hostile("U9", "buffers that are shorter than what comes", "RFC 1122 4.1.4; POSIX recvfrom")
def small_buffers(c):
    for room in (0, 1, 10, 1471):
        c.t.begin("nt recv 12 2 %d 20000" % room, "ready")  # it looks for bytes beyond, and for kernel memory
        for size in (1472, 8000):
            data = bytes(i % 251 for i in range(size))
            ip = p.udp_packet(c.host.address, GUEST, 9, 12, data, id=next(c.ids))
            for piece in p.fragments(ip):
                c.ether(piece.emit())
            c.t.m.expect("got %d from" % min(room, size))
        out = c.t.m.prompt()
        check("beyond" not in out and "memory" not in out, "nt recv printed:\n" + out)
    c.say("0, unmapped, read-only, spanning, the kernel's: P11")


@hostile("U10", "broadcasts to a socket that has one address", "RFC 1122 4.1.3.5")
def broadcast(c):
    def shout(host, ip, udp):
        for dst in ("10.0.2.255", "255.255.255.255"):
            c.udp("udp.noport", to=p.BROADCAST, dst=dst, dport=udp.sport, data=b"wrong")
        host.send_udp(9, udp.sport, b"right")
    c.host.on(9, shout)
    equal(c.t.sh("nt ask %s 9 20000" % c.host.address), "answer right", "what the connected socket got")
    c.answers["UDP"] += 1


@hostile("U11", "datagrams of 60000 bytes for a socket that nobody reads", "RFC 1122 3.3.2; sockpriv.h")
def large_queue(c):
    c.t.begin("nt queue 11", "ready")
    for _ in range(10):
        ip = p.udp_packet(c.host.address, GUEST, 9, 11, bytes(60000), id=next(c.ids))
        for piece in p.fragments(ip):
            c.ether(piece.emit())
    fit = QUEUE_BYTES // 60000
    c.drops["sock.full"] += 10 - fit
    c.barrier()
    c.t.m.send("go\n")
    c.t.m.expect(r"queued %d datagrams, %d bytes" % (fit, fit * 60000))
    c.t.m.prompt()


@hostile("U12", "addresses of sockets at bad places, of every length", "POSIX bind, sendto, recvfrom")
def socket_addresses(c):
    c.ut("sock", "sock_bad_addresses", "sock_bad_names")
    c.ut("hostile", "address_edges", "address_lengths")
