# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the bench and the soak share: a namespace, a watch that is known to be attached, loads."""
import contextlib
import ctypes
import json
import os
import re
import select
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CONNWATCH = os.environ.get("CONNWATCH", "build/connwatch")
BINDIR = os.environ.get("BINDIR", "build/tests")
CLONE_NEWNET = 0x40000000
READY_SECONDS = 20
READY = re.compile(rb"^connwatch: ready, (\d+) of (\d+) signals armed"
                   rb"(?:; not armed: (.*))?\n", re.M)
PROBE_PORT = 7
INHERITED_SLACK_KB = 1024
MB = 1024


class BenchError(Exception):
    """Nothing can be said: what was to be measured was not there, or did not count right."""


class NotAttached(BenchError):
    """This kernel does not take what was to be compared with."""


class Cores:
    """The last core has the work, the first the tracer; one core has both."""

    def __init__(self):
        cores = sorted(os.sched_getaffinity(0))
        self.work, self.tracer, self.all = cores[-1], cores[0], cores
        self.apart = len(cores) > 1


def enter_namespace():
    """Goes with this process; its children live in it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET):
        raise BenchError(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Above every port that is refused, else a connect would one day meet itself.
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w", encoding="ascii") as f:
        f.write("51000 65535")


def pinned(cores):
    """For preexec_fn: on that core or those, before whatever else the machine does."""
    def prepare():
        os.sched_setaffinity(0, cores if isinstance(cores, list) else {cores})
        try:
            os.setpriority(os.PRIO_PROCESS, 0, -20)
        except OSError:
            pass
        libc = ctypes.CDLL(None)
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: nothing outlives the bench
    return prepare


def own_netns():
    return os.stat("/proc/self/ns/net").st_ino


def status_kb(pid, key):
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as f:
        return int(re.search(rf"^{key}:\s*(\d+) kB", f.read(), re.M)[1])


def cpu_ns(pid):
    """Processor time of all its threads."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total


def listed(kind):
    """What bpftool knows of all BPF objects of that kind."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    out = subprocess.run(["bpftool", "-j", kind, "list"], stdout=subprocess.PIPE, check=True,
                         env={**os.environ, "PATH": path}).stdout
    return json.loads(out or b"[]")


def kernel_objects():
    return {(kind, item["id"]) for kind in ("prog", "map", "link") for item in listed(kind)}


def maps_of(programs):
    """A map lives as long as a program does that uses it, held or not."""
    return {("map", number) for item in listed("prog") if ("prog", item["id"]) in programs
            for number in item.get("map_ids", [])}


def objects_in_hand(pid):
    """The BPF programs, maps and links that a process has descriptors of, by kind and number."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as info:
                text = info.read()
        except FileNotFoundError:
            continue
        found |= {(kind, int(number))
                  for kind, number in re.findall(r"^(prog|map|link)_id:\s*(\d+)", text, re.M)}
    return found


def own_objects(pid):
    """Those, and the maps that its programs use."""
    found = objects_in_hand(pid)
    return found | maps_of(found) if found else found


def run_times(pid):
    """{number: (name, runs, ns)} of a process' programs, for as long as the kernel counts."""
    own = {number for kind, number in objects_in_hand(pid) if kind == "prog"}
    return {item["id"]: (item.get("name", ""), item.get("run_cnt", 0), item.get("run_time_ns", 0))
            for item in listed("prog") if item["id"] in own}


def refuse_one():
    with socket.socket() as s:
        s.connect_ex(("127.0.0.1", PROBE_PORT))


def figure_row(without, value, spread, unit, ok, **more):
    return {"without": without, "value": value, "spread": list(spread), "unit": unit, "ok": ok,
            **more}


def inherited_kb():
    """What ru_maxrss has of this process at most: a child has it before it is another program."""
    child = subprocess.Popen(["true"], preexec_fn=pinned(sorted(os.sched_getaffinity(0))))
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss + INHERITED_SLACK_KB


class Programs:
    """BPF programs of another process than connwatch, attached for as long as it is entered."""

    def __init__(self, core, name, *words, count):
        self.process = subprocess.Popen([os.path.join(BINDIR, name), *words],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        preexec_fn=pinned(core))
        ready = self.process.stdout.readline().decode()
        if not ready:
            self.stop()
            raise NotAttached(f"the {name} programs do not load here")
        if ready != f"ready {count}\n":
            self.stop()
            raise BenchError(f"the {name} programs are not attached to all hooks: {ready!r}")

    def stop(self):
        """What it printed."""
        return self.process.communicate(timeout=30)[0].decode()

    def costs(self):
        """Stops it: {hook: (runs, ns)}."""
        return {name: (int(runs), int(ns))
                for name, runs, ns in re.findall(r"^(\S+) (\d+) (\d+)$", self.stop(), re.M)}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Empty(Programs):
    """Programs that do nothing on each of @hooks."""

    def __init__(self, hooks, core, *options):
        super().__init__(core, "empty", *options, *hooks, count=len(hooks))

    @staticmethod
    def knows(hook):
        return hook.startswith(("tp_btf/", "tp/"))


def counted(pid, core, work):
    """{name and number: (runs, ns)} of what another process' programs took during work(), and
    what that gave."""
    with Empty([], core, "-c"):
        before = run_times(pid)
        result = work()
        after = run_times(pid)
    if not before.keys() <= after.keys():
        raise BenchError("programs are not there any more whose time was to be counted")
    return {f"{name}:{number}": (runs - before.get(number, ("", 0, 0))[1],
                                 ns - before.get(number, ("", 0, 0))[2])
            for number, (name, runs, ns) in after.items()}, result


class Least(Programs):
    """Programs that do no more than to know whose connection fails: least.bpf.c."""

    HOOKS = 4

    def __init__(self, core):
        super().__init__(core, "least", os.path.join(BINDIR, "least.bpf.o"), count=self.HOOKS)


class Signals:
    """What the ready line says of them."""

    def __init__(self, said):
        match = READY.search(said)
        self.armed, self.wanted = int(match[1]), int(match[2])
        self.missing = (match[3] or b"").decode(errors="replace")

    def demand(self):
        """That connwatch is armed with all that it asked for."""
        if self.armed < self.wanted:
            raise BenchError(f"connwatch is armed in part: {self}; --partly measures it so")

    def __str__(self):
        return (f"{self.armed} of {self.wanted} signals armed" +
                (f"; not armed: {self.missing}" if self.missing else ""))


class Counts:
    """What NDJSON tells: failures of this namespace and of others, losses, lines."""

    def __init__(self, lines):
        netns = own_netns()
        self.told, self.elsewhere, self.lost, self.lines = 0, 0, 0, 0
        for line in lines:
            self.lines += 1
            record = json.loads(line)
            if record["type"] == "lost":
                self.lost += record["count"]
            elif record["type"] == "failure" and record.get("network", {}).get("netns") == netns:
                self.told += record["count"]
            elif record["type"] == "failure":
                self.elsewhere += record["count"]

    def match(self, truth):
        """Whose a lost record was nobody knows: others' failures may be among those lost."""
        if self.elsewhere and self.lost:
            return self.told <= truth <= self.told + self.lost
        return self.told + self.lost == truth

    def __str__(self):
        return f"{self.told} told + {self.lost} lost"


class Watch:
    """connwatch that has said that it is ready and holds BPF programs; its output in a file,
    or in @out."""

    name = "connwatch"

    def __init__(self, core, *args, out=None):
        self.out = out or tempfile.TemporaryFile(dir=os.environ.get("TMPDIR", "/tmp"))
        self.truth = 0
        started = time.monotonic()
        try:
            self.process = subprocess.Popen([CONNWATCH, *args], stdout=self.out,
                                            stderr=subprocess.PIPE, preexec_fn=pinned(core),
                                            start_new_session=True)
        except OSError as error:
            raise BenchError(f"connwatch is not attached: {error}") from None
        self.stderr = b""
        try:
            self._wait_ready()
            self.ready_ms = (time.monotonic() - started) * 1000
            self.signals = Signals(self.stderr)
            self.objects = own_objects(self.process.pid)
            if not any(kind == "prog" for kind, _ in self.objects):
                raise BenchError("connwatch is not attached: it holds no BPF program")
        except BaseException:
            self.kill()
            raise

    def _wait_ready(self):
        pipe = self.process.stderr.fileno()
        while not READY.search(self.stderr):
            if not select.select([pipe], [], [], READY_SECONDS)[0]:
                raise BenchError("connwatch is not attached: no ready line")
            data = os.read(pipe, 4096)
            if not data:
                raise BenchError("connwatch is not attached: it ended before it was ready"
                                 f" {self.stderr.decode(errors='replace')!r}")
            self.stderr += data

    @property
    def pid(self):
        return self.process.pid

    def check(self):
        if self.process.poll() is not None:
            raise BenchError("connwatch is not attached any more: it ended with status "
                             f"{self.process.returncode}")

    def probe(self):
        """A failure of the bench's own: who does not tell it does not look."""
        refuse_one()
        self.truth += 1

    def kill(self):
        """With its children, should it not be what it was taken for."""
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stderr.close()
        self.out.close()

    def stop(self, how=signal.SIGINT, seconds=60):
        """Ends it in order. Its exit status must be 0."""
        self.check()
        self.peak_kb = status_kb(self.pid, "VmHWM")
        self.process.send_signal(how)
        self._wait_end(time.monotonic() + seconds)
        self.process.stderr.close()
        if self.process.returncode:
            raise BenchError(f"connwatch ended with status {self.process.returncode}: "
                             f"{self.stderr.decode(errors='replace')[-300:]!r}")

    def _wait_end(self, deadline):
        """Its end may take memory, too: the last reads, the summary. Its own count of that is
        right, but goes with its memory; what wait4() says stays, but begins with this process's."""
        open_still = True
        while True:
            if time.monotonic() > deadline:
                raise BenchError("connwatch does not end")
            if not open_still:
                time.sleep(0.002)
            elif select.select([self.process.stderr], [], [], 0.002)[0]:
                data = os.read(self.process.stderr.fileno(), 4096)
                self.stderr += data
                open_still = bool(data)
            try:
                self.peak_kb = max(self.peak_kb, status_kb(self.pid, "VmHWM"))
            except (OSError, TypeError):
                pass
            if open_still:
                continue
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                break
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if usage.ru_maxrss > inherited_kb():
            self.peak_kb = max(self.peak_kb, usage.ru_maxrss)

    def demand(self, counts, what):
        """That every failure was counted; @counts again."""
        if not counts.match(self.truth):
            raise BenchError(f"counts do not match: {what}: {counts}, {self.truth} happened")
        return counts

    def stop_exact(self, what):
        """Ends it and demands that every failure was counted."""
        self.stop()
        self.out.seek(0)
        with self.out:
            return self.demand(Counts(self.out), what)


class Load:
    """One run of build/tests/load; .operations, .odd, .cpu_ns and .wall_ns when it is done."""

    def __init__(self, core, *words):
        self.process = subprocess.Popen([os.path.join(BINDIR, "load"), *map(str, words)],
                                        stdout=subprocess.PIPE, preexec_fn=pinned(core))

    def wait(self):
        out = self.process.communicate(timeout=3600)[0].decode()
        match = re.match(r"done (\d+) cpu (\d+) wall (\d+) odd (\d+)\n$", out)
        if self.process.returncode or not match:
            raise BenchError(f"the load failed with status {self.process.returncode}: {out!r}")
        self.operations, self.cpu_ns, self.wall_ns, self.odd = map(int, match.groups())
        if not self.operations:
            raise BenchError("the load did nothing")
        return self


def load(core, *words):
    return Load(core, *words).wait()


@contextlib.contextmanager
def hold(count):
    """That many sockets are open, of half as many connections."""
    held = subprocess.Popen([os.path.join(BINDIR, "load"), "hold", str(count // 2)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        if not held.stdout.readline().startswith(b"held"):
            raise BenchError(f"{count} sockets could not be opened")
        yield
    finally:
        held.stdin.close()
        held.wait()
        held.stdout.close()


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    parts = statistics.quantiles(values, n=4, method="inclusive")
    return parts[0], parts[2]


def fail(message):
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)
    sys.exit(1)
