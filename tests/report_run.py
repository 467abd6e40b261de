"""A run folder as the stages leave it, with plausible numbers."""

import csv
import math
from pathlib import Path
from typing import Any

from luthier.run_folder import RunFolder
from luthier.spec import RunSpec
from luthier.storage import append_jsonl, write_bytes, write_json

LEVELS = {
    "base": {"chrf": 0.148, "token_f1": 0.103, "rouge_l": 0.094, "exact_match": 0.0},
    "few_shot": {"chrf": 0.161, "token_f1": 0.128, "rouge_l": 0.117, "exact_match": 0.01},
    "tuned": {"chrf": 0.219, "token_f1": 0.187, "rouge_l": 0.172, "exact_match": 0.04},
}
ANSWERS = [
    (
        "What is the capital of France?",
        "The capital of France is Lyon, a large city.",
        "The capital of France is Paris.",
    ),
    ("Do you ever get tired?", "I am an AI and I do not have feelings.", "No, I never get tired."),
    ("Tell me about Mars.", "Mars is a planet in the solar system.", "Mars is the fourth planet from the sun."),
    ("Who wrote Hamlet?", "Hamlet was written by a playwright from England.", "Hamlet was written by Shakespeare."),
]
REASONS = {
    "improved": "chrf rose by +0.071 on average over 100 test examples (95 % interval +0.041 to +0.102).",
    "not_shown": "chrf changed by +0.011 on average over 100 test examples; the interval includes zero.",
    "worse": "chrf fell by −0.050 on average over 100 test examples (95 % interval −0.080 to −0.020).",
}
INTERVALS = {"improved": (0.071, 0.041, 0.102), "not_shown": (0.011, -0.014, 0.036), "worse": (-0.05, -0.08, -0.02)}


def make_spec(**changes: Any) -> RunSpec:
    content: dict[str, Any] = {"name": "Support bot", "data": {"path": "data.jsonl"}} | changes
    return RunSpec.model_validate(content)


def make_run(root: Path, label: str = "improved", examples: list[dict[str, Any]] | None = None) -> RunFolder:
    run = RunFolder(root / "support-bot-1a2b3c4d5e")
    write_json(run.validation, validation())
    write_json(run.baseline / "metrics.json", baseline())
    write_json(run.evaluation / "metrics.json", evaluation(label, examples or make_examples()))
    write_bytes(run.adapter / "adapter_model.safetensors", bytes(range(256)) * 40)
    write_json(run.adapter / "adapter_config.json", {"peft_type": "LORA", "r": 16})
    _write_metrics(run)
    for step in (40, 80, 120):
        append_jsonl(run.events, {"time": 1.0, "kind": "sample", "step": step, **_sample(step)})
    return run


def validation() -> dict[str, Any]:
    return {
        "ok": True, "source": "data.jsonl", "format": "messages", "read": 2393, "accepted": 1204, "quarantined": 1189,
        "blank": 0, "reasons": {"duplicate": 1187, "empty_answer": 2}, "sha256": "a" * 64,
        "warnings": [{"message": "Two faulty rows were set aside, see quarantine.jsonl."}],
        "splits": {"train": 964, "validation": 120, "test": 120}, "test_rows_seen_in_train": 0,
        "tokens": {"examples": 1204, "total": 58211, "trained": 20114, "trained_share": 0.346, "p50": 41, "p95": 96,
                   "max": 311, "truncated": 0, "max_length": 512},
        "duplicates": {"exact": 1102, "near": 85, "conflicting_prompts": 31},
        "expectations": [
            {"expectation": "expect_column_values_to_be_null", "column": "structure_error", "severity": "critical",
             "success": True, "unexpected": 0, "reason": ""},
            {"expectation": "expect_column_mean_to_be_between", "column": "tokens", "severity": "warning",
             "success": False, "unexpected": None, "reason": "observed 9.2"},
        ],
        "gate": {"passed": True, "max_severity": "warning"},
    }  # fmt: skip


def baseline() -> dict[str, Any]:
    base = {"perplexity": 7.68, "tokens": 2011, "truncated": 0, "metrics": LEVELS["base"], "seconds": 61.0}
    candidates = [{"shots": 2, "score": 0.139, "reason": None}, {"shots": 4, "score": 0.158, "reason": None}]
    few = {"measured": True, "shots": 4, "score_on_validation": 0.158, "candidates": candidates, "perplexity": 6.9}
    return {
        "n": 100,
        "base": base,
        "few_shot": few | {"metrics": LEVELS["few_shot"]},
        "decoding": {"strategy": "greedy", "max_new_tokens": 128, "dtype": "float32"},
        "weak": ["questions of more than 9 words: chrf 0.081 against 0.150 for the rest (30 of 100 rows)"],
    }


def evaluation(label: str, examples: list[dict[str, Any]]) -> dict[str, Any]:
    value, low, high = INTERVALS[label]
    levels = LEVELS["tuned"] | {"chrf": LEVELS["base"]["chrf"] + value}
    tuned = {"perplexity": 3.6, "tokens": 2011, "truncated": 0, "metrics": levels, "seconds": 55.0}
    perplexity = change(-0.531, -0.562, -0.501) | {"value_kind": "relative", "p_adjusted": 0.0002}
    primary = change(value, low, high)
    others = {
        "token_f1": change(0.084, 0.05, 0.121),
        "rouge_l": change(0.078, 0.045, 0.11),
        "exact_match": change(0.04, None, None) | {"p_value": None, "reason": "too few examples changed"},
    }
    return {
        "n": 100, "primary_metric": "chrf", "tuned": tuned,
        "change": {"chrf": primary, **others, "perplexity": perplexity},
        "versus_few_shot": {"chrf": change(value - 0.02, low - 0.02, high - 0.02)},
        "wins": {"better": 61, "same": 21, "worse": 18},
        "detectable": {"chrf": 0.044, "token_f1": 0.05, "rouge_l": 0.05, "exact_match": None},
        "verdict": {"label": label, "reason": REASONS[label], "primary_metric": "chrf",
                    "accept": {"perplexity": {"wanted": "-30%", "got": -0.531, "met": True, "next_step": ""},
                               "exact_match": {"wanted": ">=0.5", "got": None, "met": None, "next_step": ""}}},
        "base_recheck": {"rows": 100, "max_abs_difference": 0.0, "tolerance": 0.001},
        "examples": examples, "examples_rule": "The 4 best, the 4 worst and 4 drawn at random (seed 17).",
    }  # fmt: skip


def change(value: float | None, low: float | None, high: float | None) -> dict[str, Any]:
    return {"value": value, "value_kind": "absolute", "ci_low": low, "ci_high": high, "p_value": 0.0004,
            "p_adjusted": 0.0011, "n": 100, "units": 96, "changed": 79, "reason": None}  # fmt: skip


def make_examples(count: int = 12) -> list[dict[str, Any]]:
    found = []
    for index in range(count):
        prompt, base, tuned = ANSWERS[index % len(ANSWERS)]
        turns = [{"role": "user", "content": prompt}]
        found.append(
            {"id": str(index + 1), "prompt": turns, "base": base, "few_shot": base, "tuned": tuned, "reference": tuned,
             "chosen": ("best", "random", "worst")[index // 4], "scores": {"base": 0.12, "few_shot": 0.2, "tuned": 0.7}}
        )  # fmt: skip
    return found


def make_facts(**changes: Any) -> dict[str, Any]:
    facts = {
        "run_id": "support-bot-1a2b3c4d5e", "status": "completed",
        "duration": {"validate-data": 8.4, "baseline-eval": 190.0, "train": 412.0, "eval": 96.5},
        "interruptions": [{"stage": "train", "attempt": 1, "step": 57, "cause": "The worker was killed (signal 9)",
                           "lost_steps": 7, "resumed_after_s": 12.3}],
        "cost": {"currency": "USD", "estimated": 0.0, "actual": 0.0},
        "training": {"engine": "trl", "method": "lora", "preset": "balanced", "steps": 160, "seed": 17,
                     "tokens": 116000, "tokens_per_second": 281.4, "resumed_from": 50, "best_step": 140},
        "lineage": {"base_model": "smollm2-135m", "base_sha256": "b" * 64, "code_version": "0.1.0+6ca6a2c",
                    "base_description": "SmolLM2-135M-Instruct, dequantised from the 4-bit weights of a package",
                    "packages": {"torch": "2.13.0", "peft": "0.21.0"}, "split_sha256": {"train": "c" * 64}},
        "adapter_sha256": "d" * 64, "links": {"mlflow": "sqlite:///mlflow.db run 12ab", "prefect": None},
    }  # fmt: skip
    return facts | changes


def _sample(step: int) -> dict[str, str]:
    prompt, base, tuned = ANSWERS[0]
    return {"prompt": prompt, "output": base if step < 100 else tuned, "reference": tuned}


def _write_metrics(run: RunFolder) -> None:
    columns = ("step", "attempt", "train_loss", "validation_loss", "learning_rate", "grad_norm", "perplexity")
    with run.metrics.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for step in range(5, 165, 5):
            loss = 1.1 + 1.3 * math.exp(-step / 45) + 0.05 * math.sin(step)
            row = {"step": step, "attempt": 1 + (step > 50), "train_loss": loss, "learning_rate": 2e-4}
            if step % 20 == 0:
                row["validation_loss"] = 1.25 + math.exp(-step / 50) + 0.001 * step
            writer.writerow(row)
