"""One task, trained by several trainers in turn: what each repeat cost and what it learned."""

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.process import Cost, measure, on_threads
from benchmarks.trainers import RANK, Command, Job

REFERENCE, OURS = "plain TRL", "Luthier"


class Repeat(NamedTuple):
    """One training; the n-th of all trainers have the same seed. `loss` is on held-out rows, None if it failed."""

    cost: Cost
    told: dict[str, Any]
    loss: float | None


class Comparison(NamedTuple):
    """`limit` as benchmarks.limit prints it; `before` is the held-out loss of the base."""

    task: str
    threads: int
    limit: dict[str, Any]
    before: float
    repeats: dict[str, list[Repeat]]


def compare(
    assets: dict[str, Any], name: str, trainers: dict[str, Command], threads: int, seeds: int, folder: Path
) -> Comparison:
    """Interleaved: every trainer with the first seed, then every trainer with the next.

    Raises RuntimeError when Luthier or the reference fails, or when two did not do the same work.
    """
    model, task = assets["model"], assets["tasks"][name]
    bound = ask("limit", [model, task["train"], task["batch"], RANK], on_threads(threads, folder))
    ran: dict[str, list[tuple[Cost, Path]]] = {trainer: [] for trainer in trainers}
    for seed, (trainer, command) in itertools.product(range(seeds), trainers.items()):
        out = folder / f"{name}-{threads}" / trainer.replace(" ", "-") / str(seed)
        out.mkdir(parents=True)
        job = Job(Path(model), Path(task["train"]), task["batch"], task["max_length"], seed, out)
        cost = measure(command(job), on_threads(threads, folder), out / "log.txt")
        ran[trainer].append((cost, out))
        print(f"{name}, {threads} threads, seed {seed}, {trainer}: {cost}", file=sys.stderr, flush=True)
        if cost.code and trainer in (REFERENCE, OURS):
            raise RuntimeError(f"{trainer} failed, see {out / 'log.txt'}")
    _check_equal_work(ran, bound)
    adapters = {out: adapter for runs in ran.values() for _, out in runs if (adapter := _adapter(out))}
    judged = ask("held_out", [model, task["held_out"], *adapters.values()], on_threads(1, folder))
    losses = dict(zip(adapters, judged[1:], strict=True))
    repeats = {
        trainer: [Repeat(cost, _told(out), losses.get(out)) for cost, out in runs] for trainer, runs in ran.items()
    }
    return Comparison(name, threads, bound, judged[0], repeats)


def ask(module: str, arguments: list[Any], environment: dict[str, str]) -> Any:
    """What a module of this package prints as JSON; it runs in a process of its own, so that this one stays small."""
    argv = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    return json.loads(subprocess.run(argv, env=environment, stdout=subprocess.PIPE, check=True).stdout)


def _told(out: Path) -> dict[str, Any]:
    """The trainer's own train.json, or the steps from transformers' state where it writes none."""
    for name in ("train.json", "trainer_state.json"):
        for path in sorted(out.rglob(name)):
            told = json.loads(path.read_text())
            return told if name == "train.json" else {"steps": told["global_step"]}
    return {}


def _adapter(out: Path) -> Path | None:
    return next((path.parent for path in sorted(out.rglob("adapter_config.json"))), None)


def _check_equal_work(ran: dict[str, list[tuple[Cost, Path]]], bound: dict[str, Any]) -> None:
    """Steps are equal; tokens too, up to the line end that some put after a row's last turn."""
    told = [_told(out) for runs in ran.values() for cost, out in runs if not cost.code]
    steps = {each["steps"] for each in told}
    tokens = {each["tokens"] for each in told if "tokens" in each}
    if len(steps) > 1 or not tokens <= {bound["tokens"], bound["tokens"] + bound["rows"]}:
        raise RuntimeError(f"unequal work: steps {steps}, tokens {tokens} of {bound['tokens']}")
