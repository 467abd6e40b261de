"""From a data file of any known kind to checked, split rows."""

from luthier.data.prepare import prepare
from luthier.data.reading.source import content_sha256

__all__ = ["content_sha256", "prepare"]
