"""Commented run specs for common jobs, as package data."""
