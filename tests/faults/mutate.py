#!/usr/bin/env python3
"""Plants faults drawn at random into knoll's sources, one at a time, and shows which survive the tests.

    tests/faults/mutate.py --room losses --count 30 --seed 1
    tests/faults/mutate.py --room apps/plots --count 10 --seed 1 --json plots.json
    tests/faults/mutate.py --room core --count 30 --seed 1 --list     # what would be drawn; nothing is built
    tests/faults/mutate.py --check                                    # only that every mark of equivalent.toml fits the sources

A room is a folder of the sources: core, nn, losses, data, apps/procedures, apps/tasks, apps/training (the last three also without
apps/), or any below them; "apps" is the rest of apps. Programs that no test runs (apps/bench/programs, apps/examples) are left out.

A draw takes first a kind of fault, each as likely (operator, comparison, constant, off by one, dropped statement, exchanged arguments,
wrong branch), then a place of that kind in the room, each as likely, so that files count by how much can go wrong in them. Room, seed
and the state of the sources decide what is drawn. Not counted, and drawn again: what does not compile, what compiles to the same object
code, and what equivalent.toml marks as making no difference, with the reason. A crash and a hang count as caught.

The tests of a room are those of its folder, then tests/records (whose records every operation, layer and loss has) for core, nn and
losses, and for core those of nn and losses, which are built on it; for all of apps they are the tests of apps, after tests/records for
apps/gradcheck. Test files that are named as the mutated file come first. As in CI, core, nn, losses and data are tested with the address
sanitizer.

It works in a copy of the sources, under build/mutants/ unless --build says otherwise; two runs at once need two.
"""
from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from building import ROOT, Failure, Workshop
from draws import Draw, draws, files_of, mirrored, programs_of, read_marks


@dataclass(frozen=True)
class Result:
    draw: Draw
    verdict: str  # caught, survived, equivalent, or does not compile
    by: str = ""
    seconds: float = 0

    def __str__(self) -> str:
        verdict = "SURVIVED" if self.verdict == "survived" else self.verdict
        return f"{self.draw}\n    {verdict}{': ' if self.by else ''}{self.by} [{self.seconds:.0f} s]"

    def entry(self) -> dict[str, object]:
        return {"file": self.draw.file, "line": self.draw.line, "kind": self.draw.mutation.kind, "before": self.draw.before, "after": self.draw.after,
                "verdict": self.verdict, "by": self.by, "seconds": round(self.seconds, 1)}


class Trial:
    """Tries faults in a workshop whose tests pass."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.objects = self._objects(since=0)

    def verdict_on(self, draw: Draw) -> Result:
        began = time.monotonic()
        source = (self.workshop.source / draw.file).read_text()
        with self.workshop.changed(draw.file, draw.mutation.applied(source)):
            verdict, by = self._judge(draw)
        return Result(draw, verdict, by, time.monotonic() - began)

    def _judge(self, draw: Draw) -> tuple[str, str]:
        folders = programs_of(draw.file)
        began = time.time() - 1
        # What a header changes may be in the tests' own objects alone.
        for folder in folders if draw.file.endswith(".h") else folders[:1]:
            if error := self.workshop.build(f"test_{folder}"):
                return "does not compile", error
        if all(self.objects.get(name) == code for name, code in self._objects(began).items()):
            return "equivalent", "the same object code"
        for folder in folders:
            if error := self.workshop.build(f"test_{folder}"):
                return "does not compile", error
            tags = mirrored(draw.file, folder)
            if failed := (tags and self.workshop.failing_tests(folder, tags)) or self.workshop.failing_tests(folder):
                return "caught", f"{folder}: {failed[0]}"
        return "survived", ""

    def _objects(self, since: float) -> dict[str, str]:
        """What stands in the object files that have been made since then."""
        made = (path for path in self.workshop.build_folder.rglob("*.o") if path.stat().st_mtime >= since)
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in made}


def report(results: list[Result], room: str, seed: int) -> dict[str, object]:
    number = {verdict: sum(result.verdict == verdict for result in results) for verdict in ("caught", "survived", "equivalent", "does not compile")}
    counted = number["caught"] + number["survived"]
    return {"room": room, "seed": seed, "counted": counted, "percent": round(100 * number["caught"] / counted) if counted else None,
            **number, "faults": [result.entry() for result in results]}


def summary(room: str, seed: int, found: dict[str, object]) -> str:
    return (f"{room}, seed {seed}: {found['caught']} of {found['counted']} caught ({found['percent']} %), "
            f"besides {found['equivalent']} equivalent and {found['does not compile']} that do not compile")


def mutate(options: argparse.Namespace) -> None:
    marks = read_marks()
    files = files_of(options.room)
    drawn = draws({file: (ROOT / file).read_text() for file in files}, options.room, options.seed)
    if options.list:
        for draw in itertools.islice(drawn, options.count):
            print(draw)
        return
    sanitized = not files[0].startswith("apps/")
    workshop = Workshop(options.build.resolve() / ("sanitized" if sanitized else "plain"), options.jobs, sanitized)
    workshop.prepare(list(dict.fromkeys(folder for file in files for folder in programs_of(file))))
    trial = Trial(workshop)
    results: list[Result] = []
    try:
        for draw in drawn:
            mark = next((mark for mark in marks if mark.is_about(draw)), None)
            results.append(Result(draw, "equivalent", mark.reason) if mark else trial.verdict_on(draw))
            if results[-1].verdict != "does not compile":
                print(results[-1], flush=True)
            if sum(result.verdict in ("caught", "survived") for result in results) == options.count:
                break
    finally:
        found = report(results, options.room, options.seed)
        print("\n" + summary(options.room, options.seed, found))
        if options.json:
            options.json.write_text(json.dumps(found, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--room", help="the folder whose sources are mutated")
    parser.add_argument("--count", type=int, default=30, help="faults that count (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the draws (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="show the first draws and build nothing")
    parser.add_argument("--check", action="store_true", help="draw nothing; see that every mark of equivalent.toml fits the sources")
    parser.add_argument("--json", type=Path, help="write the results there too")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "mutants", help="where to build; two runs need two")
    parser.add_argument("--jobs", type=int, default=1, help="compilers at once (default: %(default)s)")
    options = parser.parse_args()
    if options.check:
        print(f"{len(read_marks())} marks fit the sources")
    elif options.room and options.count > 0:
        mutate(options)
    else:
        parser.error("expected --room and a --count above 0, or --check")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("mutate.py: ended"))
    try:
        main()
    except Failure as failure:
        sys.exit(f"mutate.py: {failure}")
    except KeyboardInterrupt:
        sys.exit("mutate.py: interrupted")
