"""What every command shares: --json, --debug, and errors as one message with an exit code."""

import functools
import sys
from collections.abc import Callable
from typing import Any

import click
import orjson


def command(function: Callable[..., int | None]) -> click.Command:
    """A click command whose function returns its exit code; it gets `as_json`."""

    @functools.wraps(function)
    def guarded(*args: Any, debug: bool, **options: Any) -> None:
        sys.exit(_run(function, debug, *args, **options))

    guarded = click.option("--debug", is_flag=True, help="Show the traceback of an error.")(guarded)
    guarded = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(guarded)
    return click.command(guarded)


def _run(function: Callable[..., int | None], debug: bool, *args: Any, **options: Any) -> int:
    from luthier.errors import Cancelled, LuthierError

    try:
        return function(*args, **options) or 0
    except KeyboardInterrupt:
        error: LuthierError = Cancelled("cancelled", "", "The same command continues.")
    except LuthierError as told:
        if debug:
            raise
        error = told
    except Exception as unexpected:
        if debug:
            raise
        fix = "Run it again with --debug to see where; please report it."
        error = LuthierError(f"unexpected {type(unexpected).__name__}: {unexpected}", "", fix)
    say(f"luthier: {error}")
    if options.get("as_json"):
        print_json({"ok": False, "exit_code": error.exit_code, "error": str(error)})
    return error.exit_code


def say(text: str = "") -> None:
    """A line for people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()
