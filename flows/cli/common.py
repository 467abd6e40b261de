"""What every command shares: --json, --debug, and errors as one message with an exit code."""

import errno
import functools
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
import orjson

if TYPE_CHECKING:
    from luthier.errors import LuthierError


def command(function: Callable[..., int | None]) -> click.Command:
    """A click command whose function returns its exit code; it gets `as_json`."""

    @functools.wraps(function)
    def guarded(*args: Any, debug: bool, **options: Any) -> None:
        sys.exit(_run(function, debug, *args, **options))

    guarded = click.option("--debug", is_flag=True, help="Show the traceback of an error.")(guarded)
    guarded = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(guarded)
    return click.command(guarded)


def _run(function: Callable[..., int | None], debug: bool, *args: Any, **options: Any) -> int:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a command that is told to end tidies up as after Ctrl-C
    try:
        return function(*args, **options) or 0
    except (Exception, KeyboardInterrupt) as error:
        if debug:
            raise
        told = _for_people(error)
    say(f"luthier: {told}")
    if options["as_json"]:
        print_json({"ok": False, "exit_code": told.exit_code, "error": str(told)})
    return told.exit_code


def _for_people(error: Exception | KeyboardInterrupt) -> "LuthierError":
    from luthier.errors import Cancelled, HomeError, LuthierError

    if isinstance(error, LuthierError):
        return error
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return Cancelled("cancelled", "", "The same command continues.")
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return HomeError("the disk is full", "", "Make room and start again: the run continues.")
    fix = "Run it again with --debug to see where; please report it."
    return LuthierError(f"unexpected {type(error).__name__}: {error}", "", fix)


def say(text: str = "") -> None:
    """A line for people, on stderr."""
    print(text, file=sys.stderr, flush=True)


def print_json(value: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()
