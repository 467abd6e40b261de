"""Trying out, before money is spent, that a run survives machines that vanish."""
