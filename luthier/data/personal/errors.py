"""Errors may quote what stands in the data: a name of a column, an author, a value that a rule stumbled over."""

from luthier.data.personal.protect import hidden
from luthier.errors import LuthierError, Problems


def without_personal_data(error: LuthierError) -> LuthierError:
    """The same error, changed in place, with `[EMAIL]` for an address and the like."""
    error.what, error.why, error.fix = hidden(error.what), hidden(error.why), hidden(error.fix)
    if isinstance(error, Problems):
        error.problems = [without_personal_data(each) for each in error.problems]
    else:
        error.args = (error.what, error.why, error.fix, error.where)
    return error
