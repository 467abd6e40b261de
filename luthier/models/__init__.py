"""Base models and how they write a conversation."""
