"""Answers that say the question again."""

FEWEST = 20
"""Characters of a prompt that is worth looking for; shorter ones recur by chance."""


def echo(prompt: str, answer: str) -> bool:
    """Whether the answer begins with the whole prompt, but for case and white space."""
    if len(answer) < len(prompt) - 2 or len(prompt) < FEWEST or prompt[:1].lower() != answer[:1].lower():
        return False
    asked = " ".join(prompt.lower().split()).rstrip(".?!: ")
    return " ".join(answer.lower().split()).startswith(asked)
