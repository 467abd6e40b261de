"""Rows of every layout as conversations."""
