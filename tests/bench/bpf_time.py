# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""BPF time of an operation, by the kernel's count: connwatch's, empty programs', the least ones',
peers'."""
import json
import signal
import statistics
import subprocess
import tempfile

from lib import (CONNWATCH, READY, BenchError, Empty, Least, NotAttached, Signals, counted,
                 figure_row, hold, load, pinned, quartiles)

# A socket's state is set that often at the least, opened or refused; a run that met another on its
# processor is counted elsewhere.
STATES_LEAST = 1.99
PEER_BPF_ROUNDS = 2, 1		# full, quick
SOCKETS_BEFORE = 50000		# far more than conns keeps spare entries for: CONNS_SPARE_MAX


def cost_of(bench, words):
    """{program: (hook, runs, ns)} of connwatch's programs in one run of the load (or without one);
    operations."""
    with tempfile.TemporaryFile() as out:
        cost = subprocess.Popen([CONNWATCH, "doctor", "--json", "--cost", "120"], stdout=out,
                                stderr=subprocess.PIPE, preexec_fn=pinned(bench.cores.tracer))
        try:
            said = b""
            while not READY.search(said):
                line = cost.stderr.readline()
                if not line:
                    raise BenchError(f"connwatch is not attached: doctor --cost says {said!r}")
                said += line
            bench.demand_armed(Signals(said))
            operations = load(bench.cores.work, *words).operations if words else 0
            cost.send_signal(signal.SIGINT)
            cost.communicate(timeout=30)
        finally:
            if cost.poll() is None:
                cost.kill()
                cost.wait()
        out.seek(0)
        programs = json.load(out)["cost"]["programs"]
    return {p["name"]: (p["hook"], p["runs"], p["run_time_ns"]) for p in programs}, operations


def empty_cost(bench, words, hooks):
    """{hook: ns a run} of programs that do nothing, under the same load."""
    with Empty(hooks, bench.cores.tracer, "-c") as empty:
        load(bench.cores.work, *words)
        found = {name: ns / runs for name, (runs, ns) in empty.costs().items() if runs >= 1000}
    if not found:
        raise BenchError("the empty programs did not run")
    return found


def least_cost(bench, words, empty):
    """(ns an operation that the programs of least.bpf.c took, less what empty ones would have;
    {hook: (runs an operation, ns a run)}); None where they do not load (before 5.11)."""
    usual = statistics.median(empty.values())
    try:
        with Least(bench.cores.tracer) as least:
            operations = load(bench.cores.work, *words).operations
            costs = least.costs()
    except NotAttached:
        return None
    if sum(runs for runs, _ in costs.values()) < operations:
        raise BenchError("the least programs did not run")
    net = sum(ns - runs * empty.get(hook, usual) for hook, (runs, ns) in costs.items())
    return net / operations, {hook: (runs / operations, ns / runs)
                              for hook, (runs, ns) in costs.items() if runs >= operations / 2}


def demand_runs(costs, operations):
    """That connwatch's programs met each of the operations."""
    for prefix, least in (("", 1), ("tcp_state", STATES_LEAST)):
        runs = sum(count for name, (_, count, _) in costs.items() if name.startswith(prefix))
        if runs < least * operations:
            raise BenchError(f"connwatch is not attached: {runs / operations:.2f} runs of "
                             f"{prefix + '*' if prefix else 'its programs'} an operation")


class Detail:
    """What single programs took, over the rounds."""

    def __init__(self):
        self.seen = {}

    def add(self, name, runs, ns):
        self.seen.setdefault(name, []).append((runs, ns))

    def medians(self):
        return {name: {"runs": statistics.median(r for r, _ in seen),
                       "ns_per_run": statistics.median(n for _, n in seen)}
                for name, seen in self.seen.items()}


def bpf_time(bench, words, target):
    """What the programs took of an operation, less what empty ones would have."""
    gross, net, empties, least, runs, usual_ns = [], [], [], [], [], []
    programs, least_programs = Detail(), Detail()
    for _ in range(bench.rounds(5, 2)):
        costs, operations = cost_of(bench, words)
        demand_runs(costs, operations)
        hooks = {hook for hook, count, _ in costs.values() if count and Empty.knows(hook)}
        empty = empty_cost(bench, words, sorted(hooks))
        usual_ns.append(statistics.median(empty.values()))
        total = sum(ns for _, _, ns in costs.values()) / operations
        nothing = sum(count * empty.get(hook, usual_ns[-1])
                      for hook, count, _ in costs.values()) / operations
        gross.append(total)
        empties.append(nothing)
        net.append(total - nothing)
        runs.append(sum(count for _, count, _ in costs.values()) / operations)
        for name, (_, count, ns) in costs.items():
            if count >= operations / 2:
                programs.add(name, count / operations, ns / count)
        floor = least_cost(bench, words, empty)
        if floor:
            least.append(floor[0])
            for hook, (count, ns) in floor[1].items():
                least_programs.add(hook, count, ns)
    peers = bench.peers.bpf_time(bench.cores, words, statistics.median(usual_ns),
                                 bench.rounds(*PEER_BPF_ROUNDS))
    value = statistics.median(net)
    floor = {"floor": statistics.median(least)} if least else {}
    return figure_row(statistics.median(empties), value, quartiles(net), "ns", value <= target,
                      gross=statistics.median(gross), runs=statistics.median(runs),
                      programs=programs.medians(), least_programs=least_programs.medians(),
                      peers=peers, **floor)


def long_watch(bench, words):
    """The same by one watch before and after it saw many sockets open and close; no target."""
    rows = {"fresh": [], "late": [], "empties": []}
    for _ in range(bench.rounds(3, 1)):
        empty = statistics.median(empty_cost(bench, words, bench.hooks()).values())
        watch = bench.watch()
        try:
            watch.probe()
            for when in ("fresh", "late"):
                costs, done = counted(watch.pid, bench.cores.tracer,
                                      lambda: load(bench.cores.work, *words))
                runs = sum(count for count, _ in costs.values()) / done.operations
                if runs < 1:
                    raise BenchError(f"connwatch is not attached: {runs:.2f} runs an operation")
                total = sum(ns for _, ns in costs.values()) / done.operations
                rows[when].append(total - runs * empty)
                if when == "fresh":
                    with hold(SOCKETS_BEFORE):
                        pass
            rows["empties"].append(runs * empty)
            watch.stop_exact("a long watch")
            bench.keep_peak("a long watch", watch)
        finally:
            if watch.process.poll() is None:
                watch.kill()
    return figure_row(statistics.median(rows["empties"]), statistics.median(rows["late"]),
                      quartiles(rows["late"]), "ns", True,
                      fresh=statistics.median(rows["fresh"]),
                      fresh_spread=quartiles(rows["fresh"]), sockets_before=SOCKETS_BEFORE)
