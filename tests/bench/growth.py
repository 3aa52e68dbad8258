# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What an event costs when there is more of something: sockets, destinations."""
import re
import statistics

from lib import MB, cpu_ns, figure_row, hold, load, quartiles, refuse_one, status_kb

FLAT = 1.25
MEMORY_MB = 20


def watched(bench, words, name):
    """An event under a new watch."""
    watch = bench.watch()
    try:
        watch.probe()
        refuse_one()
        watch.truth += 1
        before = cpu_ns(watch.pid)
        done = load(bench.cores.work, *words)
        tracer = (cpu_ns(watch.pid) - before) / done.operations
        rss = status_kb(watch.pid, "VmRSS")
        watch.truth += done.operations - done.odd
        lost = watch.stop_exact(name).lost
        bench.keep_peak(name, watch)
        return {"event_ns": done.cpu_ns / done.operations + tracer, "tracer_ns": tracer,
                "rss_mb": rss / MB, "peak_mb": watch.peak_kb / MB, "lost": lost,
                "ready_ms": watch.ready_ms}
    finally:
        if watch.process.poll() is None:
            watch.kill()


def plain_ns(bench, words):
    done = load(bench.cores.work, *words)
    return done.cpu_ns / done.operations


def sitting(bench, words, name, first, rounds):
    """Rounds with and without a watch in turns; @first: what number the first one has."""
    seen = []
    for i in range(first, first + rounds):
        plain = plain_ns(bench, words) if i % 2 == 0 else None
        step = watched(bench, words, name)
        step["plain_ns"] = plain if plain else plain_ns(bench, words)
        step["own_ns"] = step["event_ns"] - step["plain_ns"]
        seen.append(step)
    return seen


def in_turns(sizes, rounds, sit, largest=None):
    """{size: its rounds}: up and down again, so that what becomes slower meanwhile is no size's
    fault. @largest takes long to set up: its rounds are one sitting amid the others."""
    seen = {size: [] for size in sizes}
    for turn in range(rounds):
        for size in sizes if turn % 2 == 0 else sizes[::-1]:
            seen[size] += sit(size, turn, 1)
        if largest and turn == rounds // 2:
            seen[largest] = sit(largest, 0, rounds)
    return seen


def in_short(seen, own_first, event_first):
    """One size's rounds, against what the smallest has."""
    def median(key):
        return statistics.median(step[key] for step in seen)

    own = [step["own_ns"] / own_first for step in seen]
    total = [step["event_ns"] / event_first for step in seen]
    return {**{key: median(key) for key in ("event_ns", "own_ns", "tracer_ns", "plain_ns",
                                            "ready_ms")},
            "own": statistics.median(own), "own_spread": quartiles(own),
            "total": statistics.median(total), "total_spread": quartiles(total),
            "rss_mb": max(step["rss_mb"] for step in seen),
            "peak_mb": max(step["peak_mb"] for step in seen),
            "lost": sum(step["lost"] for step in seen), "rounds": len(seen)}


def growth(seen, what):
    """What connwatch adds to an event, at the size where that is dearest, against the smallest
    size; beside it the whole event. The floor is the event without a watch: the kernel's own tables
    grow, too."""
    sizes = list(seen)
    # Of a short round's noise more than of connwatch, should it be nothing or less.
    own_first = max(statistics.median(step["own_ns"] for step in seen[sizes[0]]), 1)
    event_first = statistics.median(step["event_ns"] for step in seen[sizes[0]])
    steps = [in_short(of, own_first, event_first) for of in seen.values()]
    worst = max(steps[1:], key=lambda step: step["own"])
    whole = max(steps[1:], key=lambda step: step["total"])
    memory, lost = max(step["rss_mb"] for step in steps), sum(step["lost"] for step in steps)
    return figure_row(own_first, worst["own"], worst["own_spread"], "ratio",
                      worst["own"] <= FLAT and whole["total"] <= FLAT and memory <= MEMORY_MB and
                      not lost, total=whole["total"], total_spread=whole["total_spread"],
                      sizes=sizes, steps=steps, memory_mb=memory, lost=lost, of=what,
                      title=f"what an event costs more with {spaced(sizes[-1])} {what} "
                            f"÷ with {spaced(sizes[0])}; the whole event",
                      floor=max(step["plain_ns"] for step in steps) / steps[0]["plain_ns"])


def spaced(number):
    return f"{number:,}".replace(",", " ")


def memory_available_mb():
    with open("/proc/meminfo", encoding="ascii") as f:
        return int(re.search(r"^MemAvailable:\s*(\d+)", f.read(), re.M)[1]) / MB


def fig_growth_sockets(bench):
    sizes, largest = [1000, 10000, 100000], 1000000
    if bench.quick:
        sizes = sizes[:2]
    if bench.quick or memory_available_mb() < 12000:
        largest = None
    words = ("refused", bench.rounds(1.5, 0.5), 1, 1, 1)

    def sit(size, first, rounds):
        with hold(size):
            return sitting(bench, words, f"{size} sockets", first, rounds)

    return growth(in_turns(sizes, bench.rounds(3, 1), sit, largest), "open sockets")


def fig_growth_destinations(bench):
    sizes = [100, 1000, 10000] if bench.quick else [100, 1000, 10000, 100000]
    # Long enough to come by all of them.
    seconds = bench.rounds(2.5, 0.5)

    def sit(size, first, rounds):
        return sitting(bench, ("refused", seconds, 1, 1, 1, size), f"{size} destinations", first,
                       rounds)

    return growth(in_turns(sizes, bench.rounds(3, 1), sit), "destinations")
