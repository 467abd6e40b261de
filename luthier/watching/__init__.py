"""How a run is doing, on one page: made of the run's folder alone, for whoever shows it."""

from luthier.watching.page import page

__all__ = ["page"]
