"""Luthier: fine-tune a language model unattended and prove that it helped."""

__version__ = "0.1.0"
