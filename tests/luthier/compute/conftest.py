from rented_run import cloud, home, impatient, trained_here  # noqa: F401
