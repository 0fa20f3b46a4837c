"""Every way out of "no memory", on the debug kernel: the n-th allocation fails, for every n until what was asked for gets
through. A clean error each time, and nothing is lost."""
import re

from .scenario import check, equal, scenario


def echo(host, ip, udp):
    host.send_udp(udp.dport, udp.sport, udp.payload, ip.src)


@scenario(harts=(1, 3), net="wire", debug=True, seconds=400, points=3)
def calls(t):
    """fork, exec, pipe, open, directories, sbrk, page faults, sockets, sending to lo and to the wire, address resolution,
    receiving, poll and the lab's calls while the n-th page or packet is not to be had: an error, or success; nothing is lost."""
    t.host.on(7, echo)
    out = t.m.run("ut_nomem", 380)
    bad = [line for line in out.split("\n") if "FAIL" in line]
    check(not bad, "; ".join(bad) + "\n" + t.m.tail(30))
    check(re.search(r"[2-9]\d passed, 0 failed", out), "no final line\n" + t.m.tail(30))


@scenario(harts=(1, 3), net="wire", debug=True, seconds=300)
def reassembly(t):
    """Fragments come from the wire, and their echo goes back, while the n-th packet is not to be had: a whole datagram, or
    none; after the rests have timed out all packets are free again."""
    t.m.background("nt echo 7 0 2>errors", "ready")  # what it says must not come between what is typed
    t.host.ping(b"warm")
    t.sh("netctl fraglife 3")
    before = t.numbers()
    data = bytes(i * 7 & 0x7f for i in range(5000))  # in four fragments
    got = []
    t.host.on(4000, lambda host, ip, udp: got.append(udp.payload))
    for n in range(1, 100):
        now = t.numbers()
        was = now["e0.rx_frames"] + now.get("rx.nobuf", 0)
        t.sh("nt fail %d" % n)
        t.host.send_udp(4000, 7, data)
        t.settled("four frames", lambda now: now["e0.rx_frames"] + now.get("rx.nobuf", 0) >= was + 4)
        left = int(re.search(r"\d+", t.sh("nt fail 0")).group())
        if left:
            break
    check(left and n > 5, "after %d failures %d are left" % (n, left))
    t.lan.until("the echo that nothing stands in the way of", lambda: got and got[-1] == data)
    check(all(g == data for g in got), "an echo was not what was sent")
    check(len(got) < n, "not one of %d failures cost a datagram" % (n - 1))
    now = t.settled("all packets free", lambda now: now["packets.free"] >= before["packets.free"], 100)
    equal(now["socks.free"], before["socks.free"], "free sockets")
