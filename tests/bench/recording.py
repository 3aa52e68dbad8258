# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A long recording (bpf/events.h), made of a short one: what it holds again and again, later."""
import os
import struct
import subprocess

from lib import CONNWATCH, BenchError, Watch, load

FILE_HEADER = struct.Struct("=8sIIQQ")
RECORD_HEADER = struct.Struct("=HHHHQ")
REC_SIGNAL, REC_END = 64, 72
SECOND_NS = 1000000000
RECORDED_PORTS, RECORDED_ADDRESSES = 50000, 5000


def records(data, offset):
    while offset < len(data):
        size, kind = struct.unpack_from("=HH", data, offset)
        yield kind, data[offset:offset + size]
        offset += size


def later(record, shift, begin, end):
    """Every time of that record: whatever lies within the recording's own time."""
    words = bytearray(record)
    for at in range(8, len(record) - 7, 8):
        value = struct.unpack_from("=Q", record, at)[0]
        if begin <= value <= end:
            struct.pack_into("=Q", words, at, value + shift)
    return bytes(words)


def multiply(path, out, times):
    with open(path, "rb") as f:
        data = f.read()
    _, _, header_size, _, start_ns = FILE_HEADER.unpack_from(data)
    signals, body, end = [], [], b""
    for kind, record in records(data, header_size):
        if kind == REC_END:
            end = record
        else:
            (signals if kind == REC_SIGNAL else body).append(record)
    if not end:
        raise ValueError(f"{path} was not closed in order: it has no end")
    stop_ns = RECORD_HEADER.unpack_from(end)[4]
    begin, length = start_ns - SECOND_NS, stop_ns - start_ns + SECOND_NS
    with open(out, "wb") as f:
        f.write(data[:header_size] + b"".join(signals))
        for i in range(times):
            f.writelines(later(record, i * length, begin, stop_ns) for record in body)
        f.write(later(end, (times - 1) * length, begin, stop_ns))


def replay_command(path):
    return [CONNWATCH, "replay", "--json", "--all", "-q", path]


def replayed(path):
    """The failures that a replay of it tells."""
    with subprocess.Popen(replay_command(path), stdout=subprocess.PIPE) as replay:
        lines = sum(b'"type":"failure"' in line for line in replay.stdout)
    if replay.returncode or not lines:
        raise BenchError(f"replay told {lines} failures, status {replay.returncode}")
    return lines


def long_recording(cores, directory, failures):
    """The path of a recording of at least so many, told one by one."""
    short, path = os.path.join(directory, "short"), os.path.join(directory, "long")
    recorder = Watch(cores.tracer, "record", "-o", short)
    try:
        load(cores.work, "refused", 1, 8, 1, RECORDED_PORTS, RECORDED_ADDRESSES)
        recorder.stop()
    finally:
        if recorder.process.poll() is None:
            recorder.kill()
    try:
        multiply(short, path, failures // replayed(short) + 1)
    except ValueError as error:
        raise BenchError(str(error)) from None
    return path
