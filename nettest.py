#!/usr/bin/env python3
"""The host's side of nettest: run `nettest NAME` in the guest and, in a second terminal, `python3 nettest.py NAME`.

  nettest.py txone|tx                   waits for what the guest sends, judges it, and ends
  nettest.py rxone|rx|rx2|rxburst       sends to the guest until you stop it (^C)
  nettest.py ping|ping0|ping1|ping2|ping3|dns   answers the guest until you stop it
  nettest.py grade                      all of them, led by `nettest grade` in the guest
  nettest.py server                     as grade, for one guest after the other, until you stop it

It listens on UDP port P of this machine and, for DNS, on P + 1; P is 25099 + (your user id % 5000), as in the Makefile.
What it sends first goes to the two ports that QEMU forwards to the guest's ports 2000 and 2001: P + 900 and P + 5900.
Nothing leaves this machine. The protocol is described at the top of user/tests/nettest.c.
"""
import argparse
import os
import select
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "tests"))
from wire import zone  # noqa: E402

JUDGED = ("txone", "tx")
SENT = ("rxone", "rx", "rx2", "rxburst")
ANSWERED = ("ping", "ping0", "ping1", "ping2", "ping3", "dns")
LIMIT = 25.0    # seconds that a test sends for at most, when the guest leads
VERDICT = 3.0   # seconds after which a judge says fail


def port():
    return int(os.environ.get("NET_TESTS_PORT") or 25099 + os.getuid() % 5000)


def numbered(word, n):
    """Datagram n of a series: its padding tells whether it is whole."""
    return b"%s %d:" % (word, n) + bytes(97 + (n + i) % 26 for i in range(n * 97 % 1200))


def shown(data):
    text = "".join(chr(c) if 32 <= c < 127 else "." for c in data[:32])
    return "%d bytes, '%s%s'" % (len(data), text, "..." if len(data) > 32 else "")


class Judge:
    """Decides about txone and tx. verdict: None, or (passed, why)."""

    def __init__(self, name, now):
        self.name, self.start, self.count, self.verdict = name, now, 0, None

    def datagram(self, data):
        if self.verdict:
            return
        if self.name == "txone":
            good = data == b"txone"
            self.verdict = (good, "" if good else "expected the 5 bytes 'txone', got " + shown(data))
            return
        if data != numbered(b"tx", self.count):
            self.verdict = (False, "expected datagram 'tx %d:' whole, got %s" % (self.count, shown(data)))
            return
        self.count += 1
        if self.count == 32:
            self.verdict = (True, "")

    def late(self, now, limit):
        if self.verdict is None and now - self.start > limit:
            came = "none came" if self.count == 0 else "%d of 32 came" % self.count
            self.verdict = (False, "%s within %g s: the guest's transmit ring, ARP answer or UDP header is wrong"
                            % (came, limit))
        return self.verdict


class Sender:
    """What is sent to the guest unasked: step() sends the next lot and says in how many seconds to come again."""

    def __init__(self, name, send, alone):
        self.name, self.send, self.alone, self.n = name, send, alone, 0

    def step(self):
        """send(which of the two guest ports, data)"""
        n, self.n = self.n, self.n + 1
        if self.name == "rxone":
            self.send(0, b"rxone")
            return 1.0 if self.alone else None
        if self.name == "rx":
            self.send(0, numbered(b"rx", n))
            return 0.02
        if self.name == "rx2":
            self.send(0, numbered(b"one", n))
            self.send(1, numbered(b"two", n))
            return 0.02
        for i in range(32):
            self.send(0, b"one %d" % (n * 32 + i))
        self.send(1, b"two %d" % (n * 32 + 31))
        return 0.1


class Peer:
    """The host's side without its sockets. send(which, data) sends to guest port 2000 + which; answer(whom, data)
    to where a datagram came from; say(line) tells the user. done: (passed, failed) when the guest has said bye."""

    def __init__(self, send, answer, say, clock=time.monotonic):
        self.send, self.answer, self.say, self.clock = send, answer, say, clock
        self.name = self.id = None
        self.judge = self.sender = None
        self.leader = None      # where "begin" came from
        self.began = 0.0
        self.next = None        # when the sender's next step is due
        self.told = False       # the verdict has been sent
        self.last = clock()     # when the guest was heard
        self.done = None
        self.dns = zone.Server()

    def start(self, name, alone=True):
        self.name, self.began, self.told = name, self.clock(), False
        self.judge = Judge(name, self.began) if name in JUDGED else None
        self.sender = Sender(name, self.send, alone) if name in SENT else None
        self.next = self.began if self.sender and alone else None

    def stop(self):
        self.sender = self.next = None

    def datagram(self, data, whom):
        """A datagram that came to P."""
        self.last = self.clock()
        words = data.split(b" ")
        if words[0] == b"begin" and len(words) == 3:
            self.begin(words[1].decode("latin-1"), words[2], whom)
        elif words[0] == b"end" and len(words) == 3:
            if words[2] == self.id:
                self.stop()
        elif words[0] == b"bye" and len(words) == 4 and words[2].isdigit() and words[3].isdigit():
            self.stop()
            self.done = (int(words[2]), int(words[3]))
        elif data.startswith(b"ping"):
            self.answer(whom, data)
        elif self.judge:
            self.judge.datagram(data)
            self.tick()

    def begin(self, name, ident, whom):
        self.leader = whom
        if name not in JUDGED + SENT + ANSWERED:
            self.say("the guest asks for a test that is not here: " + name)
            return
        if ident != self.id:
            self.id = ident
            self.say("%s: the guest is ready" % name)
            self.start(name, alone=False)
            if self.sender:
                self.next = self.began
        self.answer(whom, b"ready %s %s" % (name.encode(), ident))
        self.told = False
        self.tick()

    def query(self, data, whom, answer):
        """A datagram that came to P + 1."""
        self.last = self.clock()
        for reply in self.dns.answers(data):
            answer(whom, reply)

    def due(self):
        """Seconds until tick() must be called, at the most 0.2."""
        return 0.2 if self.next is None else min(0.2, max(0.0, self.next - self.clock()))

    def tick(self):
        now = self.clock()
        if self.judge and self.leader is not None:
            verdict = self.judge.late(now, VERDICT)
            if verdict and not self.told:
                self.told = True
                word = b"pass" if verdict[0] else b"fail"
                self.answer(self.leader, b" ".join([word, self.name.encode(), self.id, verdict[1].encode()]).rstrip())
        if self.next is not None and self.leader is not None and now - self.began > LIMIT:
            self.stop()
        if self.next is not None and self.next <= self.clock():
            wait = self.sender.step()
            # However long that took: there is a pause behind it, in which the guest is heard, and no flood to catch up.
            self.next = None if wait is None else max(self.next + wait, self.clock() + wait / 4)


# On this machine's UDP ports.

def bound(number):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.bind(("127.0.0.1", number))
    except OSError as e:
        sys.exit("nettest.py: cannot listen on UDP port %d of 127.0.0.1: %s.\nIs another nettest.py running? Otherwise "
                 "choose another port for both sides: make clean; make NET_TESTS_PORT=... qemu, and "
                 "NET_TESTS_PORT=... python3 nettest.py ..." % (number, e.strerror))
    return s


class Sockets:
    """Peer's sockets on 127.0.0.1. forward: the two ports that QEMU forwards to the guest."""

    def __init__(self, number, forward, say):
        self.main, self.names = bound(number), bound(number + 1)
        self.forward = forward
        self.peer = Peer(self.send, self.answer, say)

    def send(self, which, data):
        self.put(self.main, data, ("127.0.0.1", self.forward[which]))

    def answer(self, whom, data):
        self.put(self.main, data, whom)

    @staticmethod
    def put(sock, data, to):
        try:
            sock.sendto(data, to)
        except ConnectionError:
            pass  # QEMU is not there (yet)

    def step(self):
        """Wait for something to do, and do it."""
        ready, _, _ = select.select([self.main, self.names], [], [], self.peer.due())
        for s in ready:
            try:
                data, whom = s.recvfrom(65536)
            except ConnectionError:
                continue  # an earlier send found nobody
            if s is self.main:
                self.peer.datagram(data, whom)
            else:
                self.peer.query(data, whom, lambda to, reply: self.put(self.names, reply, to))
        self.peer.tick()

    def close(self):
        self.main.close()
        self.names.close()


def judged(sockets, name, limit):
    """txone or tx, alone."""
    peer = sockets.peer
    peer.start(name)
    while peer.judge.verdict is None:
        sockets.step()
        peer.judge.late(time.monotonic(), limit)
    good, why = peer.judge.verdict
    print("%s: %s" % (name, "OK" if good else "FAIL " + why), flush=True)
    return 0 if good else 1


def graded(sockets, limit):
    """grade: until the guest says bye, or says nothing any more."""
    peer = sockets.peer
    while peer.done is None:
        sockets.step()
        quiet = time.monotonic() - peer.last
        if quiet > limit:
            print("FAIL nothing came from the guest for %g s%s" % (
                limit, ", the last test was " + peer.name if peer.name else
                ": run `nettest grade` in the guest; its QEMU must be started by `make qemu` of the same user"), flush=True)
            return 1
    print("nettest: %d passed, %d failed" % peer.done, flush=True)
    return 0 if peer.done[1] == 0 and peer.done[0] > 0 else 1


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("test", choices=JUDGED + SENT + ANSWERED + ("grade", "server"), metavar="TEST")
    parser.add_argument("--port", type=int, default=port(), help="P (else $NET_TESTS_PORT, else %d)" % port())
    parser.add_argument("--forward", help="the ports that QEMU forwards to the guest's 2000 and 2001: A,B")
    parser.add_argument("--wait", type=float, default=60, metavar="SECONDS", help="give up after so long a silence (60)")
    o = parser.parse_args()
    default = [os.environ.get("FWDPORT1") or o.port + 900, os.environ.get("FWDPORT2") or o.port + 5900]
    try:
        o.forward = [int(x) for x in (o.forward.split(",") if o.forward else default)]
        if len(o.forward) != 2 or not all(0 < x < 65536 for x in o.forward + [o.port, o.port + 1]):
            raise ValueError
    except ValueError:
        parser.error("a port is a number from 1 to 65535; --forward takes two of them, A,B")
    return o


def main():
    o = options()
    sockets = Sockets(o.port, o.forward, lambda line: print(line, flush=True))
    try:
        if o.test in JUDGED:
            print("%s: waiting for the guest on UDP port %d (start `nettest %s` there)" % (o.test, o.port, o.test), flush=True)
            return judged(sockets, o.test, o.wait)
        if o.test == "grade":
            print("waiting for `nettest grade` in the guest, on UDP port %d" % o.port, flush=True)
            return graded(sockets, o.wait)
        if o.test == "server":
            print("answering every guest on UDP port %d; ^C ends it" % o.port, flush=True)
        elif o.test in SENT:
            print("%s: sending to the guest through ports %d and %d until ^C" % (o.test, *o.forward), flush=True)
            sockets.peer.start(o.test)
        else:
            print("%s: answering on UDP port %d until ^C" % (o.test, o.port + (o.test == "dns")), flush=True)
        while True:
            sockets.step()
            if sockets.peer.done:
                print("nettest: %d passed, %d failed" % sockets.peer.done, flush=True)
                sockets.peer.done = None
    except KeyboardInterrupt:
        print()
        return 0
    finally:
        sockets.close()


if __name__ == "__main__":
    sys.exit(main())
