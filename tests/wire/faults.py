"""Faults on purpose: a cable that loses, repeats, swaps, damages and delays frames, all decided by one seed.

The same seed and the same frames give the same faults, so a failure can be seen again: print the seed.
"""
import random


class Faults:
    """Shares are 0.0 to 1.0, delay is the longest one in seconds. What was done is counted by name in .done."""

    def __init__(self, seed, lose=0.0, repeat=0.0, swap=0.0, flip=0.0, delay=0.0):
        self.seed, self.lose, self.repeat, self.swap, self.flip, self.delay = seed, lose, repeat, swap, flip, delay
        self.random = random.Random(seed)
        self.held = None  # a frame that lets the next one pass
        self.done = {"lost": 0, "repeated": 0, "swapped": 0, "flipped": 0, "delayed": 0}

    def __str__(self):
        return "faults: seed %d, lose %g, repeat %g, swap %g, flip %g, delay %g s; so far %s" % (
            self.seed, self.lose, self.repeat, self.swap, self.flip, self.delay,
            ", ".join("%d %s" % (n, what) for what, n in self.done.items()))

    def happens(self, share, what):
        # One draw for every decision, so that the shares do not shift each other's luck.
        yes = self.random.random() < share
        self.done[what] += yes
        return yes

    def apply(self, frame):
        """What comes out when frame goes in: [(seconds from now, frame)], maybe none, maybe several."""
        lost = self.happens(self.lose, "lost")
        twice = self.happens(self.repeat, "repeated")
        swapped = self.happens(self.swap, "swapped")
        flipped = self.happens(self.flip, "flipped")
        where = self.random.randrange(max(1, len(frame) * 8))
        wait = self.random.random() * self.delay
        if lost:
            return []
        if flipped and frame:
            data = bytearray(frame)
            data[where // 8] ^= 1 << where % 8
            frame = bytes(data)
        self.done["delayed"] += wait > 0
        out = [(wait, frame)] * (2 if twice else 1)
        if swapped and self.held is None:
            self.held = out
            return []
        if self.held is not None:
            out, self.held = out + self.held, None
        return out

    def flush(self):
        """The frame that still lets one pass, when none comes any more."""
        out, self.held = self.held or [], None
        return out
