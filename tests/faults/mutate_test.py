#!/usr/bin/env python3
"""Tests of what mutate.py draws: the tokens of C++, each kind of fault, the marks, and that a changed file is restored."""
from __future__ import annotations

import dataclasses
import itertools
import tempfile
import textwrap
import unittest
from pathlib import Path

from building import ROOT, Workshop, failures_in
from draws import Draw, Mark, draws, files_of, mirrored, programs_of
from kinds import KINDS, places
from mutate import Result, report
from mutations import Mutation
from tokens import Code, tokens_of


def words(source: str) -> list[str]:
    return [token.text for token in tokens_of(source)]


def in_function(body: str) -> str:
    return f"void run() {{\n    {body}\n}}\n"


def mutants(kind: str, source: str) -> list[str]:
    """What one kind makes of a source, all of it."""
    return [mutation.applied(source) for place in places(source)[kind] for mutation in place]


def bodies(kind: str, body: str) -> list[str]:
    """What one kind makes of the body of a function."""
    return [textwrap.dedent(mutant.removeprefix("void run() {\n").removesuffix("}\n")).strip() for mutant in mutants(kind, in_function(body))]


class Tokens(unittest.TestCase):
    def test_comments_and_directives_are_none(self) -> None:
        self.assertEqual(words("#include <a>\n#define X \\\n  1 + 1\nint a; // 1 < 2\n/* b + \n c */ int d;"), ["int", "a", ";", "int", "d", ";"])

    def test_literals_are_whole(self) -> None:
        self.assertEqual(words('f("a \\" + b", \'"\', R"x(1 < 2)" )x", 1\'000, 0x1.8p-3F, .5e-3)'),
                         ["f", "(", '"a \\" + b"', ",", "'\"'", ",", 'R"x(1 < 2)" )x"', ",", "1'000", ",", "0x1.8p-3F", ",", ".5e-3", ")"])

    def test_brackets_of_arguments_are_told_from_comparisons(self) -> None:
        code = Code("auto x = std::map<int, std::vector<int>>{}; bool y = a < b && c >> 2 > 1;")
        angles = [code.text(i) for i in code.partner if code.text(i) in ("<", ">")]
        self.assertEqual(sorted(angles), ["<", "<", ">", ">"])

    def test_what_a_brace_opens(self) -> None:
        source = ("namespace a { struct B : C { B() : x_{1} { f(); } int x_{1}; }; template <class T> auto g() const -> D<T> { return E{1}; }\n"
                  "void h() { if (a) { b(); } else { c({2}); } run([&](int i) { d(i); }); switch (a) { case 1: { e(); } } } }")
        code = Code(source)
        self.assertEqual([code.opens[i] for i in sorted(code.opens)],
                         ["file", "type", "list", "body", "list", "body", "list", "body", "body", "body", "list", "lambda", "body", "body"])

    def test_what_is_no_source_is_refused(self) -> None:
        for source in ("int a = @;", "void f() {"):
            with self.assertRaises(ValueError):
                Code(source)


class Kinds(unittest.TestCase):
    def test_operators(self) -> None:
        self.assertEqual(bodies("operator", "a = b + c;"), ["a = b - c;"])
        self.assertEqual(bodies("operator", "a = !b && c;"), ["a = b && c;", "a = !b || c;"])
        self.assertEqual(bodies("operator", "++a; b *= -c;"), ["--a; b *= -c;", "++a; b /= -c;", "++a; b *= c;"])

    def test_pointers_and_loop_steps_are_no_operators(self) -> None:
        self.assertEqual(bodies("operator", "const T* a = b; T&& c = d; for (int i = 0; i < n; ++i) f(a->b, *a);"), [])

    def test_comparisons(self) -> None:
        self.assertEqual(bodies("comparison", "return a < b;"), ["return a <= b;", "return a > b;"])
        self.assertEqual(bodies("comparison", "return a == b;"), ["return a != b;"])
        self.assertEqual(bodies("comparison", "std::vector<int> a(b);"), [])

    def test_constants(self) -> None:
        self.assertEqual(mutants("constant", "int a = 3;"), ["int a = 4;", "int a = 2;"])
        self.assertEqual(mutants("constant", "int a = 0;"), ["int a = 1;"])
        self.assertEqual(mutants("constant", "float a = 0.5F;"), ["float a = 1.0F;", "float a = 0.25F;"])
        self.assertEqual(mutants("constant", "void f(bool a = true);"), ["void f(bool a = false);"])

    def test_off_by_one(self) -> None:
        self.assertEqual(bodies("off by one", "f(a[i]);"), ["f(a[i + 1]);", "f(a[i - 1]);"])
        self.assertEqual(bodies("off by one", "for (int i = 0; i < n && b; ++i) f(i);"),
                         ["for (int i = 0; i < n + 1 && b; ++i) f(i);", "for (int i = 0; i < n - 1 && b; ++i) f(i);"])
        self.assertEqual(bodies("off by one", "f(a.size());"), ["f(a.size() + 1);", "f(a.size() - 1);"])
        self.assertEqual(bodies("off by one", 'f(a["key"], [i] { g(); });'), [])

    def test_dropped_statements(self) -> None:
        self.assertEqual(bodies("dropped statement", "int a = 1; f(a); return a;"), ["int a = 1; ; return a;"])
        self.assertEqual(bodies("dropped statement", "if (a) b = c; else d();"), ["if (a) ; else d();", "if (a) b = c; else ;"])
        self.assertEqual(bodies("dropped statement", "while (a) { if (b) break; }"), ["while (a) { if (b) ; }"])
        self.assertEqual(bodies("dropped statement", "std::vector<T> a(b); const auto c = [] { d(); };"), ["std::vector<T> a(b); const auto c = [] { ; };"])
        self.assertEqual(mutants("dropped statement", "struct A { A(int a); void f(int a); int b; };"), [])

    def test_exchanged_arguments(self) -> None:
        self.assertEqual(bodies("exchanged arguments", "f(a, g<b, c>(d), {e});"), ["f(g<b, c>(d), a, {e});", "f(a, {e}, g<b, c>(d));"])
        self.assertEqual(bodies("exchanged arguments", "return {a, b};"), ["return {b, a};"])
        self.assertEqual(bodies("exchanged arguments", 'f(a, a); g("a", b); std::min(a, b); h({.x = a, .y = b});'), [])
        self.assertEqual(mutants("exchanged arguments", "void f(int a, int b);"), [])

    def test_wrong_branches(self) -> None:
        self.assertEqual(bodies("wrong branch", "if (a || b) c();"), ["if (!(a || b)) c();"])
        self.assertEqual(bodies("wrong branch", "if (const auto a = b; a > c) d();"), ["if (const auto a = b; !(a > c)) d();"])
        self.assertEqual(bodies("wrong branch", "return a ? b : c ? d : e;"), ["return a ? c ? d : e : b;", "return a ? b : c ? e : d;"])

    def test_texts_of_errors_and_what_only_the_compiler_reads_stay(self) -> None:
        source = in_function('require<E>(a > 0, "[f] expected ", b + 1, g(c, d)); static_assert(sizeof(T) == 4); throw E(text(a + 1));')
        found = [mutation for kind, of_kind in places(source).items() if kind != "dropped statement" for place in of_kind for mutation in place]
        self.assertEqual({source[mutation.start : mutation.end] for mutation in found}, {">", "0"})
        self.assertEqual(places("template <int n = 3> using A = B<n + 1>; [[gnu::aligned(8)]] int c;"), {kind: [] for kind in KINDS})


class Draws(unittest.TestCase):
    SOURCES = {"a.cpp": in_function("if (a < 1) f(b[i], c + 2);"), "b.cpp": in_function("g(x, y);")}

    def test_same_seed_same_draws_without_repetition(self) -> None:
        first = list(draws(self.SOURCES, "core", 1))
        self.assertEqual(first, list(draws(self.SOURCES, "core", 1)))
        self.assertNotEqual(first, list(draws(self.SOURCES, "core", 2)))
        self.assertEqual(len(first), sum(len(found) for source in self.SOURCES.values() for found in places(source).values()))
        self.assertEqual(len({(draw.file, draw.mutation.kind, draw.mutation.start) for draw in first}), len(first))

    def test_kinds_are_drawn_alike(self) -> None:
        sources = {"a.cpp": in_function("f(1, 1, 1, 1);" * 500 + "if (a) g();" * 500)}
        drawn = [draw.mutation.kind for draw in itertools.islice(draws(sources, "core", 3), 300)]
        self.assertGreater(min(drawn.count(kind) for kind in ("constant", "dropped statement", "wrong branch")), 70)

    def test_a_draw_shows_its_lines(self) -> None:
        draw = next(draw for draw in draws(self.SOURCES, "core", 1) if draw.mutation.kind == "comparison")
        self.assertEqual((draw.file, draw.line, draw.before), ("a.cpp", 2, "if (a < 1) f(b[i], c + 2);"))
        self.assertIn(draw.after, ("if (a <= 1) f(b[i], c + 2);", "if (a > 1) f(b[i], c + 2);"))

    def test_marks_are_known_by_their_lines(self) -> None:
        draw = Draw("a.cpp", 2, Mutation("operator", 1, 2, "-"), "a = b + c;", "a = b - c;")
        mark = Mark("a.cpp", "   a = b + c;", "a = b - c;", "c is zero")
        self.assertTrue(mark.is_about(draw))
        self.assertFalse(dataclasses.replace(mark, file="b.cpp").is_about(draw))
        self.assertTrue(Mark("tests/faults/draws.py", "class   Mark:", "", "").fits())
        self.assertFalse(Mark("tests/faults/mutate.py", "no such line", "", "").fits())
        self.assertFalse(Mark("gone.cpp", "", "", "").fits())

    def test_rooms(self) -> None:
        self.assertIn("apps/tasks/metric.cpp", files_of("tasks"))
        self.assertEqual(files_of("apps/tasks"), files_of("tasks"))
        rest = files_of("apps")
        self.assertIn("apps/plots/svg.cpp", rest)
        for other in ("procedures", "tasks", "training", "examples", "bench/programs"):
            self.assertFalse([name for name in rest if name.startswith(f"apps/{other}/")])
        self.assertEqual(programs_of("losses/dpl.cpp"), ["losses", "records"])
        self.assertIn("[#dpl_test]", mirrored("losses/dpl.cpp", "losses"))

    def test_every_source_of_every_room_is_read(self) -> None:
        for room in ("core", "nn", "losses", "data", "procedures", "tasks", "training", "apps"):
            counts = {kind: 0 for kind in KINDS}
            for found in (places((ROOT / file).read_text()) for file in files_of(room)):
                counts = {kind: counts[kind] + len(found[kind]) for kind in KINDS}
            self.assertGreater(min(counts.values()), 20, room)

    def test_a_score_leaves_out_what_makes_no_difference(self) -> None:
        draw = Draw("a.cpp", 2, Mutation("operator", 1, 2, "-"), "a", "b")
        results = [Result(draw, verdict) for verdict in ("caught", "caught", "caught", "survived", "equivalent", "does not compile")]
        found = report(results, "core", 1)
        self.assertEqual((found["counted"], found["percent"], found["survived"], found["equivalent"]), (4, 75, 1, 1))


class Building(unittest.TestCase):
    def test_a_changed_file_is_restored(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            workshop = Workshop(Path(folder), jobs=1)
            file = workshop.source / "a.cpp"
            file.parent.mkdir()
            file.write_text("right")
            with self.assertRaises(KeyboardInterrupt), workshop.changed("a.cpp", "wrong"):
                self.assertEqual(file.read_text(), "wrong")
                raise KeyboardInterrupt
            self.assertEqual(file.read_text(), "right")

    def test_a_program_that_fails_crashes_or_hangs_is_told_from_one_that_passes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            workshop = Workshop(Path(folder), jobs=1)
            workshop.build_folder.mkdir()
            program = workshop.build_folder / "test_core"
            workshop.seconds["core"] = -7.4  # a patience of less than a second
            for script, expected in (("exit 0", []), ("kill -SEGV $$", ["(the program ends early)"]), ("sleep 60", ["(a test that does not end)"])):
                program.write_text(f"#!/bin/sh\n{script}\n")
                program.chmod(0o755)
                self.assertEqual(workshop.failing_tests("core"), expected)

    def test_failures_are_read_from_a_report(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "report.xml"
            path.write_text('<Catch><TestCase name="good"><OverallResult success="true"/></TestCase>'
                            '<TestCase name="bad"><OverallResult success="false"/></TestCase><TestCase name="cut short"/></Catch>')
            self.assertEqual(failures_in(path), ["bad", "cut short"])


if __name__ == "__main__":
    unittest.main()
