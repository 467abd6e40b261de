"""What runs, in order: flows only wire tasks."""
