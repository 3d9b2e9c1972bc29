#!/usr/bin/env python3
"""Prints a figure of a report as an SVG file: the first one that contains a text.

    docs/images/from_report.py runs/active/report.html "labels bought" > docs/images/active-learning.svg
"""
import re
import sys


def figures(page: str):
    """Every drawing that stands in no other; drawings nest."""
    depth = begin = 0
    for tag in re.finditer(r"<svg\b|</svg>", page):
        if tag.group() == "</svg>":
            depth -= 1
            if depth == 0:
                yield page[begin : tag.end()]
        else:
            if depth == 0:
                begin = tag.start()
            depth += 1


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    report, text = sys.argv[1:]
    try:
        with open(report, encoding="utf-8") as file:
            page = file.read()
    except OSError as error:
        sys.exit(f"from_report.py: cannot read {report}: {error.strerror}")
    found = next((figure for figure in figures(page) if text in figure), None)
    if found is None:
        sys.exit(f"from_report.py: expected a figure with the text '{text}' in {report}, found none")
    print(found)


if __name__ == "__main__":
    main()
