"""Builds a copy of knoll's sources and runs its tests: what plant.py and mutate.py have in common."""
from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["core", "nn", "losses", "data", "records", "apps"]  # each has a test program
LARGEST_PROCESS = 8 << 30  # bytes: a fault that asks for memory without end must not take it from others
LARGEST_FILE = 1 << 30
ONLY_LARGE = ("~a chain of a million nodes*", "~a sum of a hundred million floats*")  # left out under the address sanitizer, as CI does


class Failure(Exception):
    """What the user is told, in one line."""


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True)


def last_line(result: subprocess.CompletedProcess) -> str:
    return ((result.stdout + result.stderr).strip().splitlines() or ["(no output)"])[-1]


def limit_process(sanitized: bool) -> None:
    if not sanitized:  # the address sanitizer reserves terabytes, and has a limit of its own
        resource.setrlimit(resource.RLIMIT_AS, (LARGEST_PROCESS, LARGEST_PROCESS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@dataclass
class Workshop:
    """A copy of the sources with a build folder of its own. The sources themselves are never touched."""

    folder: Path
    jobs: int
    sanitized: bool = False  # with the address sanitizer, which notices what is read or written beyond an array
    seconds: dict[str, float] = field(default_factory=dict)  # that the tests of a folder take when nothing is wrong

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def build_folder(self) -> Path:
        return self.folder / "build"

    def prepare(self, folders: list[str]) -> None:
        """Copies, configures, builds, and sees that the tests of these folders pass."""
        self._lock()
        self._copy_sources()
        result = run("cmake", "-S", str(self.source), "-B", str(self.build_folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None", *self._cmake_options())
        if result.returncode != 0:
            raise Failure(f"cannot configure the copy: {last_line(result)}")
        for folder in folders:
            if error := self.build(f"test_{folder}"):
                raise Failure(f"cannot build the tests of {folder}: {error}")
            began = time.monotonic()
            if failed := self.failing_tests(folder):
                raise Failure(f"expected tests that pass before anything is planted, got: {failed[0]}")
            self.seconds[folder] = time.monotonic() - began

    def build(self, target: str) -> str:
        """The last line of what the compiler says of a program that cannot be built; empty: it has been built."""
        result = run("cmake", "--build", str(self.build_folder), "--target", target, "-j", str(self.jobs))
        return "" if result.returncode == 0 else last_line(result)

    def failing_tests(self, folder: str, tags: str = "", at_most: int = 1) -> list[str]:
        """The tests of a folder that fail, up to that many failed assertions; with tags, of those alone. A hang and a crash fail too."""
        report = self.build_folder / f"{folder}.xml"
        report.unlink(missing_ok=True)
        chosen = ["--filenames-as-tags", tags] if tags else ONLY_LARGE if self.sanitized else []
        command = [str(self.build_folder / f"test_{folder}"), "--reporter", "xml", "--out", str(report), "--abortx", str(at_most), *chosen]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.build_folder, start_new_session=True,
                                   env=os.environ | {"ASAN_OPTIONS": f"hard_rss_limit_mb={LARGEST_PROCESS >> 20}"},
                                   preexec_fn=lambda: limit_process(self.sanitized))
        try:
            status = process.wait(timeout=self._patience(folder))
        except subprocess.TimeoutExpired:
            return ["(a test that does not end)"]
        finally:
            with contextlib.suppress(ProcessLookupError):  # the tests start programs of their own
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return [] if status == 0 else failures_in(report) or ["(the program ends early)"]

    @contextlib.contextmanager
    def changed(self, file: str, text: str) -> Iterator[None]:
        """One file of the copy reads otherwise, for a while."""
        target = self.source / file
        before = target.read_text()
        target.write_text(text)
        try:
            yield
        finally:
            target.write_text(before)

    def _cmake_options(self) -> list[str]:
        linker = ["-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld"] if shutil.which("ld.lld") else []
        if not self.sanitized:
            return ["-DCMAKE_CXX_FLAGS=-O1", *linker]
        clang = shutil.which("clang++-14") or shutil.which("clang++")  # as in CI: GCC takes minutes for some losses
        if clang is None:
            raise Failure("expected Clang for the address sanitizer, got none; on Debian: apt-get install clang-14 libclang-rt-14-dev")
        return ["-DCMAKE_CXX_FLAGS=-O1 -fsanitize=address", f"-DCMAKE_CXX_COMPILER={clang}", *linker]

    def _patience(self, folder: str) -> float:
        """Seconds after which a test program hangs: several times what it takes, since other programs may want the cores."""
        return 60 + 8 * self.seconds[folder] if folder in self.seconds else 900

    def _lock(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._held = open(self.folder / "lock", "w")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure(f"expected a build folder that no other run uses, got {self.folder}; wait, or give another with --build") from None

    def _copy_sources(self) -> None:
        """Only what has changed, so that a second run builds little."""
        listed = run("git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard").stdout.splitlines()
        wanted = {name for name in listed if (ROOT / name).is_file()}
        for path in [path for path in self.source.rglob("*") if path.is_file()]:
            if str(path.relative_to(self.source)) not in wanted:
                path.unlink()
        for name in wanted:
            origin, target = ROOT / name, self.source / name
            if target.is_file() and target.read_bytes() == origin.read_bytes():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(origin, target)


def failures_in(report: Path) -> list[str]:
    """The names of the test cases in Catch2's XML that did not end well."""
    try:
        cases = list(xml.etree.ElementTree.parse(report).iter("TestCase"))
    except (OSError, xml.etree.ElementTree.ParseError):
        return []
    return [case.get("name", "") for case in cases if (end := case.find("OverallResult")) is None or end.get("success") == "false"]
