#!/usr/bin/env python3
"""The table of RFC clauses, tests/rfc.md: does it name tests and functions that exist?

    rfc.py           what is wrong with it, a sentence each, and how many clauses it has; status 1 if anything is
    rfc.py --open    the clauses that the kernel does not keep, with the reasons
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TABLE = "tests/rfc.md"
HEAD = ["§", "level", "clause", "state", "where", "shown by, or why not"]
LEVELS = ("MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY")
STATES = ("kept", "not kept", "n/a")


class Row:
    def __init__(self, rfc, line, cells):
        self.rfc, self.line = rfc, line
        self.section, self.level, self.clause, self.state, self.where, self.shown = cells

    def __str__(self):
        return "RFC %s, %s, %s %s" % (self.rfc, self.section, self.level, self.clause)


def parse(text):
    """Rows, and sentences about lines that are none."""
    rows, bad, rfc = [], [], None
    for i, line in enumerate(text.split("\n"), 1):
        title = re.match(r"## RFC (\d+)\b", line)
        if line.startswith("## "):
            rfc = title.group(1) if title else None
        if rfc is None or not line.startswith("|"):
            continue
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if cells == HEAD or set("".join(cells)) <= set("-:"):
            continue
        if len(cells) != len(HEAD):
            bad.append("%s:%d: %d columns instead of %d: %s" % (TABLE, i, len(cells), len(HEAD), line[:60]))
            continue
        rows.append(Row(rfc, i, cells))
    return rows, bad


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def files(folder, pattern):
    for where, _, names in sorted(os.walk(os.path.join(ROOT, folder))):
        for n in sorted(names):
            if re.fullmatch(pattern, n):
                yield os.path.relpath(os.path.join(where, n), ROOT)


def all_tests():
    """The names of all tests that can be named: of the host, over the wire, in the guest, classes of hostile frames."""
    found = set()
    for name in files("tests/host", r"test_\w+\.c"):
        found.update(re.findall(r"^TEST\((\w+)\)", read(name), re.M))
    for name in files("user/tests", r"ut_\w+\.c"):
        group = os.path.basename(name)[:-2]
        for table in re.findall(r"^static const struct ut tests\[\] = \{(.*?)^\};", read(name), re.M | re.S):
            found.update("%s/%s" % (group, t) for t in re.findall(r'\{\s*"(\w+)"', table))
    for name in files("tests/guest/hostile", r"\w+\.py"):
        found.update("hostile " + c for c in re.findall(r'^@hostile\("(\w+)"', read(name), re.M))
    sys.path.insert(0, os.path.join(ROOT, "tests"))
    from guest import catalogue
    found.update("%s.%s" % (s.group, s.name) for s in catalogue.ALL)
    return found


def defines(where):
    """Is there a function of this name in this file? where: [FOLDER/]FILE:FUNCTION, the folder in kernel/, by default net."""
    name, _, function = where.partition(":")
    path = os.path.join("kernel", name if "/" in name else os.path.join("net", name))
    if not function or not os.path.isfile(os.path.join(ROOT, path)):
        return False
    return re.search(r"^%s\([^;]*$" % re.escape(function), read(path), re.M) is not None


def order(section):
    """3.2.1.8c as a list that sorts. Where a document has names instead of numbers, any order will do."""
    if not section[:1].isdigit():
        return []
    return [(0, int(n), "") if n.isdigit() else (1, 0, n) for n in re.findall(r"\d+|[a-z]+", section)]


def judge(row, tests):
    """What is wrong with one row."""
    if row.level not in LEVELS:
        yield "no such level: '%s'" % row.level
    if row.state not in STATES:
        yield "no such state: '%s'; there are: %s" % (row.state, ", ".join(STATES))
    functions = [] if row.where == "-" else row.where.split(", ")
    for f in functions:
        if not defines(f):
            yield "there is no function %s" % f
    named = row.shown.split(", ") if row.state == "kept" else re.findall(r"`([^`]+)`", row.shown)
    for t in named:
        if t not in tests:
            yield "there is no test '%s'" % t if t not in ("", "-") else "it is kept, and no test shows it"
    if row.state == "kept" and not functions:
        yield "it is kept, and no function keeps it"
    if row.state != "kept" and len(row.shown.split()) < 3:
        yield "it is not kept, and no reason is given"


def problems(text=None, tests=None):
    """All that is wrong with the table, as sentences."""
    rows, bad = parse(read(TABLE) if text is None else text)
    tests = all_tests() if tests is None else tests
    seen, last = {}, None
    for row in rows:
        where = "%s:%d: %s: " % (TABLE, row.line, row)
        bad += [where + sentence for sentence in judge(row, tests)]
        key = (row.rfc, row.section, row.clause)
        if key in seen:
            bad.append(where + "is in line %d already" % seen[key])
        seen[key] = row.line
        if last and last.rfc == row.rfc and order(last.section) > order(row.section):
            bad.append(where + "stands behind section %s" % last.section)
        last = row
    if not rows:
        bad.append("%s has no rows" % TABLE)
    return bad


def main():
    rows, _ = parse(read(TABLE))
    if sys.argv[1:] == ["--open"]:
        for row in rows:
            if row.state == "not kept":
                print("%s\n    %s" % (row, row.shown))
        return 0
    if len(sys.argv) > 1:
        print(__doc__.strip())
        return 2
    bad = problems()
    for sentence in bad:
        print(sentence)
    count = {s: sum(r.state == s for r in rows) for s in STATES}
    must = [r for r in rows if r.level.startswith("MUST")]
    print("%d clauses: %s; %d of them MUST or MUST NOT, of which %d kept" % (
        len(rows), ", ".join("%d %s" % (count[s], s) for s in STATES), len(must), sum(r.state == "kept" for r in must)))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
