"""Training: presets, the TRL engine, checkpoints that are complete or absent."""
