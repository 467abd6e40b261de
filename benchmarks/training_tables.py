"""Comparisons of trainers as tables."""

from collections.abc import Callable
from statistics import mean, median, stdev

from benchmarks.comparison import REFERENCE, Comparison, Repeat

HEAD = (
    "trainer", "process CPU s", "process wall s", "training CPU s", "tokens per CPU s", "× TRL, training",
    "× TRL, process", "× TRL, process wall", "peak MB", "held-out loss", "of the limit",
)  # fmt: skip
EQUAL_HEAD = ("trainer", "held-out loss of each seed", "mean ± sd", "minus plain TRL's, seed by seed")

Number = Callable[[Repeat], float]


def process_cpu(repeat: Repeat) -> float:
    return repeat.cost.cpu_s


def process_wall(repeat: Repeat) -> float:
    return repeat.cost.wall_s


def training_cpu(repeat: Repeat) -> float:
    return repeat.told["train_cpu_s"]


def ratio(number: Number, reference: list[Repeat], repeats: list[Repeat]) -> float:
    """How many times less than the reference: repeat by repeat, then the median."""
    return median(number(one) / number(other) for one, other in zip(reference, repeats, strict=True))


def speed_table(comparison: Comparison) -> str:
    limit, seeds = comparison.limit, len(comparison.repeats[REFERENCE])
    rows = [_speed(trainer, repeats, comparison) for trainer, repeats in comparison.repeats.items()]
    text = (
        f"**{_title(comparison)}**: {limit['rows']} rows, {limit['tokens']} tokens, {limit['trained_tokens']} of them "
        f"learned; medians of {seeds}. Held-out loss before: {comparison.before:.4f}. "
        f"Limit: {limit['gflop_per_cpu_s']:.0f} GFLOP per CPU second in {limit['dtype']} over "
        f"{limit['gflop_per_token']:.3f} GFLOP a token: {limit['tokens_per_cpu_s_plain']:.0f} tokens per CPU second, "
        f"{limit['tokens_per_cpu_s']:.0f} with the shared prefix of {limit['prefix']} tokens computed once a batch."
    )
    return f"{text}\n\n{_table(HEAD, rows)}"


def equal_learning_table(comparison: Comparison) -> str:
    text = f"**{_title(comparison)}**: before training {comparison.before:.4f}."
    rows = [_learning(trainer, comparison) for trainer in comparison.repeats if _whole(comparison.repeats[trainer])]
    return f"{text}\n\n{_table(EQUAL_HEAD, rows)}"


def _title(comparison: Comparison) -> str:
    return f"{comparison.task}, {comparison.threads} thread{'s' * (comparison.threads > 1)}"


def _speed(trainer: str, repeats: list[Repeat], comparison: Comparison) -> list[str]:
    if not _whole(repeats):
        return [trainer, "failed", *[""] * (len(HEAD) - 2)]
    reference = comparison.repeats[REFERENCE]
    cpu, wall = (median(map(number, repeats)) for number in (process_cpu, process_wall))
    training = ["", "", ""]
    share = ""
    if "train_cpu_s" in repeats[0].told:
        seconds = median(map(training_cpu, repeats))
        speed = comparison.limit["tokens"] / seconds
        training = [f"{seconds:.1f}", f"{speed:.0f}", f"{ratio(training_cpu, reference, repeats):.2f}"]
        share = f"{100 * speed / comparison.limit['tokens_per_cpu_s']:.0f} %"
    return [
        trainer, f"{cpu:.1f}", f"{wall:.1f}", *training, f"{ratio(process_cpu, reference, repeats):.2f}",
        f"{ratio(process_wall, reference, repeats):.2f}", f"{median(repeat.cost.peak_mb for repeat in repeats):.0f}",
        f"{mean(_losses(repeats)):.4f}", share,
    ]  # fmt: skip


def _learning(trainer: str, comparison: Comparison) -> list[str]:
    losses, reference = _losses(comparison.repeats[trainer]), _losses(comparison.repeats[REFERENCE])
    apart = [one - other for one, other in zip(losses, reference, strict=True)]
    each = ", ".join(f"{loss:.4f}" for loss in losses)
    return [trainer, each, _spread(losses, ""), "" if trainer == REFERENCE else _spread(apart, "+")]


def _losses(repeats: list[Repeat]) -> list[float]:
    return [repeat.loss for repeat in repeats if repeat.loss is not None]


def _whole(repeats: list[Repeat]) -> bool:
    return all(repeat.cost.code == 0 and repeat.loss is not None for repeat in repeats)


def _spread(values: list[float], sign: str) -> str:
    deviation = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    return f"{mean(values):{sign}.4f}{deviation}"


def _table(head: tuple[str, ...], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
