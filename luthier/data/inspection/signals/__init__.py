"""What can be told of one row by looking at it alone. Each function is pure and takes microseconds."""
