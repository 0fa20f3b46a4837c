"""What the machines of a failed test know about the mistake: asked while they still run."""


class Diagnosis:
    """mistake: one sentence that names the mistake, or "". rings, drops: short pieces of text, or ""."""

    def __init__(self, mistake="", rings="", drops=""):
        self.mistake, self.rings, self.drops = mistake, rings, drops


def of(run, reason):
    """run: the scenario.Run that failed; run.machines, run.lans and run.panic() are there. reason: what failed, in words."""
    return Diagnosis()
