"""What is known of a file while its rows become conversations."""

from typing import NamedTuple

from luthier.data.formats.extras import Extras
from luthier.data.formats.layout import Layout
from luthier.data.reading.source import Source
from luthier.data.record import Record
from luthier.data_spec import DataSpec


class Reading(NamedTuple):
    """`data` is the spec with this file's path, format and columns; `first` are its first sound rows."""

    source: Source
    data: DataSpec
    layout: Layout
    extras: Extras
    first: list[Record]
    is_all: bool
    """Whether the file is all of the data, not one of a folder's."""
