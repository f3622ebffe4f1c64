"""Measures how each function's release build starts, beside one that does nothing, and how much it takes.

A start is the time from the process's making until it first asks Lambda for work. The starts of all functions
are interleaved, so that whatever else the machine does concerns them alike; the fastest of each counts, since noise
only ever adds, and what counts of those is the ratio, since a machine's milliseconds are its own.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from build import FUNCTIONS, HELLO, PROGRAMS, ROOT, bootstrap_of, build, megabytes, package_of
from emulated import TABLE, recorded, request, table
from emulator import clean_up_when_terminated
from runtime_api import RuntimeApi

STARTS = 25
MOST_TIMES_HELLO = 1.5
# A busy machine misses the target by chance; this much is missed only by a choice that was undone.
FAR_TOO_MANY_TIMES_HELLO = 3
MOST_MEGABYTES = 2.5

# The event whose answering shows what memory a function takes.
EVENTS = {
    "Collect": request("POST", "/v1/events", key="rk_write_x", body='{"kind": "click"}'),
    "Aggregate": recorded("stream"),
    "Seal": recorded("schedule"),
    "Report": request("GET", "/v1/reports/summary", key="rk_read_x"),
    "Credit": request("GET", "/v1/conversions", key="rk_read_x"),
    "Goals": request("GET", "/v1/goals", key="rk_read_x"),
    "Manage": request("GET", "/v1/status", key="rk_read_x"),
    "Pages": request("GET", "/"),
    "Audit": request("GET", "/v1/reconcile", key="rk_read_x"),
    HELLO: request("GET", "/"),
}


def main():
    clean_up_when_terminated()
    build()
    subprocess.run(["tests/scripts/built"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    folder = ROOT / "target" / "deploy" / "start"
    folder.mkdir(parents=True, exist_ok=True)
    api = RuntimeApi()
    with table(ROOT / "target" / "debug" / "reckon", folder) as port:
        memory = {name: measure_memory(api, name, port) for name in PROGRAMS}
    starts = {name: [] for name in PROGRAMS}
    names = list(PROGRAMS)
    for _ in range(STARTS):
        for name in names:
            starts[name].append(measure_start(api, name))
        # Each round begins with another, so that none always follows the same one.
        names.append(names.pop(0))
    api.close()
    sys.exit(report({name: min(each) for name, each in starts.items()}, memory))


def report(starts, memory):
    """Prints the figures as rows of a table; answers whether one misses its target by far, as an exit status."""
    missed, failed = [], []

    def row(what, measured, target="", met=True, fails=False):
        print(f"| {what} | {measured} | {target} |")
        if not met:
            missed.append(what)
        if fails:
            failed.append(what)

    print("| figure | measured | target |\n|---|---|---|")
    row("start of a function that does nothing, ms", f"{starts[HELLO]:.1f}")
    for name in FUNCTIONS:
        ratio = starts[name] / starts[HELLO]
        what = f"start of {name}, ms; times that of nothing"
        row(
            what,
            f"{starts[name]:.1f}; {ratio:.2f}",
            f"at most {MOST_TIMES_HELLO}",
            ratio <= MOST_TIMES_HELLO,
            ratio > FAR_TOO_MANY_TIMES_HELLO,
        )
    for name in PROGRAMS:
        row(f"peak memory of {name} after one answer, MB", f"{memory[name]:.1f}")
    for name in FUNCTIONS:
        size = megabytes(package_of(name))
        met = size <= MOST_MEGABYTES
        row(f"package of {name}, MB", f"{size:.2f}", f"at most {MOST_MEGABYTES}", met, not met)
    row("package of a function that does nothing, MB", f"{megabytes(package_of(HELLO)):.2f}")
    for what in missed:
        print(f"start: missed: {what}", file=sys.stderr)
    return 1 if failed else 0


@contextmanager
def started(api, name, **variables):
    """A process of a function."""
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "RECKON_TABLE": TABLE,
        **variables,
    }
    process = subprocess.Popen([bootstrap_of(name)], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def measure_start(api, name):
    """Milliseconds from the process's making to its first poll, with all that it readies to reach AWS."""
    began = time.perf_counter()
    with started(api, name):
        polled, connection = api.wait_for_first_poll()
    # After the process, which would complain.
    connection.close()
    return (polled - began) * 1000


def measure_memory(api, name, table_port):
    """The most memory that a process ever held by the time that it answered one event, in MB."""
    with started(api, name, RECKON_TABLE_ENDPOINT=f"http://127.0.0.1:{table_port}") as process:
        _, connection = api.wait_for_first_poll()
        api.invoke(connection, json.dumps(EVENTS[name]).encode())
        peak = peak_of(process.pid)
    connection.close()
    return peak


def peak_of(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise AssertionError(f"process {pid} has no peak memory")


if __name__ == "__main__":
    main()
