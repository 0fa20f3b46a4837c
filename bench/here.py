"""What a measurement is made on: this host, and a wire as long as it allows."""
import os
import platform
import subprocess
import sys
import time

from guest import OUT, QEMU, SETUP


def environment(rounds):
    def said(*command):
        try:
            return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
        except FileNotFoundError:
            return ""
    try:
        with open("/proc/sys/net/unix/max_dgram_qlen") as f:
            queue = int(f.read())
    except OSError:
        queue = None
    cpu = ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as f:
            cpu = next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "")
    return {"qemu": said(QEMU, "--version").split("\n")[0], "host": platform.platform(), "cpu": cpu,
            "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2), "unix_queue": queue, "rounds": rounds,
            "commit": said("git", "-C", os.path.dirname(OUT), "describe", "--always", "--dirty"),
            "setup": SETUP, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def in_one_line(env):
    return ("medians (and ranges) of %d rounds; %s; host: %s cores of %s, load %.1f at the start, unix sockets of %s "
            "datagrams; commit %s%s, %s" % (env["rounds"], env["qemu"], env["cores"], env["cpu"] or "a kind not known",
                                          env["load"], env["unix_queue"] or "?", env["commit"] or "?",
                                          env.get("setup") and ", rxv after `%s`" % env["setup"] or "", env["when"]))


def long_queues():
    """Runs this program again in a network namespace of its own, where a unix socket holds 512 datagrams instead of 10:
    only root can. Without, the wire is filled less well; the results say so ("unix_queue")."""
    if sys.platform != "linux" or os.geteuid() != 0 or os.environ.get("RXV_BENCH_NS"):
        return
    os.environ["RXV_BENCH_NS"] = "1"
    inner = 'sysctl -qw net.unix.max_dgram_qlen=512 2>/dev/null; exec "$@"'
    probe = subprocess.run(["unshare", "-n", "true"], stderr=subprocess.DEVNULL)
    if probe.returncode == 0:
        os.execvp("unshare", ["unshare", "-n", "sh", "-c", inner, "sh", sys.executable] + sys.argv)
