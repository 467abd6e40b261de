"""Rows for people: a table in a terminal, aligned lines elsewhere; CSV for programs."""

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
    """To stdout. `right`: columns of numbers. Texts come from specs: nothing in them is markup or a control code."""
    clean = [[plain(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _rich(heads, clean, right)
        return
    widths = [max(map(len, column)) for column in zip(heads, *clean, strict=True)]
    for row in (list(heads), *clean):
        print("  ".join(_aligned(row, widths, right)).rstrip())


def print_csv(rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> None:
    """To stdout; empty cells for what is not known."""
    writer = csv.DictWriter(sys.stdout, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def plain(text: str) -> str:
    """On one line, without control codes."""
    return "".join(char if char.isprintable() else " " for char in text)


def _aligned(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> Iterator[str]:
    for at, (cell, width) in enumerate(zip(row, widths, strict=True)):
        yield cell.rjust(width) if at in right else cell.ljust(width)


def _rich(heads: Sequence[str], rows: list[list[str]], right: frozenset[int]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for at, head in enumerate(heads):
        table.add_column(head, justify="right" if at in right else "left", overflow="fold", no_wrap=at != 0)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
