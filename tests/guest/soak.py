"""The soak: everything at once, round after round, from a seed. In each round the wire is fuzzed or flooded, while faults
are on in the guest, or the cable is pulled, or the card reset, and programs run there; then all must answer. About once a
minute it gets quiet: nothing may be missing then, and usertests must pass."""
import random
import re
import subprocess
import time

from . import crash, storms
from .machine import Failure
from .scenario import check, equal

QUIET_EVERY = 45  # seconds
GROUPS = ("mem", "cow", "ptr", "proc", "kill", "exec", "file", "dir", "pipe", "poll", "sock", "connect", "lab")
BESIDE = (  # what the shell does while frames rain; each ends by itself
    "ls | sort | wc", "cat README | grep packet | wc", "find / | wc", "ps", "netstat", "arp", "free", "ping -c 3 127.0.0.1",
    "mkdir soak; cp README soak/a; cp soak/a soak/b; mv soak/b soak/c; rm -r soak", "seq 500 | sort | uniq | tail -1",
    "fsload -s %(seed)d -p 2 -n 100; rm -rf /load.0 /load.1 /load.all", "sysfuzz -s %(seed)d -p 2 -n 800",
    "usertests mix",
)


class Soak:
    def __init__(self, t, o, say):
        self.t, self.o, self.say = t, o, say
        self.dice = random.Random(o.seed)
        self.done = {}  # what was done, by name
        self.start = self.told = self.quiet_at = time.monotonic()

    def count(self, what, n=1):
        self.done[what] = self.done.get(what, 0) + n

    def over(self):
        return time.monotonic() - self.start >= self.o.time

    def tell(self, always=False):
        now = time.monotonic()
        if always or now - self.told >= 60:
            self.told = now
            self.say("  %5.0f s: %s" % (now - self.start, ", ".join("%d %s" % (n, what) for what, n in self.done.items())))

    # What goes wrong beside the frames. Each leaves the machine as it was.

    def faults(self):
        d = self.dice
        self.t.sh("faulty e0 lose %d%% dup %d%% reorder %d%% corrupt %d%% delay %dms seed %d" % (
            d.randrange(15), d.randrange(15), d.randrange(15), d.randrange(5), d.randrange(20), d.randrange(1 << 30)))
        self.count("times faults")

    def faults_off(self):
        numbers = [int(n) for n in re.findall(r"\d+", " ".join(re.findall(r"(?m)^\s+(?:received|sent) ([ \d]+)$",
                                                                          self.t.sh("faulty"))))]
        if len(numbers) == 18:
            self.count("frames lost, doubled, moved, damaged or delayed", sum(sum(numbers[i + 1:i + 7]) for i in (0, 9)))
        self.t.sh("faulty e0 off")

    def flap(self):
        for _ in range(self.dice.randrange(1, 6)):
            self.t.m.set_link("n0", False)
            if self.dice.random() < 0.5:
                self.t.sh("echo unplugged")
            self.t.m.set_link("n0", True)
            self.count("link flaps")

    def reset(self):
        self.t.sh("ifconfig e0 reset")
        self.count("resets")

    def down_and_up(self):
        self.t.sh("ifconfig e0 down; ifconfig e0 up")
        self.count("times down and up")

    def work(self):
        command = self.dice.choice(BESIDE) % {"seed": self.dice.randrange(1, 1 << 30)}
        out = self.t.sh(command, 300)
        self.count("commands")
        found = re.search(r"sysfuzz: (\d+) calls", out)
        self.count("calls fuzzed", int(found[1]) if found else 0)
        bad = re.search(r"(?m)^.*(?:do not end|must not|FAIL.*hang).*$", out)
        check(not bad, "`%s` printed:\n%s" % (command, out))

    # Rounds.

    def round(self):
        d = self.dice
        faulty = d.random() < 0.4 and self.o.debug  # a release kernel has no faults
        kind = ["fuzz"] if d.random() < 0.5 else ["flood", d.choice([k for k in storms.KINDS if k != "full"])]
        if faulty:
            self.faults()
        storm = storms.Storm(self.t, *(["-x"] if faulty else []), "-r", d.randrange(1 << 30), "-m", d.randrange(2000, 30000),
                             *kind)
        try:
            beside = [self.work, self.work, self.work, self.flap, self.down_and_up] + ([self.reset] if d.random() < 0.3 else [])
            while True:
                d.choice(beside)()
                if not storm.running():
                    break
            if faulty:
                self.faults_off()
            self.t.settled("the link up", lambda n: n.get("e0.link") == 1)
            found = storm.result(200)
        finally:
            storm.stop()
        self.count("rounds")
        self.count("frames", found["frames"])
        self.count("probes answered", found["answered"])

    def answers(self):
        """Ping and echo, and nobody else."""
        storms.Storm(self.t, "probe").result(60)

    def quiet(self, before):
        group = self.dice.choice(GROUPS)
        storms.no_leaks(self.t, before)
        out = self.t.sh("usertests -q " + group, 300)
        check("ALL TESTS PASSED" in out, "usertests -q %s:\n%s" % (group, "\n".join(out.split("\n")[-15:])))
        storms.daemons(self.t)
        self.answers()
        self.count("quiet points")
        self.quiet_at = time.monotonic()

    def run(self):
        self.t.sh("usertests -q exec sock", 300)  # the machine has now what it will keep
        before = storms.start(self.t)
        while not self.over():
            self.round()
            self.answers()
            if time.monotonic() - self.quiet_at > QUIET_EVERY:
                self.quiet(before)
            self.tell()
        self.quiet(before)
        self.tell(always=True)
        self.say("  what became of the frames: " + storms.drops(before, storms.numbers(self.t)))


def sound_disk(t):
    """Powered off, the disk holds a sound file system."""
    fsck = crash.build_fsck(t.where)
    t.m.send("halt\n")
    equal(t.m.wait_end(60), 0, "the status of QEMU")
    found = subprocess.run([fsck, t.m.image], capture_output=True, text=True)
    check(found.returncode == 0, "fsck of the image:\n" + found.stdout[-2000:])


def soak(t, o):
    """All of it, for so long, and the disk afterwards."""
    s = Soak(t, o, lambda text: print(text, flush=True))
    try:
        s.run()
    except AssertionError as e:
        s.tell(always=True)
        raise Failure(str(e)) from e
    sound_disk(t)
