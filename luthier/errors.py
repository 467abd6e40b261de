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


class WorkerKilledForMemory(WorkerDied):
    """The kernel ended the worker process because memory ran out."""


class PodGone(WorkerDied):
    """The rented machine cannot be counted on any more; the next attempt gets another."""


class PodInterrupted(PodGone):
    """The provider took the rented machine back (outbid, or maintenance)."""


class PodLost(PodGone):
    """The rented machine is gone, and nobody said why."""


class PodStalled(PodGone):
    """The provider says that the machine runs, and it shows no sign of life."""


class PodStartTimeout(PodGone):
    """The rented machine did not come up in time."""


class PodCapacity(LuthierError):
    """No machine of the kind that was asked for is free at the price that was allowed."""

    exit_code = 7
    retryable = True


class ProviderUnavailable(LuthierError):
    """The provider's API does not answer, or answers with an error of its own; what runs goes on running."""

    exit_code = 7
    retryable = True


class CreateOutcomeUnknown(ProviderUnavailable):
    """A machine was asked for and the answer was lost: it may exist. Look it up by name before asking again."""


class ProviderRefused(LuthierError):
    """The provider does not accept the request, and would not accept it again."""

    exit_code = 2


class ProviderDenied(ProviderRefused):
    """The provider does not accept the key."""


class ApiWithdrawn(ProviderRefused):
    """The provider no longer has this API, or no longer this way of renting."""


class NoBalance(LuthierError):
    """The account at the provider has no money left."""

    exit_code = 7


class OverBudget(LuthierError):
    """Going on would cost more than `budget.max_usd`."""

    exit_code = 6


class OutOfTime(LuthierError):
    """The run has taken longer than `compute.max_hours`."""

    exit_code = 7


class StorageUnavailable(LuthierError):
    """The storage does not answer; nothing is lost, and trying again can help."""

    exit_code = 7
    retryable = True


class StorageError(LuthierError):
    """The storage cannot be used as it is set up."""

    exit_code = 2


class WorkerFailed(LuthierError):
    """The worker reported an error of its own; trying the same again would fail the same way."""

    exit_code = 7


class OutOfMemory(WorkerFailed):
    """Not enough memory for this batch size and length."""


class LossNotFinite(WorkerFailed):
    """The training loss, or its gradient, is no number any more."""


class TrainingDiverged(WorkerFailed):
    """The training loss grows and grows."""


class NoProgress(LuthierError):
    """Several attempts in a row ended without a new checkpoint."""

    exit_code = 7


class WaitsForApproval(LuthierError):
    """A person has to say yes before the run goes on; starting it again continues it."""

    exit_code = 5


class Rejected(LuthierError):
    """A person said no."""


class DataRejected(Rejected, DataError):
    """A person found the data unfit."""


class CostRejected(Rejected, OverBudget):
    """A person found the run too dear."""


class Cancelled(LuthierError):
    """A person stopped the run."""

    exit_code = 130
