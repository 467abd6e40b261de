"""Giving way to the person who uses the machine that a worker runs on."""
