"""The book (doc/): does it say what is in the tree? Each function gives sentences about what is wrong."""
import fnmatch
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = (".c", ".h", ".S", ".awk", ".ld")
OPENING = "After this chapter you can"


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def section(text, title):
    """What stands under a heading of the second level, up to the next one; None: there is no such heading."""
    m = re.search(r"^## %s[^\n]*\n(.*?)(?=^## |\Z)" % re.escape(title), text, re.M | re.S)
    return m.group(1) if m else None


def listed(text):
    """The files that the table under "Files" names: `vm.[ch]` is vm.c and vm.h."""
    for cell in re.findall(r"^\| (`[^|]*) \|", section(text, "Files") or "", re.M):
        for pattern in re.findall(r"`([^`]+)`", cell):
            m = re.fullmatch(r"(.*)\[(\w+)\]", pattern)
            yield from [m.group(1) + letter for letter in m.group(2)] if m else [pattern]


def sources(names, folder):
    """The source files right in a folder."""
    return {os.path.basename(n) for n in names if os.path.dirname(n) == folder and n.endswith(SOURCES)}


def chapters(names):
    """Every folder of kernel/ has a chapter, which opens with its use, lists its files, has a figure, comparisons and exercises."""
    for folder in sorted({n.split("/")[1] for n in names if n.startswith("kernel/") and n.count("/") == 2}):
        chapter = "doc/%s.md" % folder
        if chapter not in names:
            yield "kernel/%s has no chapter %s" % (folder, chapter)
            continue
        text = read(chapter)
        there, said = sources(names, "kernel/" + folder), list(listed(text))
        for name in sorted(there - set(said)):
            yield "%s: the table of files lacks %s" % (chapter, name)
        for name in sorted(set(said) - there):
            yield "%s: the table of files names %s, which is not in kernel/%s" % (chapter, name, folder)
        for name in sorted({n for n in said if said.count(n) > 1}):
            yield "%s: the table of files names %s twice" % (chapter, name)
        if OPENING not in text.split("\n## ")[0]:
            yield "%s: does not open with '%s'" % (chapter, OPENING)
        if not re.search(r"!\[[^\]]+\]\(figures/[\w-]+\.svg\)", text):
            yield "%s: has no figure" % chapter
        real = section(text, "How real systems do it") or ""
        for system in ("Linux", "OpenBSD", "FreeBSD"):
            if system not in real:
                yield "%s: 'How real systems do it' does not mention %s" % (chapter, system)
        if len(re.findall(r"^\d\. ", section(text, "Exercises") or "", re.M)) != 3:
            yield "%s: 'Exercises' are not three" % chapter


def user_files(names):
    """doc/user.md lists the files of user/lib, and the headers of user/."""
    text = read("doc/user.md")
    there = sources(names, "user/lib") | {n for n in sources(names, "user") if n.endswith((".h", ".ld"))} - {"bench.h"}  # see bench.md
    said = set(listed(text))
    for name in sorted(there - said):
        yield "doc/user.md: the table of files lacks %s" % name
    for name in sorted(said - there):
        yield "doc/user.md: the table of files names %s, which is in neither user/ nor user/lib/" % name


def quotes(names):
    """A block that begins with ```c FILE, ```asm FILE and the like holds lines of that file, in their order, without a gap; a line
    `...` stands for any number of them."""
    for name in names:
        if not name.endswith(".md"):
            continue
        for m in re.finditer(r"^```\w+ (\S+)\n(.*?)^```$", read(name), re.M | re.S):
            at = read(name)[:m.start()].count("\n") + 1
            if not os.path.isfile(os.path.join(ROOT, m.group(1))):
                yield "%s:%d: a quote of %s, which does not exist" % (name, at, m.group(1))
                continue
            stale = first_stale(m.group(2).split("\n")[:-1], read(m.group(1)).split("\n"))
            if stale:
                yield "%s:%d: this quote of %s is stale: '%s' is not there, or not in this place" % (
                    name, at + 1 + stale[0], m.group(1), stale[1].strip())


def first_stale(quote, source):
    """(number, text) of the first quoted line that is not where it should be; None: all are."""
    start, n = 0, 0  # where in the source the next piece may begin; lines of the quote before the piece
    for piece in re.split(r"^ *\.\.\.\n", "".join(line + "\n" for line in quote), flags=re.M):
        wanted = piece.split("\n")[:-1]
        best = 0
        for i in range(start, len(source) - len(wanted) + 1):
            same = 0
            while same < len(wanted) and source[i + same] == wanted[same]:
                same += 1
            best = max(best, same)
            if same == len(wanted):
                start = i + same
                break
        else:
            return n + best, wanted[best]
        n += len(wanted) + 1
    return None


def pictures(names, down):
    """The tree in README.md, the table of chapters and the figure of the house name the folders that there are, and what each may
    include is what the table of includes says. down: folder -> those below it."""
    folders = {n.split("/")[1] for n in names if n.startswith("kernel/") and n.count("/") == 2}
    text = section(read("README.md"), "The house") or ""
    drawn = dict(re.findall(r"^ +kernel/(\w+)/ .*?-> ([\w ]+?) *$", text, re.M))
    for f in sorted(folders - set(drawn)):
        yield "README.md: the tree lacks kernel/%s/, with '-> what it uses'" % f
    for f in sorted(set(drawn) - folders):
        yield "README.md: the tree has kernel/%s/, which does not exist" % f
    edges = {}
    for a, b in re.findall(r"^link (\w+) (\w+)", read("doc/figures/house.fig"), re.M):
        edges.setdefault(a, set()).add(b)

    def below(f, seen=()):
        found = set()
        for g in edges.get(f, set()) - set(seen):
            found |= {g} | below(g, tuple(seen) + (f,))
        return found
    hooks = {"debug"}  # it watches all, and is linked in the debug build alone: no floor of the house
    for f in sorted(folders & set(drawn)):
        table = set(down.get(f, "").split()) & folders
        said = set(drawn[f].split()) - {"none"}
        if said != ({"all"} if f == "debug" else table - hooks):
            yield "README.md: the tree says kernel/%s/ -> %s; tests/check/run says %s" % (f, drawn[f], " ".join(sorted(table)) or "none")
        if f not in hooks and below(f) != table - hooks:
            yield "doc/figures/house.fig: from %s arrows lead to %s; tests/check/run says %s" % (
                f, " ".join(sorted(below(f))) or "nothing", " ".join(sorted(table - hooks)) or "none")
    for top in sorted({n.split("/")[0] for n in names if "/" in n and not n.startswith((".", "kernel/"))}):
        if not re.search(r"^ +%s/" % re.escape(top), text, re.M):
            yield "README.md: the tree lacks %s/" % top
    table = read("doc/README.md")
    for chapter in sorted(fnmatch.filter(names, "doc/*.md")):
        base = os.path.basename(chapter)
        if base != "README.md" and "](%s)" % base not in table:
            yield "doc/README.md does not lead to %s" % base
