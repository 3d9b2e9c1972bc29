#!/usr/bin/env python3
"""Times knoll against PyTorch on this machine, in turns, and prints how many times as long PyTorch takes.

Run it after ./demo.sh has built knoll; PyTorch is Debian's python3-torch, and the better with libopenblas0-openmp:

    apps/bench/peers/compare.py                             # every workload on 1 and 2 threads, three rounds, then memory and start-up
    apps/bench/peers/compare.py lenet5 loss:hill --rounds 5
    apps/bench/peers/compare.py --libtorch                  # PyTorch's C++ frontend too, which is built first (libtorch-dev)
    apps/bench/peers/compare.py --contended                 # instead: lenet5 while another process takes one core

A machine's speed drifts by more than the differences that matter. So the contenders take turns workload by workload, a ratio is
formed of times within a round, and what is printed is its median and range over the rounds.
"""
from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Callable, Iterator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
NETWORKS = ["mlp", "lenet5", "cnn", "resnet20"]
MULTI_LABEL = ["loss:hill", "loss:splc", "loss:asl", "loss:bce", "loss:focal"]
WORKLOADS = [*NETWORKS, *MULTI_LABEL, "loss:cross_entropy", "loss:cce"]
THREADS = [1, 2]


class Failure(Exception):
    """What the user is told, in one line."""


# Running the contenders


@dataclass(frozen=True)
class Contender:
    name: str
    command: list[str]
    tuned: bool  # PyTorch, which needs its surroundings set
    workloads: list[str]
    start: list[str]  # starts it, to no purpose

    def environment(self, threads: int) -> dict[str, str]:
        """knoll gets an empty one. PyTorch gets all that makes it faster: an allocator that keeps its memory, where stock malloc asks the
        kernel for zeroed pages in every step, and an OpenBLAS that shares PyTorch's threads instead of running its own beside them."""
        clean = {"PATH": os.defpath}
        if not self.tuned:
            return clean
        keep = str(1 << 32)
        openmp = Path(f"/usr/lib/{platform.machine()}-linux-gnu/openblas-openmp")
        return clean | {
            "MALLOC_TRIM_THRESHOLD_": keep,
            "MALLOC_MMAP_THRESHOLD_": keep,
            "OMP_NUM_THREADS": str(threads),
            "OPENBLAS_NUM_THREADS": str(threads),
            **({"LD_LIBRARY_PATH": str(openmp)} if openmp.is_dir() else {}),
        }


def run(command: list[str], environment: dict[str, str] | None = None) -> float:
    """Peak memory of the process in MiB."""
    with tempfile.TemporaryFile("w+") as errors:
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            raise
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            errors.seek(0)
            lines = errors.read().strip().splitlines() or [f"ended with status {child.returncode}"]
            raise Failure(f"{' '.join(command[:2])}: {lines[-1]}")
    return usage.ru_maxrss / 1024


def bench(contender: Contender, workload: str, threads: int, seconds: float, setting: str = "") -> dict:
    """The report that the contender writes, and the peak memory of its process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.json"
        command = [*contender.command, workload, "--threads", str(threads), "--seconds", str(seconds), "--json", str(file)]
        if setting:
            command += ["--setting", setting]
        peak = run(command, contender.environment(threads))
        return json.loads(file.read_text()) | {"peak_mib": peak}


def find_contenders(python: str, with_libtorch: bool) -> list[Contender]:
    knoll = ROOT / "build" / "knoll"
    if not knoll.exists():
        raise Failure(f"{knoll} is not there; ./demo.sh builds it")
    try:
        run([python, "-c", "import torch"])
    except (Failure, OSError) as error:
        raise Failure(f"{python} has no PyTorch ({error}); on Debian: apt-get install python3-torch libopenblas0-openmp") from None
    contenders = [
        Contender("knoll", [str(knoll), "bench"], False, WORKLOADS, [str(knoll), "--version"]),
        Contender("PyTorch", [python, str(HERE / "pytorch_workloads.py")], True, WORKLOADS, [python, "-c", "import torch"]),
    ]
    if with_libtorch:
        program = build_libtorch()
        contenders.append(Contender("libtorch", [program], True, NETWORKS, [program, "--help"]))
    return contenders


def build_libtorch() -> str:
    folder = ROOT / "build" / "libtorch"
    note("building libtorch_workloads")
    try:
        run(["cmake", "-S", str(HERE / "libtorch"), "-B", str(folder)])
        run(["cmake", "--build", str(folder)])
    except Failure as error:
        raise Failure(f"cannot build against libtorch ({error}); on Debian: apt-get install libtorch-dev") from None
    return str(folder / "libtorch_workloads")


def machine() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{found[1] if found else platform.machine()}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}"


def seconds_of_others() -> float:
    """Processor time that other processes, and a hypervisor's other guests, have taken since the machine started."""
    user, nice, system, _, _, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# The comparison


@dataclass(frozen=True)
class Case:
    """A line of the table."""

    name: str
    shape: tuple[int, ...]
    threads: int


@dataclass
class Samples:
    """One value for each round, by contender."""

    milliseconds: dict[str, list[float]] = field(default_factory=dict)
    share_of_peak: dict[str, list[float]] = field(default_factory=dict)  # of knoll's sgemm; for networks
    settings: dict[str, list[str]] = field(default_factory=dict)

    def ratios(self, peer: str) -> list[float]:
        return [theirs / ours for theirs, ours in zip(self.milliseconds[peer], self.milliseconds["knoll"])]


def add_turn(samples: dict[Case, Samples], reports: dict[str, dict], peak: float) -> None:
    """What the contenders, knoll first, reported of one workload, each in its turn. They do the same arithmetic, which knoll has counted."""
    operations = {}
    for contender, report in reports.items():
        for result in report["results"]:
            case = Case(result["name"], tuple(result["shape"]), result["threads"])
            sample = samples.setdefault(case, Samples())
            took = result["ms_per_step"]
            sample.milliseconds.setdefault(contender, []).append(took)
            sample.settings.setdefault(contender, []).append(result.get("setting", ""))
            if contender == "knoll":
                operations[case] = (result["gflops"] or 0) * took  # none for a loss
            if operations[case] > 0:
                sample.share_of_peak.setdefault(contender, []).append(operations[case] / took / peak)


def compare(contenders: list[Contender], workloads: list[str], rounds: int, seconds: float) -> tuple[dict[Case, Samples], dict[int, list[float]]]:
    """The samples; and the GFLOPS of sgemm in every round, by threads, the best that knoll measured before each of its workloads."""
    samples: dict[Case, Samples] = {}
    peaks: dict[int, list[float]] = {threads: [] for threads in THREADS}
    for turn in range(rounds):
        for threads in THREADS:
            turns = []
            for workload in workloads:
                note(f"round {turn + 1} of {rounds}, {threads} thread(s): {workload}")
                turns.append({c.name: bench(c, workload, threads, seconds) for c in contenders if workload in c.workloads})
            peaks[threads].append(max(reports["knoll"]["sgemm_gflops"][str(threads)] for reports in turns))
            for reports in turns:
                add_turn(samples, reports, peaks[threads][-1])
    return samples, peaks


def add_fused_bce(samples: dict[Case, Samples]) -> None:
    """PyTorch has one fused multi-label loss, BCE: the most that it could make of the others, had their authors written them so."""
    for case, sample in samples.items():
        bce = samples.get(Case("loss:bce", case.shape, case.threads))
        if bce and case.name in MULTI_LABEL and case.name != "loss:bce":
            sample.milliseconds["PyTorch's BCE"] = bce.milliseconds["PyTorch"]


def median_and_range(values: list[float], digits: int) -> list[str]:
    return [f"{statistics.median(values):.{digits}f}", f"{min(values):.{digits}f} to {max(values):.{digits}f}"]


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """The first column to the left, the others to the right."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    for line in lines:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))).rstrip())


def print_comparison(samples: dict[Case, Samples], peaks: dict[int, list[float]]) -> None:
    print(machine())
    for threads, gflops in peaks.items():
        print(f"sgemm of knoll on {threads} thread(s): {' GFLOPS, '.join(median_and_range(gflops, 1))}")
    print()
    rows = []
    for case, sample in sorted(samples.items(), key=lambda item: (WORKLOADS.index(item[0].name), item[0].shape, item[0].threads)):
        for peer in list(sample.milliseconds)[1:]:  # after knoll
            share = {name: f"{statistics.median(shares):.0%}" for name, shares in sample.share_of_peak.items()}
            settings = sample.settings.get(peer, [])
            rows.append([
                f"{case.name} {list(case.shape)}", str(case.threads), peer,
                f"{statistics.median(sample.milliseconds['knoll']):.3f}", f"{statistics.median(sample.milliseconds[peer]):.3f}",
                *median_and_range(sample.ratios(peer), 2),
                share.get("knoll", "-"), share.get(peer, "-"), max(settings, key=settings.count, default=""),
            ])
    print_table(["workload", "threads", "peer", "knoll ms", "peer ms", "peer/knoll", "range", "knoll/sgemm", "peer/sgemm", "peer's setting"], rows)


def measure_memory(contender: Contender) -> float:
    """Peak of the cnn workload on the most threads, in the setting that is fastest: choosing it must not count."""
    setting = bench(contender, "cnn", THREADS[-1], 0.1)["results"][0].get("setting", "")
    return bench(contender, "cnn", THREADS[-1], 0.1, setting)["peak_mib"]


def measure_start(contender: Contender) -> float:
    """Milliseconds; the median of a few, after one that brings the files into memory."""
    times = []
    for _ in range(6):
        start = time.perf_counter()
        subprocess.run(contender.start, env=contender.environment(THREADS[-1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times[1:])


# With one core taken


@contextmanager
def busy_core() -> Iterator[None]:
    core = max(os.sched_getaffinity(0))
    # It ends with this process, however that ends.
    loop = subprocess.Popen([sys.executable, "-c", f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile os.getppid() == {os.getpid()}: pass"])
    try:
        yield
    finally:
        loop.kill()
        loop.wait()


def contend(contenders: list[Contender], rounds: int, seconds: float) -> list[dict]:
    """lenet5 in batches of 64 on two threads, undisturbed and then beside a busy loop, in the same setting."""

    def batch_64(report: dict) -> dict:
        return next(result for result in report["results"] if result["batch"] == 64)

    outcome = [{"contender": contender.name, "undisturbed_ms": [], "disturbed_ms": [], "ratio": []} for contender in contenders]
    for turn in range(rounds):
        for contender, result in zip(contenders, outcome):
            note(f"round {turn + 1} of {rounds}: {contender.name}")
            alone = batch_64(bench(contender, "lenet5", 2, seconds))
            with busy_core():
                beside = batch_64(bench(contender, "lenet5", 2, seconds, alone.get("setting", "")))
            result["undisturbed_ms"].append(alone["ms_per_step"])
            result["disturbed_ms"].append(beside["ms_per_step"])
            result["ratio"].append(beside["ms_per_step"] / alone["ms_per_step"])
    return outcome


def print_contention(outcome: list[dict]) -> None:
    print(machine())
    print("lenet5 [64, 1, 28, 28] on 2 threads, one core taken by another process")
    rows = [[result["contender"], f"{statistics.median(result['undisturbed_ms']):.3f}", f"{statistics.median(result['disturbed_ms']):.3f}",
             *median_and_range(result["ratio"], 2)] for result in outcome]
    print_table(["", "ms alone", "ms disturbed", "disturbed/alone", "range"], rows)


# The command


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Times knoll against PyTorch on this machine.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(WORKLOADS) + "; default: all")
    parser.add_argument("--rounds", type=int, default=3, help="how often everything is measured (3)")
    parser.add_argument("--seconds", type=float, default=1, help="time measured for each workload in a round (1)")
    parser.add_argument("--libtorch", action="store_true", help="compare with PyTorch's C++ frontend too")
    parser.add_argument("--contended", action="store_true", help="instead: lenet5 while another process takes one core")
    parser.add_argument("--python", default="/usr/bin/python3", help="the Python that has PyTorch (/usr/bin/python3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where everything measured goes")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in WORKLOADS]
    if unknown:
        raise Failure(f"expected names of workloads, got {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    if options.rounds < 1:
        raise Failure(f"expected at least one round, got {options.rounds}")
    if options.json:
        try:
            options.json.touch()  # now, not after all the measuring
        except OSError as error:
            raise Failure(f"cannot write {options.json}: {error.strerror}") from None
    return options


def main() -> None:
    options = parse_options()
    contenders = find_contenders(options.python, options.libtorch)
    taken_before, start = seconds_of_others(), time.monotonic()
    if options.contended:
        everything: dict = {"contended": contend(contenders, options.rounds, options.seconds)}
        print_contention(everything["contended"])
    else:
        workloads = [name for name in WORKLOADS if not options.names or name in options.names]
        samples, peaks = compare(contenders, workloads, options.rounds, options.seconds)
        add_fused_bce(samples)
        print_comparison(samples, peaks)
        processes = [{"contender": c.name, "cnn_peak_mib": measure_memory(c), "start_ms": measure_start(c)} for c in contenders]
        print()
        print_table(["", "peak MiB of cnn", "start-up ms"], [[p["contender"], f"{p['cnn_peak_mib']:.0f}", f"{p['start_ms']:.1f}"] for p in processes])
        cases = [asdict(case) | asdict(sample) for case, sample in samples.items()]
        everything = {"sgemm_gflops": peaks, "cases": cases, "processes": processes}
    disturbance = max(0.0, (seconds_of_others() - taken_before) / (time.monotonic() - start))
    if disturbance > 0.05:
        print(f"\nOther processes took {disturbance:.0%} of a core meanwhile. PyTorch suffers from that more than knoll: repeat this on an idle machine.")
    if options.json:
        options.json.write_text(json.dumps({"machine": machine(), "cores_taken_by_others": disturbance} | everything, indent=2) + "\n")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by an exception, so that what was started is stopped too
    try:
        main()
    except Failure as failure:
        print(f"compare: {failure}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
