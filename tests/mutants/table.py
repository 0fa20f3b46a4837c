"""Tables of changes to the kernel, and copies of the tree in which they are made: what tests/mutants/run and
tests/mistakes/run share.

  @ kernel/net/ip.c                        the file that is changed, until the next such line
  ip.version: only version 4               a name, and a sentence about it
  - if(unlikely(h->ip_vhl >> 4 != 4))      what is taken out: it must be there exactly once
  + if(0)                                  what is put in its place
  - ...                                    after a `+` begins another place that is changed, too

What the other marks mean is for those who read the table.
"""
import concurrent.futures
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Change:
    """edits: (path, what is taken out, what is put in), one for each place. said: mark -> the lines with it."""

    def __init__(self, where, path, name, about):
        self.where, self.path, self.name, self.about = where, path, name, about
        self.edits, self.said = [], {}

    def line(self, mark, rest, path):
        if mark == "-" and (not self.edits or self.edits[-1][2]):
            self.edits.append((path, [], []))
        if mark in "-+":
            self.edits[-1]["-+".index(mark) + 1].append(rest)
        else:
            self.said.setdefault(mark, []).append(rest)

    def finish(self):
        self.edits = [(path, "\n".join(out), "\n".join(into)) for path, out, into in self.edits]

    def what(self, mark):
        return " ".join(self.said.get(mark, []))

    def paths(self):
        return {path for path, _, _ in self.edits}

    def changed(self, path):
        """The file as the change makes it."""
        text = read(os.path.join(ROOT, path))
        for where, out, into in self.edits:
            if where == path:
                text = text.replace(out, into)
        return text


def read_table(path, marks):
    """The changes of one table; marks: what its lines may begin with besides @, - and +. A mistake in it is a SystemExit."""
    table, source, changes = os.path.relpath(path, ROOT), None, []
    with open(path, encoding="utf-8") as f:
        for i, line in enumerate(f.read().split("\n"), 1):
            kind, rest = line[:1], line[2:]
            start = re.match(r"([a-z][\w.]*): (.+)$", line)
            if kind in ("", "#"):
                continue
            if kind == "@":
                source = rest
            elif start and source:
                changes.append(Change("%s:%d" % (table, i), source, start.group(1), start.group(2)))
            elif changes and kind in "-+" + marks:
                changes[-1].line(kind, rest, source)
            else:
                sys.exit("%s:%d: not a line of a table: %s" % (table, i, line))
    for c in changes:
        c.finish()
    return changes


def read_tables(folder, marks):
    names = sorted(name for name in os.listdir(folder) if name.endswith(".txt"))
    return [c for name in names for c in read_table(os.path.join(folder, name), marks)]


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def misfits(changes):
    """A sentence for each change that does not fit the source."""
    texts, names = {}, {}
    for c in changes:
        for at, out, into in c.edits or [(c.path, "", "")]:
            path = os.path.join(ROOT, at)
            if at not in texts:
                texts[at] = read(path) if os.path.exists(path) else ""
            n = texts[at].count(out) if out else 0
            if n != 1:
                yield "%s: %s: what is taken out is %d times in %s, and should be there once: has the source changed?" % (
                    c.where, c.name, n, at)
            if out == into:
                yield "%s: %s changes nothing" % (c.where, c.name)
        if c.name in names:
            yield "%s: %s is the name of %s, too" % (c.where, c.name, names[c.name])
        names[c.name] = c.where


# ---- private copies of the tree

def is_source(name):
    return not name.endswith((".o", ".d")) and not name.startswith("_") and name not in ("kernel", "mkfs", "fsck")


def copy_tree(there, parts):
    """What is needed to build, as it is in the tree now; what has not changed keeps its time."""
    wanted = set()
    for part in parts:
        top = os.path.join(ROOT, part)
        for where, folders, files in [(ROOT, [], [part])] if os.path.isfile(top) else os.walk(top):
            folders[:] = [d for d in folders if d not in ("build", "__pycache__")]
            for f in files:
                if not is_source(f):
                    continue
                a = os.path.join(where, f)
                b = os.path.join(there, os.path.relpath(a, ROOT))
                wanted.add(b)
                if not os.path.exists(b) or read_bytes(a) != read_bytes(b):
                    os.makedirs(os.path.dirname(b), exist_ok=True)
                    shutil.copyfile(a, b)
                    shutil.copymode(a, b)
    for where, _, files in os.walk(there):
        for f in files:
            b = os.path.join(where, f)
            if f.endswith((".c", ".h", ".S")) and not b.startswith(os.path.join(there, "build")) and b not in wanted:
                os.unlink(b)


def read_bytes(path):
    with open(path, "rb") as f:
        return f.read()


class Failed(Exception):
    """The run as a whole makes no sense: a sentence."""


def run_words(words, cwd, seconds):
    """A command in a group of its own, with a deadline. result: status or None when it took too long, and what it said."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DEBUG", "V", "MAKEOVERRIDES")}
    process = subprocess.Popen(words, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
    try:
        said, _ = process.communicate(timeout=seconds)
        return process.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        return None, said


class Workshop:
    """A copy of the tree in which changes are made, built and tried, one after the other."""

    def __init__(self, there, parts):
        self.there, self.changed = there, set()  # changed: the files that differ from the tree
        copy_tree(there, parts)

    def put(self, path, text):
        with open(os.path.join(self.there, path), "w", encoding="utf-8") as f:
            f.write(text)

    def restore(self, but=()):
        for path in self.changed - set(but):
            self.put(path, read(os.path.join(ROOT, path)))
        self.changed &= set(but)

    def make(self, change):
        """Make the change, and undo the one before."""
        self.restore(but=change.paths())
        self.changed |= change.paths()
        for path in change.paths():
            self.put(path, change.changed(path))

    def built(self, what, words):
        status, said = run_words(words, self.there, 600)
        if status != 0:
            raise Failed("%s does not compile:\n%s" % (what, "\n".join(said.strip().split("\n")[-12:])))


def try_all(changes, shops, attempt, tell):
    """Let each change be tried in one of the workshops, attempt(shop, change), and tell(change, result, seconds) of it."""
    free = queue.Queue()
    for shop in shops:
        free.put(shop)

    def one(c):
        shop = free.get()
        start = time.monotonic()
        try:
            return c, attempt(shop, c), time.monotonic() - start
        finally:
            free.put(shop)
    with concurrent.futures.ThreadPoolExecutor(len(shops)) as pool:
        waiting = [pool.submit(one, c) for c in changes]
        try:
            for f in concurrent.futures.as_completed(waiting):
                tell(*f.result())
        except BaseException:
            for f in waiting:
                f.cancel()
            raise
    for shop in shops:
        shop.restore()
