"""UDP and its sockets over the wire, by both interfaces."""
import random
import re

from wire import dns
from wire import faults
from wire import packet as p
from .scenario import check, equal, scenario

GUEST = "10.0.2.15"


def to(port):
    return lambda f: f.udp and f.udp.dport == port


def total(data):
    """The sum that the program nt tells."""
    s = 0
    for c in data:
        s = (s * 31 + c) & 0xffffffff
    return s


def echo_sizes(t, port, sizes):
    """Datagrams of these sizes to an echo in the guest, each when the last one is back."""
    r = random.Random(3)
    for i, size in enumerate(sizes):
        data = bytes(r.randrange(256) for _ in range(size))
        before = len(t.host.received)
        t.host.send_udp(9000 + i, port, data)
        ip = t.lan.until("the echo of %d bytes" % size, lambda: next(
            (x for x in t.host.received[before:] if x.proto == p.UDP and p.Udp.parse(x.payload).dport == 9000 + i), None))
        udp = p.Udp.parse(ip.payload, ip)
        check((udp.sport, udp.payload) == (port, data), "the echo of %d bytes came from port %d, %d bytes, and differs" % (
            size, udp.sport, len(udp.payload)))


@scenario(harts=(1, 3, 8), net="wire")
def bsd_echo(t):
    """recvfrom and sendto echo datagrams of 0 to 65507 bytes to where they came from."""
    sizes = [0, 1, 2, 9, 100, 1471, 1472, 1473, 3000, 8000, 65507] + [64] * 40
    t.begin("nt echo 7 %d" % len(sizes), "ready")
    echo_sizes(t, 7, sizes)
    t.m.expect("done")
    t.m.prompt()


@scenario(harts=(1, 3, 8), net="wire")
def lab_echo(t):
    """The lab's recv and send by port echo datagrams of up to 1472 bytes."""
    sizes = [1, 2, 9, 100, 1471, 1472] + [64] * 40
    t.begin("ntlab echo 2000 %d" % len(sizes), "ready")
    echo_sizes(t, 2000, sizes)
    t.m.expect("done")
    t.m.prompt()


@scenario(harts=(1, 3), net="wire")
def lab_connect(t):
    """connect(dst, sport, dport) of older labs: a descriptor that asks one peer from the given port and hears nobody else."""
    def answer(h, ip, udp):
        h.send_udp(8, udp.sport, b"another port")
        other.send_udp(9, udp.sport, b"another host")
        h.send_udp(9, udp.sport, b"answer to " + udp.payload)
    other = t.lan.host("10.0.2.9")
    t.host.on(9, answer)
    mark = t.lan.mark()
    out = t.sh("ntlab connect %s 2000 9 3" % t.host.address)
    equal(out.split("\n"), ["%d: answer to question %d" % (i, i) for i in range(3)], "what the program read")
    asked = t.lan.frames(lambda f: f.udp and f.ip.src == GUEST, mark)
    equal([f.udp.sport for f in asked], [2000] * 3, "the ports that it asked from")


@scenario(net="wire")
def lab_queue_of_16(t):
    """A port of the lab's keeps 16 datagrams, the oldest; more are dropped by name, and later ones come again."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.begin("ntlab queue 2000", "ready")
    for i in range(40):
        t.host.send_udp(5, 2000, b"datagram %d" % i)
    t.host.ping(b"all are in")
    t.m.send("go\n")
    for i in range(16):
        t.m.expect(r"(?m)^%d: datagram %d$" % (i, i))
    t.host.send_udp(5, 2000, b"last")
    t.m.expect(r"(?m)^16: last$", "the next datagram behind the 16")
    t.m.prompt()
    t.dropped("sock.full", 24, before)


@scenario(net="wire")
def lab_errors(t):
    """The lab's calls fail where they must: a port bound twice, not bound, a bad address, too long a datagram."""
    out = t.sh("ntlab errors")
    equal(out.count(": OK"), 6, "the number of calls that failed as they must in:\n" + out)
    t.begin("ntlab short 2000 4", "ready")
    t.host.send_udp(5, 2000, b"abcdefgh")
    found = t.m.expect(r"recv (-?\d+): (\S+) from (\w+):(\d+)")
    equal(found.groups(), ("4", "abcd##", "a000202", "5"), "recv of 8 bytes into 4")
    t.m.prompt()


@scenario(net="wire")
def bounded_queue(t):
    """A BSD socket that nobody reads keeps a bounded number of datagrams, and leaves other sockets alone."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.m.background("nt echo 8 1", "ready")
    t.begin("nt queue 7", "ready")
    for i in range(3000):
        t.host.send_udp(5, 7, b"datagram %d" % i + b"." * 500)
    t.host.send_udp(6, 8, b"other")
    t.lan.wait("the echo of the other socket", to(6))
    during = len([f for f in t.lan.log if f.sent])
    t.m.send("go\n")
    found = t.m.expect(r"(?m)^first datagram 0\.(?:.|\n)*queued (\d+) datagrams, (\d+) bytes, then (.*)$")
    t.m.prompt()
    check(16 <= int(found.group(1)) < 3000, "%s datagrams were kept" % found.group(1))
    t.dropped("sock.full", 3000 - int(found.group(1)), before)
    t.settled("all packets free", lambda n: n["packets.free"] >= before["packets.free"])
    check(during >= 3000, "not all were sent")


@scenario(net="wire")
def checksums(t):
    """A wrong checksum is dropped by name; none (0) is taken; what the guest sends has a right one."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.begin("nt echo 7 2", "ready")
    ip = p.Ip(t.host.address, GUEST, p.UDP)
    for total_ in (0x1234, 0):
        ip.payload = p.Udp(99, 7, b"sum %x" % total_, sum_=total_).emit(ip)
        t.host.send_ip(ip)
    f = t.lan.wait("the echo of the one without", to(99))
    equal(f.udp.payload, b"sum 0", "what was taken first")
    t.host.send_udp(99, 7, b"end")
    t.m.expect("done")
    t.m.prompt()
    t.dropped("udp.cksum", 1, before)


@scenario(net="wire")
def lengths(t):
    """A UDP length below 8 or beyond the packet is dropped by name; one below the packet's cuts; there is no port 0, but
    a datagram may come from it."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.begin("nt recv 7 3 100 20000", "ready")

    def send(payload, sport=9, dport=7, **more):
        ip = p.Ip(t.host.address, GUEST, p.UDP)
        ip.payload = p.Udp(sport, dport, payload, **more).emit(ip)
        t.host.send_ip(ip)
    send(b"abc", length_=7, sum_=0)
    send(b"abc", length_=12, sum_=0)
    t.lan.send(p.Ether(t.lan.mac, t.host.mac, p.TYPE_IP, p.Ip(t.host.address, GUEST, p.UDP, b"1234567").emit()))
    send(b"x", dport=0)
    send(b"abcdef", length_=11, sum_=0)
    t.m.expect("got 3 from 10.0.2.2:9 sum %d" % total(b"abc"))
    send(b"")
    t.m.expect("got 0 from 10.0.2.2:9")
    send(b"no answer", sport=0)
    t.m.expect("got 9 from 10.0.2.2:0 sum %d" % total(b"no answer"))
    t.m.prompt()
    t.dropped("udp.len", 2, before)
    t.dropped("udp.short", 1, before)
    t.dropped("udp.port", 1, before)


@scenario(net="wire")
def asked_for_an_address(t):
    """What a host without an address asks everybody (0.0.0.0 to 255.255.255.255, DHCP) reaches a server's socket; nobody
    answers it by ICMP, and to the guest's own address it is dropped."""
    t.host.ping(b"warm")
    before, mark = t.numbers(), t.lan.mark()

    def discover(dst, dport):
        ip = p.Ip("0.0.0.0", dst, p.UDP)
        ip.payload = p.Udp(68, dport, b"discover").emit(ip)
        t.lan.send(p.Ether(p.BROADCAST, "52:00:00:00:00:77", p.TYPE_IP, ip.emit()))
    t.begin("nt recv 67 1 300 20000", "ready")
    discover("255.255.255.255", 66)
    discover(GUEST, 67)
    discover("255.255.255.255", 67)
    t.m.expect("got 8 from 0.0.0.0:68 sum %d" % total(b"discover"))
    t.m.prompt()
    t.dropped("udp.noport", 1, before)
    t.dropped("ip.src", 1, before)
    equal(t.lan.frames(lambda f: f.icmp, mark), [], "ICMP messages")


@scenario(net="wire")
def short_buffer(t):
    """A datagram longer than the buffer is cut, its rest is gone, and the next one comes whole."""
    t.begin("nt recv 7 3 10 20000", "ready")
    for data in (b"0123456789abcdef", b"short", b"x" * 1472):
        t.host.send_udp(9, 7, data)
    for data in (b"0123456789", b"short", b"x" * 10):
        t.m.expect("got %d from 10.0.2.2:9 sum %d" % (len(data), total(data)))
    t.m.prompt()


@scenario(net="wire")
def long_datagrams_go_out(t):
    """sendto of up to 65507 bytes goes out in fragments that make the datagram again; one more byte is an error."""
    t.sh("nt send 10.0.2.2 9 1 65507")
    ip = t.lan.until("65507 bytes", lambda: next((x for x in t.host.received if x.proto == p.UDP), None))
    udp = p.Udp.parse(ip.payload, ip)
    equal((len(udp.payload), udp.payload[:4], udp.payload[-1:]), (65507, b"n 0:", b"a"), "the datagram")
    out = t.sh("nt send 10.0.2.2 9 1 65508")
    check("error" in out and "sent 0" in out, "65508 bytes: " + out)


@scenario(net="wire")
def smaller_mtu(t):
    """ifconfig sets the MTU: what goes out is cut to it, and what comes in may still be as long as Ethernet's."""
    t.sh("ifconfig e0 mtu 576")
    check("mtu 576" in t.sh("ifconfig e0"), "ifconfig does not show it")
    mark = t.lan.mark()
    t.host.ping(b"x" * 1472)
    pieces = t.lan.frames(lambda f: f.ip and f.ip.src == "10.0.2.15", mark)
    equal([len(f.ip.payload) for f in pieces], [552, 552, 376], "bytes behind the IP headers of what was sent")
    check("ifconfig: " in t.sh("ifconfig e0 mtu 67; ifconfig e0 mtu 1501"), "there was no message about a bad MTU")
    t.sh("ifconfig e0 mtu 1500")
    mark = t.lan.mark()
    t.host.ping(b"x" * 1472)
    equal(len(t.lan.frames(lambda f: f.ip and f.ip.src == "10.0.2.15", mark)), 1, "the number of pieces")


@scenario(net="wire")
def broadcast(t):
    """A broadcast reaches a bound socket."""
    t.begin("nt recv 7 2 100 20000", "ready")
    for dst in ("10.0.2.255", "255.255.255.255"):
        t.lan.send(p.Ether(p.BROADCAST, t.host.mac, p.TYPE_IP,
                           p.udp_packet(t.host.address, dst, 9, 7, b"all").emit()))
        t.m.expect("got 3 from 10.0.2.2:9")
    t.m.prompt()


@scenario(harts=(1, 3, 8), net="wire", seconds=180)
def flood(t):
    """20000 frames as fast as the wire takes them, half for nobody: the guest lives, a second socket still works,
    and every packet is free again."""
    t.host.ping(b"warm")
    before = t.numbers()
    t.m.background("nt echo 7 0", "ready")
    t.m.background("nt echo 8 0", "ready")
    for i in range(10000):
        t.host.send_udp(5, 7, b"%d" % i)
        t.host.send_udp(5, 6, b"%d" % i)
    seen = t.lan.mark()
    t.host.send_udp(6, 8, b"other")
    t.lan.wait("the echo of the other socket", to(6), seen, seconds=60)
    equal(t.sh("echo alive", 60), "alive", "the shell")
    pids = re.findall(r"(?m)^\s*(\d+)\b.*\bnt\b", t.sh("ps"))
    check(len(pids) == 2, "ps does not show two nt")
    t.sh("kill %s; kill %s" % tuple(pids))
    t.settled("all packets and sockets free", lambda n: n["packets.free"] >= before["packets.free"]
              and n["socks.free"] == before["socks.free"])


@scenario(harts=(1, 3), net="wire", seconds=180)
def faulty_wire(t):
    """On a wire that loses, repeats, swaps and damages frames, a stop-and-wait of 60 datagrams gets through."""
    t.host.ping(b"warm")
    t.m.background("nt echo 7 0", "ready")
    t.lan.faults_to_guest = faults.Faults(20261121, 0.1, 0.1, 0.1, 0.1, 0.01)
    t.lan.faults_from_guest = faults.Faults(20261122, 0.1, 0.1, 0.1, 0.1, 0.01)
    if t.show:
        t.show("%s\n%s\n" % (t.lan.faults_to_guest, t.lan.faults_from_guest))
    for i in range(60):
        data = b"%d:" % i + b"." * (i * 37 % 1400)

        def back():
            return any(p.Udp.parse(x.payload).payload == data for x in t.host.received
                       if x.proto == p.UDP and len(x.payload) == 8 + len(data))
        for _ in range(50):
            t.host.send_udp(5, 7, data)
            try:
                t.lan.until("echo %d" % i, back, 0.15)
                break
            except AssertionError:
                continue
        check(back(), "echo %d did not come in 50 tries; %s" % (i, t.lan.faults_to_guest))
    t.lan.faults_to_guest = t.lan.faults_from_guest = None
    t.host.ping(b"alive")


@scenario(net="wire", seconds=120)
def host_tells_why(t):
    """host NAME: that there is no such name is told from a name server that does not know, refuses, is not there or is silent."""
    zone = dns.Server({"here.test": [dns.Record("here.test", dns.A, 60, "10.0.2.77")], "empty.test": []})
    rcode = {"failing.test": 2, "closed.test": 5}

    def answer(h, ip, udp):
        name = dns.Message.parse(udp.payload).questions[0].name
        if name == "silent.test":
            return
        reply = bytearray(zone.answer(udp.payload))
        if name in rcode:
            reply[3] = reply[3] & 0xf0 | rcode[name]
        h.send_udp(53, udp.sport, bytes(reply))
    t.lan.host("10.0.2.3").on(53, answer)
    equal(t.sh("host here.test"), "here.test has address 10.0.2.77", "a name that there is")
    for name, text, status in (("nobody.test", "nobody.test: no such name", 1),
                               ("empty.test", "empty.test has no IPv4 address", 1),
                               ("failing.test", "failing.test: name server 10.0.2.3 could not find out (rcode 2)", 3),
                               ("closed.test", "closed.test: name server 10.0.2.3 will not say (rcode 5)", 3),
                               ("silent.test", "silent.test: no name server answers at 10.0.2.3: timed out", 3)):
        out = t.sh("host " + name, 60)
        check(text in out and "[exit %d]" % status in out, "host %s, which should say '%s' and exit with %d, printed:\n%s" % (
            name, text, status, out))

    def refuse(h, ip, udp):
        h.send_ip(p.Ip(h.address, ip.src, p.ICMP, p.Icmp(p.UNREACHABLE, 3, 0, ip.emit()[:28]).emit()))
    t.host.on(53, refuse)
    for command in ("host here.test 10.0.2.2", "host here.test 10.0.2.66"):
        check("no name server answers at " + command.split()[2] in t.sh(command, 60), command + " where no name server is")
    check("no such name" in t.sh("ping -c 1 nobody.test"), "ping of a name that there is not")
    check("could not find out" in t.sh("ping -c 1 failing.test"), "ping of a name that the server could not find")
