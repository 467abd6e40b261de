"""Where the model runs: the job a worker gets, the process it lives in, and who watches it."""
