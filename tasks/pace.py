"""When a stage will be done, by its speed since it was last resumed."""


class Pace:
    """Fed with progress; a smaller `done`, or another attempt, begins a new measure."""

    def __init__(self) -> None:
        self.attempt: int | None = None
        self.began = self.newest = (0.0, 0)

    def feed(self, time: float, done: int, attempt: int | None) -> None:
        """time: seconds since the epoch, by the worker's clock."""
        if attempt != self.attempt or done < self.newest[1]:
            self.attempt, self.began = attempt, (time, done)
        self.newest = (time, done)

    def left_s(self, total: int) -> float | None:
        """Seconds until `total`; None while there is no speed to go by."""
        seconds, done = self.newest[0] - self.began[0], self.newest[1] - self.began[1]
        return (total - self.newest[1]) * seconds / done if done and seconds > 0 else None


def in_words(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 5 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
