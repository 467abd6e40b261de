"""Peak memory of real trainings, to fit the memory model on some and to try it on others."""
