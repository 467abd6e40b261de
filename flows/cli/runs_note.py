"""luthier runs note RUN [TEXT]"""

import click

from flows.cli.common import command, print_json, say
from flows.cli.questions import at_terminal


@command
@click.argument("run")
@click.argument("text", required=False)
def note(run: str, text: str | None, as_json: bool) -> int:
    """Write a note on RUN: TEXT, or what you write in your editor. An empty text takes the note away.

    Without TEXT and without a terminal, or with --json, it is shown. The spec's notes are the first one.
    """
    from luthier import notes
    from luthier.catalogue.reading import row_of
    from luthier.run import find_run
    from luthier.settings import Settings

    folder = find_run(Settings(), run)
    before = row_of(folder).note
    if text is None and at_terminal() and not as_json:
        text = click.edit(before)  # None: left without saving
    if text is not None and text.strip() != before:
        notes.write(folder, text)
        say(f"{folder.run_id}: noted. A report shows it when it is made again.")
    now = row_of(folder).note
    if as_json:
        print_json({"run_id": folder.run_id, "note": now, "notes_written": notes.changes(folder)})
    else:
        print(now)
    return 0
