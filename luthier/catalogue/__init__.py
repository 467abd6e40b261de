"""The runs of a home, known from their folders alone: lists, search, statistics, notes, templates, event logs."""
