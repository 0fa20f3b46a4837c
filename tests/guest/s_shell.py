"""The shell and the tools, as a user at the terminal meets them."""
import re

from .machine import echo_of
from .scenario import check, equal, scenario


def lines(text):
    return text.split("\n") if text else []


@scenario(harts=(1, 3, 8))
def pipes(t):
    """Pipes connect commands, also many of them in a row, and carry more than a pipe holds."""
    equal(t.sh("echo one two | wc"), t.sh("echo one two > f ; wc < f"), "wc of a pipe")
    equal(t.sh("echo hello | cat | cat | cat | cat | cat"), "hello", "five cats")
    equal(t.sh("seq 1 3000 | tail -n 1"), "3000", "the last of 3000 lines through a pipe")
    equal(t.sh("seq 1 3000 | head -n 2"), "1\n2", "the first two lines, the writer ended by the closed pipe")


@scenario()
def redirections(t):
    """> makes or empties a file, >> appends, < reads."""
    equal(t.sh("echo one > f; echo two >> f; cat < f"), "one\ntwo", "after > and >>")
    equal(t.sh("echo three > f; cat f"), "three", "after > on an existing file")
    check("nosuch" in t.sh("cat < nosuch"), "nothing is said of a file that is not there")
    equal(t.sh("echo still here"), "still here", "the shell after a failed redirection")


@scenario()
def quoting(t):
    """Quotes keep blanks and special characters together."""
    equal(t.sh("echo 'a  b' \"c > d\" 'e|f;g&h'"), "a  b c > d e|f;g&h", "quoted words")
    equal(t.sh("echo ''x\"\"y"), "xy", "empty quotes")
    t.m.send("echo 'open\n")
    t.m.expect("(?m)^> ", "the prompt for the rest of a quoted text", partial=True)
    t.m.send("end'\n")
    t.m.expect("(?m)^open\nend$", "a text of two lines")
    t.m.prompt()


@scenario()
def lists_and_groups(t):
    """; and parentheses run one after the other, & beside."""
    equal(t.sh("echo a; echo b ; echo c"), "a\nb\nc", "a list")
    equal(t.sh("(echo a; echo b) | cat"), "a\nb", "a group in a pipe")
    t.m.send("sleep 5 & echo front\n")
    t.m.expect(r"(?m)^front$", "the foreground command beside a background one")
    t.m.prompt()


@scenario()
def syntax_errors(t):
    """A line that is none gets a sentence, and the shell goes on."""
    for bad in ("| cat", "echo >", "echo a)", "; ;", "&& echo", "echo a | | cat", "()", "echo < >", "echo ${", "a=`"):
        t.m.send(bad + "\n\x03")  # ^C: some may wait for the rest
        t.m.expect(re.escape(bad))
        t.m.prompt()
        # ^C makes a prompt of its own, or not, by where it came: what follows does not count them.
        t.m.send("\necho ali''ve\n")
        t.m.expect(r"(?m)^alive\r?$", "the shell after '%s'" % bad)
        t.m.prompt()


@scenario()
def status_line(t):
    """A command that fails shows its status; one that is not there gets a sentence."""
    check(re.search(r"(?i)not found|no such|cannot|exec|failed", t.sh("nosuchprogram")), "nothing is said of a missing program")
    out = t.sh("false")
    check(re.search(r"\b1\b", out), "the status of false is not shown: '%s'" % out)
    equal(t.sh("true"), "", "the output of true")


@scenario()
def line_editing(t):
    """Backspace takes back a character and ^U the line, before the program sees it."""
    t.m.send("cat\n")
    t.m.expect(r"cat\s*\n")
    t.runs("cat")  # before that the shell still has the terminal, raw
    t.m.send("helpx\x7f\x7flo\n")
    t.m.expect(r"(?m)^hello$", "what cat read, after two backspaces")
    t.m.send("rubbish\x15clean\n")
    t.m.expect(r"(?m)^clean$", "what cat read, after ^U")
    t.m.send("\x04")
    t.m.prompt()
    t.m.send("echo wrong\x15echo right\n")
    t.m.expect(r"(?m)^right$", "the shell's own ^U")
    t.m.prompt()


@scenario(harts=(1, 3))
def typed_ahead(t):
    """What is typed before the program that it is meant for has started: edited all the same, and each gets its own."""
    t.m.send("cat\nhelpx\x7f\x7flo\nrubbish\x15clean\n\x04echo next\n")
    for line in ("hello", "clean", "next"):
        t.m.expect(r"(?m)^%s$" % line, "the line '%s'" % line)
    t.m.prompt()


@scenario(harts=(1, 3))
def interrupt(t):
    """^C ends the foreground command, also a whole pipe, and gives the prompt back."""
    for command, last in (("cat", "cat"), ("sleep 1000", "sleep"), ("cat | wc", "wc"), ("nt block 7 recv", "nt"),
                          ("sleep 1000; sleep 1000", "sleep")):
        t.m.send(command + "\n")
        t.m.expect(echo_of(command))
        t.runs(last)
        t.m.send("\x03")
        t.m.prompt()
    equal(t.sh("echo back"), "back", "the shell after ^C")
    check("sleep" not in t.sh("ps"), "sleep is still there after ^C")


@scenario()
def end_of_input(t):
    """^D ends what reads the terminal; the shell that gets it is started again, or stays."""
    t.m.send("cat\n")
    t.m.expect(r"cat\s*\n")
    t.m.send("one\n\x04")
    t.m.expect(r"(?m)^one$", "what cat read")
    t.m.prompt()
    t.m.send("\x04")
    t.m.prompt()
    equal(t.sh("echo alive"), "alive", "the shell after ^D")


@scenario()
def history(t):
    """The up arrow brings the last commands back, the down arrow goes forward."""
    t.sh("echo first")
    t.sh("echo second")
    t.m.send("\x1b[A\x1b[A\n")
    t.m.expect(r"(?m)^first$", "the command of two lines ago")
    t.m.prompt()
    t.m.send("\x1b[A\x1b[A\x1b[B\n")
    t.m.expect(r"(?m)^first$", "the last command, after one step back and one forward")
    t.m.prompt()


@scenario()
def process_list(t):
    """^P lists the processes, whatever runs."""
    t.m.send("sleep 1000\n")
    t.m.expect(r"sleep 1000\s*\n")
    t.runs("sleep")
    t.m.send("\x03")
    t.m.prompt()


@scenario()
def bad_read_keeps_the_line(t):
    """A typed line that a program's bad buffer cannot take is there for the next read."""
    t.m.send("ut_ptr --console; echo status $?\n")
    t.runs("ut_ptr")
    t.m.send("four\n")
    t.m.expect(r"(?m)^status (\d+)", "the program's status")
    t.m.prompt()
    check("status 0" in t.m.text, t.m.tail())


@scenario()
def tools(t):
    """Each tool does its main job."""
    t.sh("mkdir d; echo apple > d/a; echo pear > d/b; echo apple >> d/b")
    equal(sorted(lines(t.sh("find d"))), ["d", "d/a", "d/b"], "find d")
    equal(t.sh("cat d/a d/b"), "apple\npear\napple", "cat of two files")
    equal(t.sh("grep app d/b"), "apple", "grep")
    equal(t.sh("cat d/a d/b | sort | uniq"), "apple\npear", "sort and uniq")
    equal(t.sh("sort d/b | head -n 1"), "apple", "sort and head")
    equal(t.sh("tail -n 1 d/b"), "apple", "tail")
    equal(t.sh("cp d/a d/c; cat d/c"), "apple", "cp")
    equal(t.sh("mv d/c d/e; cat d/e; ls d/c").split("\n")[0], "apple", "mv")
    equal(t.sh("ln d/a d/link; rm d/a; cat d/link"), "apple", "ln and rm")
    equal(t.sh("seq 1 3 | xargs echo x"), "x 1 2 3", "xargs")
    check(re.search(r"61 ?70 +?70 ?6c", t.sh("hexdump d/link")), "hexdump shows no 61 70 70 6c")
    check(re.search(r"\bb\b", t.sh("ls d")), "ls does not list b")
    check("1" in t.sh("wc d/link"), "wc")
    check(re.search(r"\bsh\b", t.sh("ps")), "ps does not list sh")
    check(re.search(r"\d", t.sh("free")), "free")
    check(re.search(r"\d", t.sh("uptime")), "uptime")
    check(re.search(r"20\d\d", t.sh("date")), "date shows no year")
    t.sh("rm d/b d/e d/link")
    t.sh("rmdir d")
    check("d" not in lines(t.sh("find . | grep '^./d$'")), "d is still there")


@scenario()
def tools_say_what_is_wrong(t):
    """A tool that cannot do it says so with its name, and has a status that is not 0."""
    for command in ("cat nosuch", "cp nosuch x", "mv nosuch x", "rm nosuch", "mkdir .", "ln nosuch x", "ls nosuch",
                    "wc nosuch", "grep x nosuch", "head nosuch", "tail nosuch", "sort nosuch", "hexdump nosuch", "kill 99999"):
        out = t.sh(command)
        name = "link" if command.startswith("ln ") else command.split()[0]  # xv6's word
        check(name in out, "'%s' says only: '%s'" % (command, out))


@scenario(harts=(1, 3, 8))
def background(t):
    """Background commands run beside the shell, end by themselves, and leave nothing."""
    t.sh("echo warm")
    before = t.numbers()
    for i in range(5):
        t.m.send("echo x > f%d &\n" % i)
        t.m.prompt()
    t.settled("as many processes as before", lambda n: n["procs.free"] == before["procs.free"])
    equal(t.sh("cat f0 f1 f2 f3 f4"), "x\nx\nx\nx\nx", "what the five wrote")


@scenario(harts=(3,))
def fault_is_one_line(t):
    """A program that touches memory it does not have is killed with one line: pid, name, cause, pc, address."""
    out = t.sh("nt fault")
    check(re.search(r"\bnt\b.*0x[0-9a-f]+.*0x[0-9a-f]+", out), "the line about the fault: '%s'" % out)
    equal(len([x for x in lines(out) if "0x" in x]), 1, "the number of lines about the fault")
    equal(t.sh("echo alive"), "alive", "the shell afterwards")


@scenario()
def directories_of_commands(t):
    """The root has what a person types; tests and benches are found by sh, time and Tab in any directory; the root wins."""
    root, tests = (re.findall(r"(?m)^([^. ]\S*)", t.sh("ls " + d)) for d in ("/", "/tests"))
    check({"tests", "bench", "ls", "ping"} <= set(root), "ls / says %s" % root)
    check({"usertests", "nettest", "ut_mem", "nt"} <= set(tests) and not set(tests) & set(root), "ls /tests says %s" % tests)
    for where in ("/", "/dev", "/tests"):
        out = t.sh("cd %s; ntlab; time ntlab; burn; echo ntlab | xargs time; cd /" % where)
        equal(out.count("usage: ntlab"), 3, "times that ntlab ran in %s:\n%s" % (where, out))
        equal(out.count("usage: burn"), 1, "times that burn ran in %s:\n%s" % (where, out))
    t.m.send("cd /dev\nfslo\t-x\n")
    t.m.expect(r"usage: fsload", "fsload by Tab")
    t.m.prompt()
    out = t.sh("cd /; tests; true")
    check("exec tests failed: " in out, "a directory as a command: " + out)
    equal(t.sh("cp /echo /ntlab; ntlab mine; rm /ntlab"), "mine", "a program of the root with a test's name")


@scenario()
def what_there_is(t):
    """Two lines at boot say what this is, and that help lists the programs; help knows all that come with it, and yours."""
    check(re.search(r"(?m)^rxv: .*Type help .*\n.*\n\$ ", t.m.text), "no two lines before the first prompt")
    out = t.sh("help")
    there = set(re.findall(r"(?m)^  (\S+) +\S", out))
    check({"ls", "ping", "ps", "usertests", "wc"} <= there, "help does not list ping and others:\n" + out)
    check("Your own" not in out, "help knows nothing of a program that comes with it:\n" + out)
    check(max(len(x) for x in lines(out)) <= 80, "a line of help is longer than a terminal is wide")
    t.sh("cp /echo /mine; echo text > /notes")
    equal(t.sh("help own"), "Your own (own)\n  mine", "help after a program was added")
