"""Questions to a person at a terminal."""

import sys
from collections.abc import Sequence

import click

from flows.cli.common import say


def at_terminal() -> bool:
    return sys.stdin.isatty()


def choose(question: str, options: Sequence[str], default: str) -> str:
    """One of the options, by its number or its name; the default where nobody can be asked."""
    if not at_terminal():
        return default
    say(f"{question}:")
    for number, option in enumerate(options, 1):
        say(f"  {number}. {printable(option)}")
    while True:
        said = click.prompt("Number or name", default=printable(default), err=True).strip()
        if said.isdigit() and 1 <= int(said) <= len(options):
            return options[int(said) - 1]
        for option in (default, *options):  # names may be alike as far as they are shown
            if said in (option, printable(option)):
                return option
        say(f"Choose 1 to {len(options)}.")


def printable(text: str) -> str:
    """A column's name may hold what moves the cursor."""
    return "".join(character if character.isprintable() else "·" for character in text)[:60]
