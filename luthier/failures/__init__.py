"""What goes wrong: failures of libraries in a person's words, and what is kept of a run's failure."""
