"""Functions of the kernel that nobody calls. The compiler finds those that are static; these are the others."""
import glob
import os
import re
import subprocess


def functions(nm, files, there):
    """Functions that an object defines, as name: object; names that an object wants from another one, or kernel.ld gives away."""
    out = subprocess.run([nm, "-A"] + files, cwd=there, capture_output=True, text=True, check=False).stdout
    here, wanted = {}, set()
    for m in re.finditer(r"(?m)^(\S+?): *[0-9a-f]* (\w) (\w+)$", out):
        if m[2] == "T":
            here[m[3]] = m[1]
        elif m[2] == "U":
            wanted.add(m[3])
    return here, wanted


def faults(there, prefix):
    """A sentence for each function of the kernel that was built in this tree, and that is called neither from another file
    nor in its own."""
    found = glob.glob(os.path.join(glob.escape(there), "kernel/*/*.[cS]"))
    sources = {re.sub(r"\.c$", "", s) + ".o": s for s in sorted(os.path.relpath(f, there) for f in found)}
    here, wanted = functions(prefix + "nm", list(sources), there)
    if len(here) < 100:
        yield "kernel/*/*.o: only %d functions are seen (%snm)" % (len(here), prefix)
    for name, made in sorted(here.items()):
        source = sources[made]
        if name in wanted or source.endswith(".S"):
            continue
        with open(os.path.join(there, source), encoding="utf-8") as f:
            code = re.sub(r'//[^\n]*|"(\\.|[^"\n])*"', "", f.read())
        # Its definition begins a line; a field of this name is not it.
        if not re.search(r"(?<![\w.>])(?<!^)%s\b" % name, code, re.M):
            yield "%s: nobody calls %s()" % (source, name)
