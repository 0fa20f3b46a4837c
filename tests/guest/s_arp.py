"""ARP over the wire: the cache, from the guest's first frame on."""
from wire import packet as p
from .scenario import check, equal, scenario

GUEST = "10.0.2.15"
SILENT = "10.0.2.77"


def asks(address):
    return lambda f: f.arp and f.arp.op == 1 and f.arp.tpa == address and f.arp.spa == GUEST


def udp_to(port):
    return lambda f: f.udp and f.udp.dport == port


@scenario(net="wire", boot=False)
def gratuitous_at_up(t):
    """When the card comes up the guest announces its address once: a broadcast request for itself (RFC 5227)."""
    f = t.lan.wait("the announcement", lambda f: f.arp and f.arp.spa == GUEST and f.arp.tpa == GUEST)
    equal(f.eth.dst, p.BROADCAST, "the announcement's destination")
    equal(f.arp.sha, t.lan.mac, "the announced address")
    t.m.prompt(60)
    t.sh("nt send 10.0.2.2 9 1 10")
    announced = t.lan.frames(lambda f: f.arp and f.arp.spa == f.arp.tpa)
    check(len(announced) <= 2, "%d announcements" % len(announced))


@scenario(harts=(1, 3, 8), net="wire")
def asks_once(t):
    """Five datagrams to one new neighbour: one broadcast request, and all five after the answer, in order."""
    t.lan.host("10.0.2.9")
    mark = t.lan.mark()
    t.sh("nt send 10.0.2.9 9 5 20")
    sent = t.lan.wait("five datagrams", udp_to(9), mark, count=5)
    equal([f.udp.payload.split(b":")[0] for f in sent], [b"n %d" % i for i in range(5)], "what came")
    equal(len(t.lan.frames(asks("10.0.2.9"), mark)), 1, "the number of requests")
    mark = t.lan.mark()
    t.sh("nt send 10.0.2.9 9 1 20")
    t.lan.wait("one more", udp_to(9), mark)
    equal(t.lan.frames(lambda f: f.arp, mark), [], "ARP frames for a neighbour that is known")


@scenario(net="wire")
def holds_packets_while_it_asks(t):
    """What is sent before the answer comes is held, and goes out when it comes; what is too much is dropped by name."""
    host = t.lan.host(SILENT)
    host.answer_arp = False
    mark = t.lan.mark()
    before = t.numbers()
    t.sh("nt send %s 9 3 20" % SILENT)
    ask = t.lan.wait("the request", asks(SILENT), mark)
    equal(t.lan.frames(udp_to(9), mark), [], "datagrams before the answer")
    host.reply_arp(ask.arp)
    sent = t.lan.wait("the three held datagrams", udp_to(9), mark, count=3)
    equal([f.udp.payload.split(b":")[0] for f in sent], [b"n 0", b"n 1", b"n 2"], "what came")
    equal({f.eth.dst for f in sent}, {host.mac}, "their destination")
    other = t.lan.host("10.0.2.78")
    other.answer_arp = False
    t.sh("nt send 10.0.2.78 9 100 20")
    now = t.dropped("arp.full", 1, before)
    check(now["arp.full"] - before.get("arp.full", 0) < 100, "not one of 100 was held")


@scenario(net="wire", seconds=180)
def gives_up(t):
    """A neighbour that does not answer is asked at most once a second and a few times; then what waits is dropped
    by name, the packets come back, and the next send asks again."""
    before = t.numbers()
    mark = t.lan.mark()
    t.sh("nt send %s 9 2 20" % SILENT)
    t.settled("arp.timeout", lambda n: n.get("arp.timeout", 0) - before.get("arp.timeout", 0) >= 2, 60)
    asked = t.lan.frames(asks(SILENT), mark)
    check(1 <= len(asked) <= 6, "it asked %d times" % len(asked))
    gaps = [b.when - a.when for a, b in zip(asked, asked[1:])]
    check(all(g > 0.9 for g in gaps), "it asked again after %s s; RFC 1122 2.3.2.1 allows once a second" % gaps)
    t.settled("all packets free", lambda n: n["packets.free"] >= before["packets.free"])
    mark = t.lan.mark()
    t.m.send("nt send %s 9 1 20\n" % SILENT)
    t.lan.wait("a new request", asks(SILENT), mark)
    t.m.prompt()


@scenario(net="wire", seconds=500)
def ages(t):
    """A neighbour that is in use is asked again by unicast before its entry gets too old, and stays; one that is not is
    forgotten, and asked for by broadcast when it is needed again."""
    used, idle = t.lan.host("10.0.2.9"), t.lan.host("10.0.2.10")
    t.sh("netctl arplife 12")

    def use(host):
        mark = t.lan.mark()
        t.sh("nt send %s 9 1 20" % host.address)
        t.lan.wait("the datagram to " + host.address, udp_to(9), mark)
    use(idle)

    def forgotten():
        use(used)
        return idle.address not in t.sh("sleep 5; arp")  # ticks: it looks again every half second
    t.until("the unused one to be forgotten", forgotten, 90)
    asked = t.lan.frames(asks(used.address))
    equal([f.eth.dst for f in asked[:2]], [p.BROADCAST, used.mac], "where the two requests for the one in use were sent")
    check(used.address in t.sh("arp"), "the one in use was forgotten, too")
    mark = t.lan.mark()
    t.sh("nt send %s 9 1 20" % idle.address)
    f = t.lan.wait("a request for the forgotten one", asks(idle.address), mark)
    equal(f.eth.dst, p.BROADCAST, "where it is sent")
    t.lan.wait("the datagram", udp_to(9), mark)


@scenario(net="wire")
def answers(t):
    """A request for the guest's address is answered to the asker; one for another address is not."""
    for asked in ("10.0.2.16", GUEST):
        t.lan.send(p.Ether(p.BROADCAST, "52:00:00:00:00:09", p.TYPE_ARP,
                           p.Arp(1, "52:00:00:00:00:09", "10.0.2.9", "00:00:00:00:00:00", asked).emit()))
    f = t.lan.wait("the answer", lambda f: f.arp and f.arp.op == 2)
    equal((f.arp.spa, f.arp.sha, f.arp.tpa, f.arp.tha, f.eth.dst),
          (GUEST, t.lan.mac, "10.0.2.9", "52:00:00:00:00:09", "52:00:00:00:00:09"), "the answer")
    t.numbers()
    equal(len(t.lan.frames(lambda f: f.arp and f.arp.op == 2)), 1, "the number of answers")


@scenario(net="wire")
def learns_from_who_asks(t):
    """RFC 826: who asks for our address is worth remembering; no request of our own is needed to answer it."""
    t.begin("nt echo 7 1", "ready")
    host = t.lan.host("10.0.2.9")
    t.lan.send(p.Ether(p.BROADCAST, host.mac, p.TYPE_ARP,
                       p.Arp(1, host.mac, host.address, "00:00:00:00:00:00", GUEST).emit()))
    t.lan.wait("the answer", lambda f: f.arp and f.arp.op == 2)
    host.send_udp(99, 7, b"hello")
    t.lan.wait("the echo", udp_to(99))
    equal(len(t.lan.frames(asks(host.address))), 0, "the number of requests")
    t.m.prompt()


@scenario(net="wire")
def unsolicited(t):
    """A reply that nobody asked for makes no entry; one with a group address as its sender is refused: both by name."""
    before = t.numbers()
    t.lan.send(p.Ether(t.lan.mac, "52:00:00:00:00:66", p.TYPE_ARP,
                       p.Arp(2, "52:00:00:00:00:66", "10.0.2.66", t.lan.mac, GUEST).emit()))
    t.dropped("arp.unasked", 1, before)
    t.lan.send(p.Ether(t.lan.mac, "52:00:00:00:00:66", p.TYPE_ARP,
                       p.Arp(2, p.BROADCAST, "10.0.2.2", t.lan.mac, GUEST).emit()))
    t.dropped("arp.sender", 1, before)
    check("10.0.2.66" not in t.sh("arp"), "the unsolicited reply is in the cache")


@scenario(net="wire")
def malformed(t):
    """Short, with wrong lengths or types, of an unknown operation: dropped by name, and the guest still answers."""
    before = t.numbers()
    good = p.Arp(1, t.host.mac, t.host.address, "00:00:00:00:00:00", GUEST)

    def send(arp, cut=None):
        raw = p.Ether(p.BROADCAST, t.host.mac, p.TYPE_ARP, arp.emit()[:cut]).emit(pad=False)
        t.lan.send(raw)
    for field, value in (("hrd", 6), ("pro", 0x86dd), ("hln", 0), ("hln", 255), ("pln", 16)):
        arp = p.Arp(1, t.host.mac, t.host.address, "00:00:00:00:00:00", GUEST)
        setattr(arp, field, value)
        send(arp)
    t.dropped("arp.format", 5, before)
    for op in (0, 3, 9, 65535):
        send(p.Arp(op, t.host.mac, t.host.address, "00:00:00:00:00:00", GUEST))
    t.dropped("arp.op", 4, before)
    mark = t.lan.mark()
    send(good)
    t.lan.wait("an answer to a good request", lambda f: f.arp and f.arp.op == 2, mark)


@scenario(net="wire")
def conflict(t):
    """Somebody else uses our address: dropped by name, and the guest keeps answering for it."""
    before = t.numbers()
    t.lan.send(p.Ether(p.BROADCAST, "52:00:00:00:00:66", p.TYPE_ARP,
                       p.Arp(1, "52:00:00:00:00:66", GUEST, "00:00:00:00:00:00", "10.0.2.2").emit()))
    t.dropped("arp.conflict", 1, before)
    t.host.ping(b"still here")


@scenario(net="wire")
def command(t):
    """The program arp lists the cache, adds, deletes and flushes entries."""
    t.sh("nt send 10.0.2.2 9 1 20")
    t.lan.wait("the datagram", udp_to(9))
    check(t.host.mac in t.sh("arp"), "arp does not list the gateway's address")
    t.sh("arp -s 10.0.2.50 52:00:00:00:00:50")
    mark = t.lan.mark()
    t.sh("nt send 10.0.2.50 9 1 20")
    f = t.lan.wait("a datagram by the static entry", udp_to(9), mark)
    equal((f.eth.dst, t.lan.frames(lambda f: f.arp, mark)), ("52:00:00:00:00:50", []), "its destination, and requests")
    t.sh("arp -d 10.0.2.50")
    check("10.0.2.50" not in t.sh("arp"), "the deleted entry is still listed")


@scenario(net="wire")
def flood(t):
    """Requests and replies from a thousand stations: the table stays bounded, the gateway's entry stays right."""
    t.host.ping(b"warm")
    before = t.numbers()
    for i in range(1000):
        mac = "52:10:00:00:%02x:%02x" % (i >> 8, i & 255)
        ip = "10.0.2.%d" % (20 + i % 200)
        t.lan.send(p.Ether(p.BROADCAST, mac, p.TYPE_ARP,
                           p.Arp(1 + i % 2, mac, ip, "00:00:00:00:00:00", GUEST).emit()))
    t.host.ping(b"alive")
    now = t.settled("all packets free", lambda n: n["packets.free"] >= before["packets.free"])
    lost = before["mem.free"] - now["mem.free"]
    check(lost < 2 << 20, "the table took %d bytes" % lost)


@scenario(net="wire")
def console_lines(t):
    """The first ARP and the first IP packet make the lines that courses' graders look for, once each."""
    t.lan.send(p.Ether(p.BROADCAST, t.host.mac, p.TYPE_ARP,
                       p.Arp(1, t.host.mac, t.host.address, "00:00:00:00:00:00", GUEST).emit()))
    for i in range(3):
        t.host.ping(b"%d" % i)
    t.sh("echo done")
    for line in ("arp_rx: received an ARP packet", "ip_rx: received an IP packet"):
        equal(t.m.text.count(line), 1, "how often the console shows '%s'" % line)
