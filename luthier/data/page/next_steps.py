"""What a person does next, in the order in which to do it."""

from typing import Any


def next_steps(found: dict[str, Any], has_examples: bool) -> list[str]:
    return _mend(found) if not found["ok"] else _go_on(found, has_examples)


def _mend(found: dict[str, Any]) -> list[str]:
    steps = []
    if rows := found["faulty_rows"]:
        steps.append(f"Mend the faulty rows ({rows:,}) in the file, or leave them out: data.on_bad_rows: quarantine.")
    steps += [f"Mend this: {problem}" for problem in found["problems"][:5]]
    return [*steps, "Then look again: luthier check with your spec."]


def _go_on(found: dict[str, Any], has_examples: bool) -> list[str]:
    steps = []
    if has_examples:
        steps.append("Read ten of the examples at the end of this page. Would you want the model to answer like that?")
    if found["quarantined"]:
        steps.append(f"See whether the {found['quarantined']:,} rows that were set aside may be missing.")
    rows, minimum = found["task"].get("rows"), found["task"].get("minimum")
    if rows is not None and minimum and rows < minimum:
        steps.append(f"More rows may help: there are {rows:,}; a rule of thumb for this task is {minimum:,}.")
    if found["approval"].get("needed"):
        return [*steps, "Approve the data; nothing is trained on it before."]
    return [*steps, "Try a few rows first: luthier run with your spec and --sample 30. Then the same without --sample."]
