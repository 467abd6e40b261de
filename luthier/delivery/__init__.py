"""What leaves the house: the adapter as a package."""
