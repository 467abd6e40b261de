"""The training loop's body: a step, a look, a checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Literal

import mlx.core as mx
import mlx.nn as nn
from datasets import Dataset
from mlx.utils import tree_map, tree_unflatten
from transformers import PreTrainedTokenizerBase

from luthier.models.mlx.adapter import read_adapter, set_weights, write_adapter
from luthier.models.mlx.greedy import answers
from luthier.models.mlx.layers import as_float, flat
from luthier.models.mlx.model import read_model, write_model
from luthier.models.mlx.peft_form import Size
from luthier.models.mlx.reading import Reader
from luthier.training import history
from luthier.training.course import course
from luthier.training.history import Log
from luthier.training.mlx.adam import Adam, Arrays, clipped, norm
from luthier.training.mlx.batches import MicroBatch, micro_batches
from luthier.training.mlx.layers import add_dropout, draw, recompute_blocks
from luthier.training.mlx.losses import token_loss
from luthier.training.mlx.state import ADAPTER_FORM, MODEL_FORM, read_adam, read_log, write_state
from luthier.training.plan import Plan
from luthier.training.schedule import learning_rate

AT_A_LOOK = 64
"""Rows that are arranged by length together."""


class Trainer:
    """A `Training`. base: the folder that the model came from. model: in it is trained what is not frozen."""

    engine: ClassVar[Literal["mlx"]] = "mlx"

    def __init__(
        self,
        plan: Plan,
        base: Path,
        model: nn.Module,
        tokenizer: PreTrainedTokenizerBase,
        train: Dataset,
        validation: Dataset,
    ):
        self.plan, self.base, self.model, self.tokenizer = plan, base, model, tokenizer
        self.train, self.validation, self.course = train, validation, course(train, plan)
        self.step = 0
        self.log_history: Log = []
        self.reader, self.kind = Reader(model), token_loss(plan)
        self.dropouts = add_dropout(model, plan.dropout)
        if plan.gradient_checkpointing:
            recompute_blocks(model)
        self.adam = Adam(self.weights)

    @property
    def size(self) -> Size:
        assert self.plan.rank and self.plan.alpha
        return Size(self.plan.rank, self.plan.alpha, self.plan.dropout)

    @property
    def weights(self) -> Arrays:
        """Those that are trained, float32."""
        return flat(self.model.trainable_parameters())

    @property
    def trainable(self) -> int:
        return sum(weight.size for weight in self.weights.values())

    def advance(self) -> None:
        """One optimizer step."""
        rows, rate = self.course.rows_of(self.step + 1), learning_rate(self.plan, self.step, self.course.steps)
        loss, gradients = self._mean(rows)
        size = norm(gradients)
        self.step += 1
        new = self.adam.updated(self.weights, clipped(gradients, size), rate, self.step)
        self.model.update(tree_unflatten(list(new.items())))
        self._log({"loss": loss, "grad_norm": size, "learning_rate": rate, "samples": self._samples(rows)})

    def look(self) -> None:
        """Mean surprise at the answers of the validation rows. Draws no random number."""
        total, tokens = 0.0, 0
        with self._computing():
            for batch in self._validation():
                total += as_float(self.reader.losses(batch.tokens).sum())
                tokens += len(batch.tokens.targets)
        self._log({"eval_loss": total / tokens, "eval_perplexity": history.perplexity(total, tokens)})

    def answer(self, prompts: list[list[int]], stops: list[int], most: int) -> list[list[int]]:
        """Greedy answers."""
        with self._computing():
            return answers(self.model, prompts, stops, most)

    def write_checkpoint(self, folder: Path) -> None:
        full = self.plan.method == "full"
        if full:
            write_model(self.weights, self.base, folder)
        else:
            write_adapter(self.model, self.size, self.base, folder)
        form = MODEL_FORM if full else ADAPTER_FORM
        write_state(folder, form, self.adam, self.course, self.step, self.log_history)

    def go_on_from(self, checkpoint: Path) -> None:
        """The state of a checkpoint, of either engine."""
        full = self.plan.method == "full"
        set_weights(self.model, read_model(checkpoint) if full else read_adapter(checkpoint))
        self.adam = read_adam(checkpoint, MODEL_FORM if full else ADAPTER_FORM, self.weights)
        self.step, self.log_history = read_log(checkpoint)

    def _mean(self, rows: list[int]) -> tuple[float, Arrays]:
        """The mean loss of a step's examples and its gradients, however they are cut into micro-batches."""
        batches = list(micro_batches([self.train[row] for row in rows], self.plan.micro_batch_tokens))
        weight, loss = sum(batch.weight for batch in batches), 0.0
        gradients: Arrays = {}
        for number, batch in enumerate(batches):
            draw(self.dropouts, self.plan.seed, self.step, number)
            part, found = self._gradients(batch, weight)
            gradients = {name: gradients[name] + found[name] for name in found} if gradients else found
            mx.eval(part, gradients)
            loss += as_float(part)
        return loss, gradients

    def _gradients(self, batch: MicroBatch, weight: float) -> tuple[mx.array, Arrays]:
        def loss(weights: dict[str, Any]) -> mx.array:
            self.model.update(tree_map(self._computed, weights))
            losses = self.reader.losses(batch.tokens, self.kind)
            return (losses if batch.weights is None else losses * batch.weights).sum() / weight

        weights = self.model.trainable_parameters()
        self.model.train()
        found, gradients = mx.value_and_grad(loss)(weights)
        self.model.update(weights)
        self.model.eval()
        return found, flat(gradients)

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """The model as its arithmetic wants it, for as long as the context lasts."""
        weights = self.model.trainable_parameters()
        self.model.update(tree_map(self._computed, weights))
        try:
            yield
        finally:
            self.model.update(weights)

    def _computed(self, weight: mx.array) -> mx.array:
        """Of float32 weights that are trained in whole, what the plan's arithmetic takes."""
        return weight.astype(getattr(mx, self.plan.dtype)) if self.plan.method == "full" else weight

    def _validation(self) -> Iterator[MicroBatch]:
        for start in range(0, len(self.validation), AT_A_LOOK):
            rows = range(start, min(start + AT_A_LOOK, len(self.validation)))
            yield from micro_batches([self.validation[row] for row in rows], self.plan.micro_batch_tokens)

    def _samples(self, rows: list[int]) -> str:
        """The chained hash of the samples seen, so that a log proves its order."""
        return history.chain(history.samples_seen(self.log_history), [self.course.ids[row] for row in rows])

    def _log(self, entry: dict[str, Any]) -> None:
        epoch = self.course.examples_until(self.step) / len(self.course.rows)
        self.log_history.append(entry | {"epoch": epoch, "step": self.step})
