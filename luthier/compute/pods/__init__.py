"""Rented machines: one narrow port, and what stands behind it."""
