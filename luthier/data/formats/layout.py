"""What was understood of a file: its format, and which column is which."""

from collections.abc import Mapping

from luthier.data.formats.table import EVERYWHERE, Format

NOTES = {
    "preference": "preference pairs: the chosen answers are learned rather than the rejected ones (loss: dpo); "
    "primary_metric: preferred measures just that, loss: cross_entropy leaves the rejected ones out",
    "text": "running text: each passage is continued from its heading and first sentence, which teaches style and "
    "domain; pairs of question and answer teach answering",
}


class Layout(dict[str, str]):
    """The column of the file for each field of the format: {"prompt": "question_text", …}.

    `guessed` is a sentence for a warning where the columns were guessed, else ""; `note` says what to know of a
    layout. `time` and `group` are among the fields only where they are known.
    """

    def __init__(self, format: Format, columns: Mapping[str, str], guessed: str = ""):
        super().__init__({field: columns.get(field, field) for field in format.fields})
        self.update({field: columns[field] for field in EVERYWHERE if field in columns})
        self.format = format
        self.guessed = guessed
        self.note = NOTES.get(format.name, "")
