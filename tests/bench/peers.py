# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Other tracers that do a part of what connwatch does, where they are installed: libbpf-tools'."""
import ctypes
import os
import shutil
import signal
import statistics
import subprocess
import time

from lib import (MB, BenchError, NotAttached, counted, load, objects_in_hand, pinned, quartiles,
                 status_kb)

PEERS = ("tcpstates", "tcplife", "gethostlatency")
PREFIXES = ("", "bpf-")		# Debian's and Fedora's names of them
ATTACH_SECONDS = 5
SETTLE_SECONDS = 0.5		# they do not say when they are ready
START_ROUNDS = 3


CLONE_NEWNS = 0x20000
MS_REC_PRIVATE = 0x4000 | 1 << 18
TRACEFS = "/sys/kernel/tracing"


def with_tracefs(prepare):
    """For preexec_fn: they need tracefs mounted, which connwatch does not. Nobody else sees it."""
    def mount():
        libc = ctypes.CDLL(None)
        if not os.path.exists(f"{TRACEFS}/events") and not libc.unshare(CLONE_NEWNS):
            libc.mount(None, b"/", None, MS_REC_PRIVATE, None)
            libc.mount(b"tracefs", TRACEFS.encode(), b"tracefs", 0, None)
        prepare()
    return mount


def has_program(objects):
    return any(kind == "prog" for kind, _ in objects)


class Peer:
    """One that holds a BPF program, and has taken no further one for a while."""

    def __init__(self, name, path, core):
        self.name = name
        self.process = subprocess.Popen([path], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL,
                                        preexec_fn=with_tracefs(pinned(core)))
        try:
            self._wait_attached()
        except BaseException:
            self.kill()
            raise
        self.rss_kb = status_kb(self.pid, "VmRSS")

    @property
    def pid(self):
        return self.process.pid

    def _objects(self):
        try:
            return objects_in_hand(self.pid)
        except OSError:
            return set()

    def _wait_attached(self):
        held, since = set(), time.monotonic()
        deadline = since + ATTACH_SECONDS
        while not has_program(held) or time.monotonic() < since + SETTLE_SECONDS:
            time.sleep(0.05)
            if self.process.poll() is not None:
                raise NotAttached(f"{self.name} ended with status {self.process.returncode}")
            now = self._objects()
            if now != held:
                held, since = now, time.monotonic()
            if not has_program(held) and time.monotonic() > deadline:
                raise NotAttached(f"{self.name} holds no BPF program")

    def stop(self):
        """It must have been there until now."""
        if not has_program(self._objects()):
            raise BenchError(f"{self.name} does not hold its BPF programs any more")
        self.peak_kb = status_kb(self.pid, "VmHWM")
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass  # then kill() ends it

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Peers:
    """Those that are measured, by name; why others that are installed are not; what memory they
    had at most."""

    def __init__(self, core, wanted=True):
        self.paths, self.refused, self.peak_kb = {}, {}, {}
        for name in PEERS if wanted else ():
            path = next(filter(None, (shutil.which(prefix + name) for prefix in PREFIXES)), None)
            if not path:
                continue
            self.paths[name] = path
            try:
                self.during(name, core, lambda peer: None)
            except NotAttached as error:
                self.refused[name] = str(error)
                del self.paths[name]

    def __iter__(self):
        return iter(self.paths)

    def during(self, name, core, work):
        """What work(peer) gives while that one traces."""
        peer = Peer(name, self.paths[name], core)
        try:
            result = work(peer)
            peer.stop()
            self.peak_kb[name] = max(self.peak_kb.get(name, 0), peer.peak_kb)
            return result
        finally:
            peer.kill()

    def start_mb(self, core):
        """{name: MB resident after start}."""
        return {name: statistics.median(self.during(name, core, lambda peer: peer.rss_kb)
                                        for _ in range(START_ROUNDS)) / MB
                for name in self}

    def peak_mb(self):
        return {name: kb / MB for name, kb in self.peak_kb.items()}

    def bpf_time(self, cores, words, usual_ns, rounds):
        """{name: ns} of an operation that their programs took, less what as many runs of an empty
        one would have. Who has no program on the way of that operation has no figure."""
        found = {}
        for name in self:
            times = [self.during(name, cores.tracer, lambda peer: bpf_ns(peer, cores, words,
                                                                         usual_ns))
                     for _ in range(rounds)]
            if None not in times:
                found[name] = statistics.median(times)
        return found


def bpf_ns(peer, cores, words, usual_ns):
    costs, done = counted(peer.pid, cores.tracer, lambda: load(cores.work, *words))
    runs = sum(count for count, _ in costs.values())
    if runs < done.operations / 2:
        return None
    return sum(ns - count * usual_ns for count, ns in costs.values()) / done.operations


def in_short(values):
    """{name: median}, {name: quartiles} of what has rounds."""
    return ({name: statistics.median(of) for name, of in values.items() if of},
            {name: quartiles(of) for name, of in values.items() if of})
