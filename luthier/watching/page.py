"""The page of a run, in markdown: is it well, when is it done, what has it cost, what to do."""

import time
from collections.abc import Iterator
from typing import Any

from luthier import places, status
from luthier.compute.pods.record import Records, cost_usd
from luthier.events import Event
from luthier.failures.record import kept
from luthier.history import interruptions, metric_rows, paused
from luthier.reporting.charts import learning_rate_curve, loss_curve
from luthier.reporting.numbers import seconds
from luthier.run_folder import RunFolder
from luthier.spec_file import load_spec
from luthier.storage import read_json, read_jsonl
from luthier.watching import course
from luthier.watching.markdown import picture, safe, table

SAMPLES = 3
SILENT_GPU_S = 60


def page(run: RunFolder, now: float) -> str:
    """now: seconds since 1970."""
    events = read_jsonl(run.events) if run.events.exists() else []
    told = status.standing(run) or {"state": "running", "why": "", "since": now, "creator": "?"}
    working = told["state"] == "running"
    parts = course.stages(run, events, now, working)
    left = course.left_s(parts, events, now) if working else None
    sections = [
        f"## {_sentence(run, told, parts, events, left, now)}",
        _stages(parts, run, events, now, working),
        "\n".join(f"- {line}" for line in _facts(run, events, now, working)),
        *_curves(run),
        *_samples(events),
        *_links(run),
        f"*As of {time.strftime('%H:%M:%S', time.localtime(now))}; started by {safe(told['creator'])}.*",
    ]
    return "\n\n".join(section for section in sections if section)


def _sentence(
    run: RunFolder, told: dict[str, Any], parts: list[course.Part], events: list[Event], left: float | None, now: float
) -> str:
    state, why = told["state"], safe(told["why"], 600)
    if state == "running":
        stage = next((part.name for part in parts if part.state == "under way"), "between two stages")
        told_last = course.progress(events)[-1:]
        at = f", {told_last[0]['done']} of {told_last[0]['total']} {told_last[0].get('unit', '')}" if told_last else ""
        if pause := paused(events):
            since = time.strftime("%H:%M", time.localtime(pause["time"]))
            return f"Paused since {since}: {safe(pause['reason'])}. It goes on by itself: {stage}{at.rstrip()}."
        return f"Running: {stage}{at.rstrip()}. {_eta(left, now)}"
    if state == "completed":
        report = run.report / "report.json"
        verdict = read_json(report)["verdict"] if report.exists() else {"label": "done", "reason": ""}
        return f"Done: {safe(verdict['label'].replace('_', ' '))}. {safe(verdict['reason'])}"
    if state == "failed":
        return f"Failed. {_advice(run) or why}"
    again = {"waiting": "", "cancelled": "The same spec, started again, goes on from here.", "crashed": ""}
    return f"{state.capitalize()}. {why} {again.get(state, '')}".strip()


def _eta(left: float | None, now: float) -> str:
    if left is None:
        return "When it is done is not known yet."
    clock = time.strftime("%H:%M" if left < 12 * 3600 else "%a %d %b %H:%M", time.localtime(now + left))
    return f"Done at about {clock}, in {seconds(left)}."


def _advice(run: RunFolder) -> str:
    failure = kept(run)
    if failure is None:
        return ""
    texts = (failure.get("explanation") or failure["what"], failure["why"], failure.get("advice") or failure["fix"])
    where = f" (key: {safe(failure['where'])})" if failure.get("where") else ""
    return " ".join(safe(text, 600) for text in dict.fromkeys(texts) if text) + where


def _stages(parts: list[course.Part], run: RunFolder, events: list[Event], now: float, working: bool) -> str:
    rows = []
    for part in parts:
        rows.append([part.name, part.state, _span(part.expected), _time(part.actual)])
        if part.name == "train":
            spent = course.phases(run, events, now, working)
            rows += [[f"… {name}", "", "-", _time(spent.get(name))] for name in course.PHASES]
    return table(["Stage", "State", "Expected", "So far"], rows)


def _facts(run: RunFolder, events: list[Event], now: float, working: bool) -> Iterator[str]:
    yield f"**Cost** {_cost(run, now)}"
    gpu = _gpu(run, now) if working else None
    if gpu:
        busy = "" if gpu.get("utilisation") is None else f", {gpu['utilisation']:.0f} % busy"
        yield f"**GPU** {gpu['memory_gb']:.1f} of {gpu['memory_total_gb']:.1f} GB{busy}"
    deaths = interruptions(run)
    yield f"**Interruptions** {len(deaths) or 'none'}"
    for death in deaths[-3:]:
        lost = "" if death["lost_steps"] is None else f", {death['lost_steps']} steps lost"
        yield f"{death['stage']}, attempt {death['attempt']}: {safe(death['cause'])}{lost}"
    yield from (f"**Memory** {safe(event['text'])}" for event in events if event["kind"] == "pieces")
    yield from (f"**Warning** {safe(event['text'])}" for event in events[-200:] if event["kind"] == "warning")


def _cost(run: RunFolder, now: float) -> str:
    spec = load_spec(run.spec) if run.spec.exists() else None
    if spec is None or spec.compute.provider == "local":
        return "nothing: it runs on this machine"
    told = f"${cost_usd(Records(run).all(), now):.2f} so far"
    usd = read_json(run.estimate).get("usd") if run.estimate.exists() else None
    estimated = f", estimated ${usd['low']:.2f} to {usd['high']:.2f}, likely {usd['likely']:.2f}" if usd else ""
    limit = spec.budget.max_usd
    return told + estimated + (f", limit ${limit:.2f}" if limit is not None else "")


def _gpu(run: RunFolder, now: float) -> dict[str, Any] | None:
    """What the newest worker told of its GPU with its last heartbeat."""
    for number in run.attempt_numbers()[-1:]:
        beat = run.attempt(number).heartbeat
        told = read_json(beat) if beat.exists() else {}
        if told.get("gpu") and now - told["time"] < SILENT_GPU_S:
            return told["gpu"]
    return None


def _curves(run: RunFolder) -> list[str]:
    rows = metric_rows(run) if run.events.exists() else []
    if not rows:
        return []
    lost = [death["step"] for death in interruptions(run) if death["step"] is not None]
    loss, rate = picture(loss_curve(rows, lost), "Loss by step"), picture(learning_rate_curve(rows), "Learning rate")
    return [loss, rate]


def _samples(events: list[Event]) -> list[str]:
    told = [event for event in events if event["kind"] == "sample"]
    newest = [event for event in told if event["step"] == told[-1]["step"]][-SAMPLES:] if told else []
    if not newest:
        return []
    rows = [[safe(each["prompt"]), safe(each["output"]), safe(each.get("reference", ""))] for each in newest]
    return [f"### Answers at step {newest[0]['step']}", table(["Asked", "Answered", "Wanted"], rows)]


def _links(run: RunFolder) -> list[str]:
    """Addresses that browsers open, then files: a page that came over http may not open those."""
    seen = [link for link in places.links(run) if link.label != "Prefect"]  # that is where the page is
    opened = [f"- [{link.label}]({link.target})" for link in seen if link.is_web]
    named = [f"- {link.label}: `{link.target}`" for link in seen if not link.is_web]
    named += [f"- Data page: `{run.page}`"] if run.page.exists() else []
    return ["### See also", "\n".join(opened + named)] if opened or named else []


def _span(expected: dict[str, float] | None) -> str:
    if expected is None:
        return "-"
    return f"{seconds(expected['likely'])} ({seconds(expected['low'])} to {seconds(expected['high'])})"


def _time(actual: float | None) -> str:
    return "-" if actual is None else seconds(actual)
