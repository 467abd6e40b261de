"""The memory a run needs, term by term, and what makes it fit."""
