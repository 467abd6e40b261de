"""Personal data and secrets in the rows: found, reported, masked or refused."""
