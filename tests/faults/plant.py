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
import shutil
import subprocess
import sys
import time
import tomllib
import xml.etree.ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "faults" / "source"
BUILD = ROOT / "build" / "faults" / "build"
FOLDERS = ["core", "nn", "losses", "data", "records", "apps"]
SECONDS = 900  # a test that takes longer hangs


class Failure(Exception):
    """What the user is told, in one line."""


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


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True)


def copy_sources() -> None:
    """Only what has changed, so that a second run builds little."""
    listed = run("git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
    for name in listed:
        source, target = ROOT / name, COPY / name
        if not source.is_file() or (target.is_file() and target.read_bytes() == source.read_bytes()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def build(folder: str) -> str:
    """The last line of what the compiler says of a program that cannot be built; empty: it has been built."""
    result = run("cmake", "--build", str(BUILD), "--target", f"test_{folder}")
    return "" if result.returncode == 0 else (result.stdout + result.stderr).strip().splitlines()[-1]


def failing_tests(folder: str) -> list[str]:
    """The tests that fail, up to the third failed assertion."""
    report = BUILD / f"{folder}.xml"
    report.unlink(missing_ok=True)
    try:
        result = subprocess.run([str(BUILD / f"test_{folder}"), "--reporter", "xml", "--out", str(report), "--abortx", "3"],
                                capture_output=True, timeout=SECONDS, cwd=BUILD)
    except subprocess.TimeoutExpired:
        return ["(a test that does not end)"]
    if result.returncode == 0:
        return []
    try:
        cases = xml.etree.ElementTree.parse(report).iter("TestCase")
        failed = [case.get("name", "") for case in cases if (end := case.find("OverallResult")) is None or end.get("success") == "false"]
    except (OSError, xml.etree.ElementTree.ParseError):
        failed = []
    return failed or ["(the program ends early)"]


def prepare() -> None:
    copy_sources()
    result = run("cmake", "-S", str(COPY), "-B", str(BUILD), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", "-DCMAKE_CXX_FLAGS=-O1")
    if result.returncode != 0:
        raise Failure("cannot configure the copy: " + (result.stderr.strip().splitlines() or [""])[-1])
    for folder in FOLDERS:
        if error := build(folder):
            raise Failure(f"cannot build the tests of {folder}: {error}")
        if failed := failing_tests(folder):
            raise Failure(f"expected tests that pass before anything is planted, got: {failed[0]}")


def plant(fault: Fault) -> tuple[str, list[str]]:
    """The folder whose tests notice the fault, and these; no tests if it survives."""
    target = COPY / fault.file
    own = fault.file.split("/")[0]
    text = target.read_text()
    target.write_text(text.replace(fault.right, fault.wrong))
    try:
        for folder in [own, *(other for other in FOLDERS if other != own)]:
            if error := build(folder):
                raise Failure(f"a fault has to compile, but {fault.file}: {error}")
            if failed := failing_tests(folder):
                return folder, failed
        return "", []
    finally:
        target.write_text(text)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="only faults whose text or file contains this")
    parser.add_argument("--check", action="store_true", help="plant nothing; see that every fault fits the sources")
    options = parser.parse_args()
    faults = read_faults(options.only)
    if options.check:
        print(f"{len(faults)} faults fit the sources")
        return 0
    prepare()
    caught = 0
    for fault in faults:
        began = time.monotonic()
        folder, tests = plant(fault)
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
