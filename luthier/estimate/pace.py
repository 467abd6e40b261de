"""Seconds of work on a machine: by measured speeds where there are any, else by FLOPs, bandwidth and launches."""

import math

from luthier.estimate.machine import Machine
from luthier.estimate.ranges import Range, total
from luthier.estimate.work import Asking, Work

ANSWERED_AT_ONCE = 12_288
"""Tokens of a batch that the evaluation answers, the answers to come included."""

ADAPTER_SLOWS = Range(1, 2, 5)
"""Answers with the adapter apart from the weights against answers without one; on two CPU cores 17 s for 8 s."""

FOUR_BITS_SLOW = Range(1, 1.3, 1.8)
"""QLoRA's time against LoRA's: each matrix is made of its 4 bits again whenever it is used. 1.39 was measured with a
model of 7B (Raschka 2023, Practical Tips for Finetuning LLMs Using LoRA); widened."""

SAVED_BYTES = 12
"""A trained weight in a checkpoint: itself and AdamW's two averages, float32 each."""

SAVED_PER_S = Range(5e7, 2e8, 1e9)


def training_s(work: Work, machine: Machine) -> Range:
    """All steps, without the looks.

    A matrix of n weights costs 2n FLOPs a token forward and 2n for the gradient of its input; a frozen one needs no
    gradient of its own, another 2n (Kaplan et al. 2020, Scaling Laws for Neural Language Models, section 2.1).
    """
    before = reading_s(work.compared, work, machine)
    if machine.measured.training:
        return machine.measured.training.seconds(work.tokens) + before
    base, prior = work.base, machine.prior
    head = base.head * work.learned
    of_weights = 6 * (base.layers_weights + head)
    if work.method != "full":
        of_weights = 4 * (base.layers_weights + head) + 6 * work.trained
    of_token = of_weights + 3 * _attention(work, work.row)
    computing = Range.exactly(work.tokens * of_token).over(machine.flops * prior.training)
    if work.method == "qlora":
        computing = computing * FOUR_BITS_SLOW
    micro_batches = work.steps * max(1, math.ceil(work.tokens / max(work.steps, 1) / prior.at_once))
    return computing.at_least(prior.layer_step_s * (micro_batches * base.layers)) + before


def looks_s(work: Work, machine: Machine) -> Range:
    """Validation losses, samples and checkpoints on the way."""
    saving = Range.exactly(work.trained * SAVED_BYTES).over(SAVED_PER_S)
    reading = reading_s(work.look_tokens, work, machine)
    return (reading + answering_s(work.samples, work, machine) + saving) * work.looks


def asking_s(askings: tuple[Asking, ...], work: Work, machine: Machine) -> Range:
    return total(reading_s(each.reads, work, machine) + answering_s(each, work, machine) for each in askings)


def reading_s(tokens: float, work: Work, machine: Machine) -> Range:
    if machine.measured.reading:
        return machine.measured.reading.seconds(tokens)
    flops = Range.exactly(tokens * _forward(work, work.row))
    return flops.over(machine.flops * machine.prior.reading)


def answering_s(asking: Asking, work: Work, machine: Machine) -> Range:
    """Reading the questions, then one pass a batch for each next token: it reads all weights, whoever is in it."""
    slower = ADAPTER_SLOWS if asking.tuned else Range.exactly(1)
    measured = machine.measured
    if asking.tuned and measured.answering_tuned:
        return measured.answering_tuned.seconds(asking.allowed)
    if measured.answering:
        return measured.answering.seconds(asking.allowed) * slower
    prior, base = machine.prior, work.base
    forward = _forward(work, asking.prompt)
    reading = Range.exactly((asking.answers * asking.prompt + asking.shared) * forward)
    computing = (asking.new * (asking.answers * forward)).over(machine.flops * prior.answering)
    at_once = max(1, int(ANSWERED_AT_ONCE // (asking.shared + asking.prompt + asking.most_new)))
    passes = Range(asking.new.low, asking.new.high, asking.new.high) * math.ceil(asking.answers / at_once)
    weights = Range.exactly(base.weights * work.element_bytes).over(machine.bytes_per_s)
    asked = computing + passes * weights.at_least(prior.layer_token_s * base.layers)
    return reading.over(machine.flops * prior.reading) + asked * slower


def _forward(work: Work, context: float) -> float:
    """FLOPs of a token's forward pass, head and all."""
    return 2 * work.base.weights + _attention(work, context)


def _attention(work: Work, context: float) -> float:
    """FLOPs of a token's scores, forward; on average it sees half of the context (Kaplan et al. 2020, table 1)."""
    return 2 * work.base.layers * work.base.hidden * context
