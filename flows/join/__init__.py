"""`luthier join`: this machine works for a Prefect server of others, within the hours that its owner allows."""
