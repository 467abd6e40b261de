"""The data page: one self-contained HTML file for a person."""
