"""Data that cannot be trained on."""

from luthier.failures.cause import Cause
from luthier.failures.changes import set_aside
from luthier.failures.evidence import Evidence

BY_DATA = ("DataError", "Problems", "SpecError")


def _data(seen: Evidence, words: str) -> bool:
    return seen.type in BY_DATA and seen.says(words)


DATA = (
    Cause(
        name="own_rules",
        title="Your own rules of the data gate cannot be used",
        why="`expectations.json` or `columns.py` of `data.rules` is broken.",
        fix="Mend what the message names; see [own rules](own-rules.md).",
        fits=lambda seen: seen.where == "data.rules" or _data(seen, "the check itself broke"),
    ),
    Cause(
        name="database_away",
        title="The database of a .sql source does not answer",
        why="It is down, out of reach, or refuses the user or the query.",
        fix="Try the query in the database's own client, and check the address in the variable that `data.database` "
        "names.",
        fits=lambda seen: (
            _data(seen, r"database does not answer|database that \w+ names|driver is not installed")
            or _data(seen, r"the variable \w+ is not set|holds no SQLAlchemy URL")
        ),
    ),
    Cause(
        name="data_missing",
        title="A data file is not there",
        why="It was moved or removed, or it cannot be read by this account.",
        fix="Put it back where `data.path` says; a path is relative to the spec's folder.",
        fits=lambda seen: _data(seen, "the data file is not there|link leads nowhere|data file cannot be read"),
    ),
    Cause(
        name="data_changed",
        title="The data changed while they were read",
        why="Something still writes to the file. Half of the old and half of the new would be no data set.",
        fix="Wait until nothing writes to them any more. Other content is another run.",
        fits=lambda seen: _data(seen, "the data changed while they were read"),
    ),
    Cause(
        name="too_few_rows",
        title="Too few rows",
        why="Nothing honest can be measured on a handful of rows, or on rows that are nearly the same.",
        fix="Bring more examples that differ; some 500 are a good beginning.",
        fits=lambda seen: _data(seen, "too few rows to split|holds no rows|none of [\\d,]+ rows is wanted"),
    ),
    Cause(
        name="nothing_to_learn",
        title="Rows with nothing to learn",
        why="The prompt alone fills `training.max_length`, so the answer is cut off.",
        fix="Raise `training.max_length`, shorten the prompts, or leave these rows out.",
        fits=lambda seen: _data(seen, "nothing to learn"),
    ),
    Cause(
        name="bad_rows",
        title="Rows that cannot be used",
        why="Some rows lack a field or cannot be read; each is listed with its line.",
        fix="Mend the rows that the message names, or have them set aside.",
        fits=lambda seen: seen.type == "Problems" and (seen.stage == "validate-data" or seen.says("is refused")),
        change=set_aside,
        proposes="`data.on_bad_rows: quarantine`, in a new run, where the faulty rows are few enough for "
        "`data.max_quarantined`",
    ),
    Cause(
        name="bad_data",
        title="A data file that cannot be read",
        why="The file as a whole is damaged, encrypted, empty or of a kind that is not understood.",
        fix="Write it again, or name another; see [data formats](data-formats.md).",
        fits=lambda seen: seen.type == "DataError" and seen.stage == "validate-data",
    ),
)
