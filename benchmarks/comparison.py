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


Ran = dict[str, list[tuple[Cost, Path]]]
"""By trainer: what each repeat cost, and the folder it left."""


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
    environment = on_threads(threads, folder)
    bound = ask("limit", [model, task["train"], task["batch"], RANK], environment)
    ran: Ran = {trainer: [] for trainer in trainers}
    for seed, (trainer, command) in itertools.product(range(seeds), trainers.items()):
        out = folder / trainer.replace(" ", "-") / str(seed)
        job = Job(Path(model), Path(task["train"]), task["batch"], task["max_length"], seed, out)
        ran[trainer].append((_train(trainer, command(job), environment, out), out))
    check_equal_work(ran, bound)
    before, losses = _judge(model, task["held_out"], [out for runs in ran.values() for _, out in runs], folder)
    repeats = {
        trainer: [Repeat(cost, _told(out), losses.get(out)) for cost, out in runs] for trainer, runs in ran.items()
    }
    return Comparison(name, threads, bound, before, repeats)


def _train(trainer: str, argv: list[str], environment: dict[str, str], out: Path) -> Cost:
    out.mkdir(parents=True)
    cost = measure(argv, environment, out / "log.txt")
    print(f"{out}: {cost}", file=sys.stderr, flush=True)
    if cost.code and trainer in (REFERENCE, OURS):
        raise RuntimeError(f"{trainer} failed, see {out / 'log.txt'}")
    return cost


def _judge(model: str, held_out: str, outs: list[Path], folder: Path) -> tuple[float, dict[Path, float]]:
    """Held-out loss of the base, and of each adapter that is there."""
    adapters = {out: adapter for out in outs if (adapter := _adapter(out))}
    before, *after = ask("held_out", [model, held_out, *adapters.values()], on_threads(1, folder))
    return before, dict(zip(adapters, after, strict=True))


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


def check_equal_work(ran: Ran, bound: dict[str, Any]) -> None:
    """Steps are equal; tokens too, up to the line end that some put after a row's last turn."""
    told = [_told(out) for runs in ran.values() for cost, out in runs if not cost.code]
    steps = {each.get("steps") for each in told}
    tokens = {each["tokens"] for each in told if "tokens" in each}
    if len(steps) > 1 or not tokens <= {bound["tokens"], bound["tokens"] + bound["rows"]}:
        raise RuntimeError(f"unequal work: steps {steps}, tokens {tokens} of {bound['tokens']}")
