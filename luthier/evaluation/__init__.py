"""Base, base with its best few-shot prompt, and tuned: the same questions, the same decoding, compared in pairs."""
