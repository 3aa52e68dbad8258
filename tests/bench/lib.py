# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the bench and the soak share: a namespace, a watch that is known to be attached, loads."""
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
PROBE_PORT = 7


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


def own_objects(pid):
    """The BPF programs, maps and links of a process, by kind and number."""
    found = set()
    for name in os.listdir(f"/proc/{pid}/fdinfo"):
        try:
            with open(f"/proc/{pid}/fdinfo/{name}", encoding="ascii") as info:
                text = info.read()
        except FileNotFoundError:
            continue
        found |= {(kind, int(number))
                  for kind, number in re.findall(r"^(prog|map|link)_id:\s*(\d+)", text, re.M)}
    return found | maps_of(found) if found else found


def refuse_one():
    with socket.socket() as s:
        s.connect_ex(("127.0.0.1", PROBE_PORT))


class Peer:
    """Another tracer, which says nothing when it is ready."""

    def __init__(self, name, core):
        self.name = name
        self.process = subprocess.Popen([name], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, preexec_fn=pinned(core))
        time.sleep(2)
        self.check()

    def check(self):
        if self.process.poll() is not None:
            raise BenchError(f"{self.name} ended with status {self.process.returncode}")

    def stop(self):
        self.check()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=20)


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


class Least(Programs):
    """Programs that do no more than to know whose connection fails: least.bpf.c."""

    HOOKS = 4

    def __init__(self, core):
        super().__init__(core, "least", os.path.join(BINDIR, "least.bpf.o"), count=self.HOOKS)


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
            self.objects = own_objects(self.process.pid)
            if not any(kind == "prog" for kind, _ in self.objects):
                raise BenchError("connwatch is not attached: it holds no BPF program")
        except BaseException:
            self.kill()
            raise

    def _wait_ready(self):
        pipe = self.process.stderr.fileno()
        while not re.search(rb"^connwatch: ready.*\n", self.stderr, re.M):
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
        self.stderr += self.process.communicate(timeout=seconds)[1]
        if self.process.returncode:
            raise BenchError(f"connwatch ended with status {self.process.returncode}: "
                             f"{self.stderr.decode(errors='replace')[-300:]!r}")

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


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    parts = statistics.quantiles(values, n=4, method="inclusive")
    return parts[0], parts[2]


def fail(message):
    print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)
    sys.exit(1)
