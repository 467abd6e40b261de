"""Every failure a user can meet: what happened → why → what to do, with an exit code."""


class LuthierError(Exception):
    """One message for a person.

    what: what happened, a full sentence without the full stop; why: the reason; fix: what to do;
    where: file and line, or the spec's key. `retryable` says whether trying again can help.
    """

    exit_code = 1
    retryable = False

    def __init__(self, what: str, why: str = "", fix: str = "", where: str = ""):
        super().__init__(what, why, fix, where)
        self.what, self.why, self.fix, self.where = what, why, fix, where

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return " ".join(_sentence(part) for part in (head, self.why, self.fix) if part)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "\n")) else text + "."


class Problems(LuthierError):
    """Several faults of one kind, reported together. `problems` holds a LuthierError each."""

    exit_code = 2

    def __init__(self, what: str, problems: list[LuthierError], fix: str = ""):
        super().__init__(what, "", fix)
        self.problems = problems

    def __reduce__(self):
        return (type(self), (self.what, self.problems, self.fix))

    def __str__(self) -> str:
        lines = [_sentence(self.what), *(f"  - {problem}" for problem in self.problems)]
        return "\n".join([*lines, self.fix] if self.fix else lines)


class SpecError(LuthierError):
    """A value of the run spec that cannot work; `where` is its key."""

    exit_code = 2


class DataError(LuthierError):
    """A fault of the data; `where` is file:line, or the training pair."""

    exit_code = 2


class ModelError(LuthierError):
    """The base model is missing or cannot be used as asked."""

    exit_code = 2


class HomeError(LuthierError):
    """$LUTHIER_HOME cannot hold a run: not writable, or no room."""

    exit_code = 2


class NotFound(LuthierError):
    """A run or recipe that was named does not exist."""

    exit_code = 2


class AlreadyRunning(LuthierError):
    """Another process works on this run."""

    exit_code = 7


class WorkerDied(LuthierError):
    """The worker process vanished; the next attempt goes on from its checkpoint."""

    exit_code = 7
    retryable = True


class WorkerFailed(LuthierError):
    """The worker reported an error of its own; trying the same again would fail the same way."""

    exit_code = 7


class OutOfMemory(WorkerFailed):
    """Not enough memory for this batch size and length."""


class NoProgress(LuthierError):
    """Several attempts in a row ended without a new checkpoint."""

    exit_code = 7


class Cancelled(LuthierError):
    """A person stopped the run."""

    exit_code = 130
