"""Measurements, run by hand with `make bench`; each writes its table into docs/performance.md."""
