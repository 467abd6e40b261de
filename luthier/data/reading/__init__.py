"""Files of every kind as records, row by row."""
