#!/usr/bin/env python3
"""Plants wrong lines into knoll's sources, one at a time, and shows which tests notice.

    tests/faults/plant.py                   # all of faults.toml; a build and a run of tests for each
    tests/faults/plant.py --only "batch norm"
    tests/faults/plant.py --check           # only that every fault still fits the sources

A copy of the sources is built under build/faults/; the sources themselves are never touched. For each fault, the tests of the folder
it is in are run first, then those of the others until some test fails. Exit status 1 if a fault survives all tests.
"""
from __future__ import annotations

import argparse
import os
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

from building import FOLDERS, ROOT, Failure, Workshop


@dataclass(frozen=True)
class Fault:
    what: str
    file: str
    right: str
    wrong: str

    def fits(self) -> bool:
        return (ROOT / self.file).read_text().count(self.right) == 1


def read_faults(only: str) -> list[Fault]:
    with open(Path(__file__).with_name("faults.toml"), "rb") as file:
        faults = [Fault(**entry) for entry in tomllib.load(file)["fault"]]
    for fault in faults:
        if not fault.fits():
            raise Failure(f"expected to find once in {fault.file}: {fault.right}; mend faults.toml")
    return [fault for fault in faults if only in fault.what or only in fault.file]


def plant(workshop: Workshop, fault: Fault) -> tuple[str, list[str]]:
    """The folder whose tests notice the fault, and these, up to the third failed assertion; no tests if it survives."""
    own = fault.file.split("/")[0]
    with workshop.changed(fault.file, (workshop.source / fault.file).read_text().replace(fault.right, fault.wrong)):
        for folder in [own, *(other for other in FOLDERS if other != own)]:
            if error := workshop.build(f"test_{folder}"):
                raise Failure(f"a fault has to compile, but {fault.file}: {error}")
            if failed := workshop.failing_tests(folder, at_most=3):
                return folder, failed
    return "", []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only faults whose text or file contains this")
    parser.add_argument("--check", action="store_true", help="plant nothing; see that every fault fits the sources")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "faults", help="where to build; two runs need two")
    options = parser.parse_args()
    faults = read_faults(options.only)
    if options.check:
        print(f"{len(faults)} faults fit the sources")
        return 0
    workshop = Workshop(options.build.resolve(), jobs=os.cpu_count() or 1)
    workshop.prepare(FOLDERS)
    caught = 0
    for fault in faults:
        began = time.monotonic()
        folder, tests = plant(workshop, fault)
        caught += bool(tests)
        verdict = f"caught by {folder}: {tests[0]}" + (f" (and {len(tests) - 1} more)" if len(tests) > 1 else "") if tests else "SURVIVED"
        print(f"{fault.file}: {fault.what}\n    {verdict} [{time.monotonic() - began:.0f} s]", flush=True)
    print(f"\n{caught} of {len(faults)} caught")
    return 0 if caught == len(faults) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"plant.py: {failure}")
