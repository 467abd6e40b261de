"""One file a stage: the policy around one call of the engine (retries, artifacts, progress)."""
