"""Libraries that come with an extra of Luthier."""

from importlib import import_module
from types import ModuleType

from luthier.errors import DataError


def documents(module: str, where: str) -> ModuleType:
    """Raises DataError when the extra is not installed."""
    try:
        return import_module(module)
    except ImportError:
        what = "PDF and Word documents are read by an extra that is not installed"
        fix = "Run pip install 'luthier[documents]'."
        raise DataError(what, f"There is no package {module}", fix, where) from None
