"""Sockets as open files: waiting, deadlines, errors that come back by ICMP, killing what waits."""
import re

from wire import packet as p
from .scenario import check, equal, scenario

GUEST = "10.0.2.15"


@scenario(net="wire")
def nonblocking(t):
    """MSG_DONTWAIT and O_NONBLOCK: an empty socket says that it would have to wait."""
    out = t.sh("nt nonblock 7")
    equal(len(re.findall(r": -1 .*(?:again|wait)", out, re.I)), 2, "calls that did not wait in:\n" + out)


@scenario(net="wire")
def receive_timeout(t):
    """SO_RCVTIMEO ends a recv that gets nothing, and not one that does."""
    t.host.ping(b"warm")
    t.begin("nt recv 7 2 100 2000", "ready")
    t.host.send_udp(9, 7, b"hello")
    t.m.expect("got 5 from")
    t.m.expect("(?m)^error .*")
    t.m.prompt()


@scenario(harts=(1, 3), net="wire")
def poll(t):
    """poll ends by its timeout with 0, or by a datagram with POLLIN."""
    t.host.ping(b"warm")
    t.begin("nt poll 7 300", "ready")
    found = t.m.expect(r"poll (\d+) events (\d+) after (\d+) ms")
    equal(found.group(1, 2), ("0", "0"), "poll without a datagram")
    check(int(found.group(3)) >= 300, "it came back after %s of 300 ms" % found.group(3))
    t.m.prompt()
    t.begin("nt poll 7 60000", "ready")
    t.host.send_udp(9, 7, b"hello")
    found = t.m.expect(r"poll (\d+) events (\d+) after (\d+) ms")
    equal(found.group(1, 2), ("1", "1"), "poll with a datagram")
    t.m.prompt()


@scenario(harts=(1, 3, 8), net="wire")
def shared_by_two(t):
    """A parent and a child receive from one socket: each datagram reaches exactly one of them."""
    t.host.ping(b"warm")
    t.begin("nt share 7", "ready")
    for i in range(200):
        t.host.send_udp(9, 7, b"%d" % i)
        if i % 10 == 9:
            t.host.ping(b"%d" % i, seq=i)  # they have time to read: the queue is bounded
    t.host.send_udp(9, 7, b"stop")
    t.host.send_udp(9, 7, b"stop")
    equal(t.m.expect(r"together (\d+)").group(1), "200", "datagrams that both had")
    t.m.prompt()


@scenario(net="wire")
def refused(t):
    """A connected socket hears of port unreachable: recv fails with the field's words for it, and at once."""
    t.host.on(9, lambda h, ip, udp: h.send_ip(p.Ip(h.address, ip.src, p.ICMP,
                                                   p.Icmp(p.UNREACHABLE, 3, 0, ip.emit()[:28]).emit())))
    out = t.sh("nt ask 10.0.2.2 9 20000")
    check(re.search(r"recv: .*(refused|nobody|listen)", out, re.I), "the answer to port unreachable: " + out)


@scenario(net="wire")
def time_exceeded(t):
    """A router says that the TTL was used up: the asker is told, and its datagram had the TTL it asked for."""
    def router(h, ip):
        h.send_ip(p.Ip(h.address, ip.src, p.ICMP, p.Icmp(p.TIME_EXCEEDED, 0, 0, ip.emit()[:28]).emit()))
    mark = t.lan.mark()
    t.m.send("nt ttl 192.0.2.1 33434 1\n")
    f = t.lan.wait("the datagram", lambda f: f.udp and f.udp.dport == 33434, mark)
    equal(f.ip.ttl, 1, "its TTL")
    router(t.host, f.ip)
    found = t.m.expect(r"(?m)^(recv|send|connect): (.*)$")
    check(found.group(1) == "recv", "it failed in " + found.group(1))
    t.m.prompt()


@scenario(net="wire")
def connected_to_one(t):
    """A connected socket takes datagrams from its peer only; anybody else's goes to no socket."""
    def answer(h, ip, udp):
        other.send_udp(9, udp.sport, b"intruder")
        h.send_udp(8, udp.sport, b"wrong port")
        h.send_udp(9, udp.sport, b"right")
    other = t.lan.host("10.0.2.9")
    t.host.on(9, answer)
    before = t.numbers()
    equal(t.sh("nt ask 10.0.2.2 9 20000"), "answer right", "what the connected socket got")
    t.dropped("udp.noport", 2, before)


@scenario(net="wire")
def names(t):
    """getsockname and getpeername tell both ends after connect."""
    out = t.sh("nt names 10.0.2.2 9").split("\n")
    equal(len(out), 4, "the number of lines")
    check(out[1].startswith("peer: "), "getpeername before connect: " + out[1])
    check(re.fullmatch(r"local 10\.0\.2\.15:[1-9]\d*", out[2]), "after connect: " + out[2])
    equal(out[3], "peer 10.0.2.2:9", "after connect")


@scenario(harts=(1, 3, 8), net="wire")
def kill_what_waits(t):
    """kill ends a process that waits in any call: recv and read of a socket, poll, the lab's recv, the terminal, a pipe, sleep,
    and everything it had is free again."""
    t.sh("echo warm")
    before = t.numbers()
    for command, ready in (("nt block 7 recv", "ready"), ("nt block 7 read", "ready"), ("nt block 7 poll", "ready"),
                           ("ntlab block 2000", "ready"), ("nt recv 7 1 10 100000", "ready"), ("sleep 100000", "")):
        t.m.background(command, ready)
        name = command.split()[0]
        pid = find_pid(t, name)
        t.sh("kill %s" % pid)
        t.settled("'%s' gone" % command, lambda n: n["procs.free"] == before["procs.free"])
        check("came back" not in t.m.text, "'%s' came back from its call" % command)
    t.settled("everything free", lambda n: all(n[k] == before[k] for k in ("socks.free", "files.free", "procs.free"))
              and n["packets.free"] >= before["packets.free"])


def find_pid(t, name):
    found = []

    def there():
        found[:] = re.findall(r"(?m)^\s*(\d+)\b.*\b%s\b" % re.escape(name), t.sh("ps"))
        return bool(found)
    for _ in range(20):
        if there():
            return found[-1]
    check(False, "ps does not list %s\n%s" % (name, t.m.tail()))


@scenario(net="wire")
def many_sockets(t):
    """Sockets are limited: the program that opens too many gets an error, and after its end all are free."""
    before = t.numbers()
    for port in (70, 71, 72):
        t.m.background("nt echo %d 0" % port, "ready")
    pids = re.findall(r"(?m)^\s*(\d+)\b.*\bnt\b", t.sh("ps"))
    equal(len(pids), 3, "how many nt run")
    for pid in pids:
        t.sh("kill %s" % pid)
    t.settled("all sockets free", lambda n: n["socks.free"] == before["socks.free"])
    out = t.sh("nt echo 99999 0")
    check("not a number" in out, "port 99999: " + out)
