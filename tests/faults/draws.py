"""What is drawn at random: rooms, draws, and the marks of those that make no difference."""
from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from building import ROOT, Failure
from kinds import places
from mutations import Mutation, one_line

INNER_ROOMS = ("procedures", "tasks", "training")  # of apps
WITHOUT_TESTS = ("apps/bench/programs", "apps/examples")
PROGRAMS = {"core": ["core", "records", "nn", "losses"], "nn": ["nn", "records"], "losses": ["losses", "records"], "data": ["data"], "apps": ["apps"]}


@dataclass(frozen=True)
class Draw:
    file: str
    line: int
    mutation: Mutation
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.mutation.kind}\n    - {self.before}\n    + {self.after}"


@dataclass(frozen=True)
class Mark:
    """A fault that makes no difference, and why. Lines are compared without their indentation."""

    file: str
    before: str
    after: str
    reason: str

    def fits(self) -> bool:
        path = ROOT / self.file
        return path.is_file() and one_line(self.before) in one_line(path.read_text())

    def is_about(self, draw: Draw) -> bool:
        return (self.file, one_line(self.before), one_line(self.after)) == (draw.file, draw.before, draw.after)


def read_marks() -> list[Mark]:
    with open(Path(__file__).with_name("equivalent.toml"), "rb") as file:
        marks = [Mark(**entry) for entry in tomllib.load(file).get("equivalent", [])]
    for mark in marks:
        if not mark.fits():
            raise Failure(f"stale mark: {mark.file} no longer has: {mark.before}; take it out of equivalent.toml")
    return marks


def files_of(room: str) -> list[str]:
    folder = f"apps/{room}" if room.split("/")[0] in INNER_ROOMS else room.rstrip("/")
    skipped = (*WITHOUT_TESTS, *(f"apps/{inner}" for inner in INNER_ROOMS)) if folder == "apps" else WITHOUT_TESTS
    names = sorted(str(path.relative_to(ROOT)) for path in (ROOT / folder).rglob("*") if path.suffix in (".h", ".cpp"))
    names = [name for name in names if not name.startswith(tuple(f"{other}/" for other in skipped))]
    if not names or folder.split("/")[0] not in PROGRAMS:
        raise Failure(f"expected a folder of {', '.join(PROGRAMS)}, or one of {', '.join(INNER_ROOMS)}, got --room {room}")
    return names


def programs_of(file: str) -> list[str]:
    """The folders of tests that a file's faults have to be noticed by, in turn."""
    return ["records", "apps"] if file.startswith("apps/gradcheck/") else PROGRAMS[file.split("/")[0]]


def draws(sources: dict[str, str], room: str, seed: int) -> Iterator[Draw]:
    """Without end, except where every place has been drawn."""
    by_kind: dict[str, list[tuple[str, list[Mutation]]]] = {}
    for file, source in sources.items():
        for kind, found in places(source).items():
            by_kind.setdefault(kind, []).extend((file, place) for place in found)
    generator = random.Random(f"{room} {seed}")
    while kinds := [kind for kind, left in by_kind.items() if left]:
        left = by_kind[generator.choice(kinds)]
        file, place = left.pop(generator.randrange(len(left)))
        mutation = generator.choice(place)
        yield Draw(file, sources[file].count("\n", 0, mutation.start) + 1, mutation, *mutation.lines(sources[file]))


def mirrored(file: str, folder: str) -> str:
    """Catch2's tags of the test files that are named as a source; empty: there are none."""
    stem = Path(file).stem
    names = sorted(path.stem for path in (ROOT / "tests" / folder).rglob(f"{stem}*.cpp"))
    return ",".join(f"[#{name}]" for name in names)
