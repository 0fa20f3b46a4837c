"""The report about a scenario that failed. It is put together here, in one place and one order, while the machines still run:

  the reason       what was expected and did not happen: a sentence
  the mistake      what the machines themselves know about it (diagnosis.py): a sentence
  the panic        whole
  the wire         how many frames went each way, and the rules that the guest broke
  the input        what was typed last, and the frame that the test sent last
  the rings, the last frames, the drops
  the console      its last lines, when the kernel did not panic
  the processes    and what they wait for (stuck.py), when time was up

All but the processes is short and printed; the log has all of it, with the whole console and many more frames.
"""
import os
import re
import traceback

from wire import show

from . import diagnosis, machine, stuck

FRAMES, FRAMES_IN_LOG, LINES = 6, 400, 8


class Report:
    """mistake, and parts for the printed report and for the log: lists of (title, text) in the order of printing."""

    def __init__(self, reason, mistake="", parts=(), log=()):
        self.reason, self.mistake = reason, mistake
        self.parts = [x for x in parts if x[1]]
        self.log = [x for x in log if x[1]]

    def text(self, whole=False):
        lines = [self.reason] + (["Mistake: " + self.mistake] if self.mistake else [])
        for title, text in self.parts + (self.log if whole else []):
            lines.append(title + ":")
            lines += ["  " + line for line in text.rstrip("\n").split("\n")]
        return "\n".join(lines)


def words(error):
    """What an error says; where it was raised, too, when it is a mistake of the test's own."""
    if isinstance(error, AssertionError):
        return str(error)
    return "%s: %s\n%s" % (type(error).__name__, error, "".join(traceback.format_tb(error.__traceback__)))


def sentence(reason):
    """A reason without the console or the frames that its test put behind it."""
    return re.sub(r"(?s)[;.:]? *(the console shows|Last frames:)?\n\s+(\||\d+\.\d+ (->|<-)) .*", "", reason.rstrip())


def last_lines(text, n):
    return "\n".join(text.rstrip("\n").split("\n")[-n:])


def console(m):
    """What a machine printed, with the line that started it."""
    return " ".join(m.line) + "\n\n" + m.text


def of_run(run, error, late):
    """The report about scenario.Run `run`, which ended with `error`. late: it waited in vain."""
    reason, panic = sentence(words(error)), run.panic()
    # What nobody asks the machines for comes first: an answer to a question would be taken for it.
    frames = "\n".join("\n".join(show.tail(lan.log, FRAMES)) for lan in run.lans)
    given = last_input(run)
    consoles = [("The console of %s ends" % m.name, last_lines(m.text, LINES)) for m in run.machines if not m.closed]
    found = diagnosis.of(run, reason)
    waiting = "".join(stuck.describe(m) for m in run.machines).strip("\n") if late and not panic else ""
    parts = [("The panic", panic), ("The wire saw", "\n".join(wire(lan) for lan in run.lans)),
             ("The last input", given), ("The rings", found.rings), ("The last frames", frames), ("The drops", found.drops)]
    parts += [] if panic else consoles
    log = [("The reason, with all that the test said", words(error)), ("What the machines waited for", waiting)]
    log += [("The console of " + m.name, console(m)) for m in run.machines]
    log += [("The wire %s" % lan.name, "\n".join(show.tail(lan.log, FRAMES_IN_LOG))) for lan in run.lans]
    return Report(reason, found.mistake, parts, log)


def wire(lan):
    ours = sum(f.sent for f in lan.log)
    text = "%s: %d frames from the guest, %d to it" % (lan.name, lan.forgotten + len(lan.log) - ours, ours)
    if lan.unsent:
        text += ", %d that found no QEMU" % lan.unsent
    return "\n".join([text] + ["a rule was broken: " + rule for rule in lan.broken[:4]])


def last_input(run):
    typed = ["%s was given: %s" % (m.name, m.typed.rstrip("\n")) for m in run.machines if m.typed.strip()]
    sent = [next((show.line(f) for f in reversed(lan.log) if f.sent), "") for lan in run.lans]
    return "\n".join(typed + ["the wire sent: " + line for line in sent if line])


def of_command(reason, output):
    """The report about a command of this host's."""
    return Report(reason, wanted(output), parts=[("Its last lines", last_lines(output, 2 * LINES))], log=[("Its output", output)])


def wanted(output):
    """What the first unit test that failed wants, by the comment above it in the source; "" when none failed."""
    failed = re.search(r"(?m)^ *FAIL (\w+) \((tests/host/[\w.]+):(\d+)\)", output)
    if not failed:
        return ""
    with open(os.path.join(machine.ROOT, failed.group(2)), encoding="utf-8") as f:
        lines = f.read().split("\n")[:int(failed.group(3)) - 1]
    text = []
    while lines and lines[-1].startswith("//"):
        text.insert(0, lines.pop()[2:].strip())
    return "it is not so that: %s (unit test %s)" % (" ".join(text), failed.group(1)) if text else ""


def keep(folder, name, again, report):
    """Write the log of the failed test `name`; its path."""
    path = os.path.join(folder, file_name(name))
    with open(path, "w", encoding="utf-8", errors="replace") as f:
        f.write("%s\nAgain: %s\n\n%s\n" % (name, again, report.text(whole=True)))
    return path


def file_name(name):
    return re.sub(r"[^a-z0-9_.]+", "-", name) + ".log"
