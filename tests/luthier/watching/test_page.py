"""The page of a run, from folders as a run leaves them."""

import time

import pytest

from luthier import status
from luthier.compute.job import Job
from luthier.history import RunHistory
from luthier.run_folder import RunFolder
from luthier.storage import append_jsonl, write_json
from luthier.watching import page
from luthier.watching.markdown import safe

NOW = 1_800_000_000.0
LIKELY = {"baseline": 10.0, "training": 100.0, "evaluation": 20.0}


@pytest.fixture
def run(tmp_path) -> RunFolder:
    folder = RunFolder(tmp_path / "support-bot-1")
    folder.root.mkdir()
    lines = [
        {"name": name, "seconds": {"low": likely / 2, "likely": likely, "high": 2 * likely}}
        for name, likely in LIKELY.items()
    ]
    write_json(folder.estimate, {"planned": ["local"], "options": {"local": {"lines": lines}}, "usd": None})
    status.begin(folder, "ada", "prefect", "flow")
    folder.complete("validate-data", "key", {}, 3.0)
    folder.complete("baseline-eval", "key", {}, 12.0)
    return folder


def training(run: RunFolder, since: float = 50, done: int = 10) -> None:
    """Under way for `since` seconds, at step `done` of 20; the first step was five seconds after its begin."""
    job = Job(kind="train", attempt=1, run=run.root, models=run.root)
    write_json(run.attempt(1).job, job.model_dump(mode="json"))
    began = NOW - since
    tell(run, began, "stage", stage="train", state="started")
    tell(run, began, "phase", attempt=1, name="tokenising")
    tell(run, began + 2, "phase", attempt=1, name="loading model")
    tell(run, began + 5, "phase", attempt=1, name="training")
    for step in (0, done):
        at = began + 5 + (since - 5) * step / max(done, 1)
        tell(run, at, "progress", attempt=1, done=step, total=20, unit="step", text="")
        tell(run, at, "metrics", attempt=1, step=step, train_loss=2.0, learning_rate=1e-4)


def tell(run: RunFolder, at: float, kind: str, **fields) -> None:
    append_jsonl(run.events, {"time": at, "kind": kind, **fields})


def shown(run: RunFolder) -> str:
    with run.locked():
        return page(run, NOW)


def test_a_pause_is_said_first(run):
    training(run)
    tell(run, NOW - 5, "paused", attempt=1, reason="on battery")
    first = shown(run).splitlines()[0]
    since = time.strftime("%H:%M", time.localtime(NOW - 5))
    assert first == f"## Paused since {since}: on battery. It goes on by itself: train, 10 of 20 step."
    tell(run, NOW, "continued", attempt=1, reason="on battery", seconds=5.0)
    assert "Running: train" in shown(run)


def test_it_says_where_it_is_and_when_it_is_done(run):
    training(run)
    first = shown(run).splitlines()[0]
    assert first.startswith("## Running: train, 10 of 20 step.")
    done = time.strftime("%H:%M", time.localtime(NOW + 45 + 20))  # ten steps of 4.5 s, and the evaluation
    assert f"Done at about {done}, in 1 min 05 s." in first


def test_stages_have_expected_and_actual_time_and_training_its_phases(run):
    training(run)
    text = shown(run)
    assert "| baseline-eval | done | 10 s (5.0 s to 20 s) | 12 s |" in text
    assert "| train | under way | 1 min 40 s (50 s to 3 min 20 s) | 50 s |" in text
    assert "| … model loading |  | - | 3.0 s |" in text and "| … training |  | - | 45 s |" in text
    assert "| eval | waiting |" in text


def test_curves_come_as_pictures(run):
    training(run)
    assert shown(run).count("](data:image/svg+xml;base64,") == 2


def test_a_gpu_is_shown_while_it_is_told_of(run):
    training(run)
    assert "GPU" not in shown(run)
    gpu = {"memory_gb": 11.5, "memory_total_gb": 80.0, "utilisation": 97}
    write_json(run.attempt(1).heartbeat, {"pid": 1, "time": NOW - 1, "gpu": gpu})
    assert "**GPU** 11.5 of 80.0 GB, 97 % busy" in shown(run)
    write_json(run.attempt(1).heartbeat, {"pid": 1, "time": NOW - 100, "gpu": gpu})
    assert "GPU" not in shown(run)


def test_interruptions_are_listed(run):
    training(run)
    RunHistory(run).interrupted("train", 1, "It was killed")
    assert "train, attempt 1: It was killed" in shown(run)


def test_a_failed_run_says_the_cause_and_the_fix(run):
    training(run)
    write_json(run.failure, {"what": "the disk is full", "why": "No room", "fix": "Make room.", "where": "home"})
    status.end(run, "failed", "the disk is full")
    text = page(run, NOW)
    assert text.startswith("## Failed. the disk is full No room Make room. (key: home)")
    assert "| train | stopped |" in text


def test_one_whose_process_is_gone_is_crashed(run):
    assert page(run, NOW).startswith("## Crashed. Its process is gone. Start it again")


@pytest.mark.parametrize(
    "text", ["<img src=x onerror=alert(1)>", "a | b", "[x](http://evil)", "`code`", "![i](x)", "# head\n\n- x", "&lt;"]
)
def test_texts_of_data_and_models_stay_texts(run, text):
    training(run)
    tell(run, NOW, "sample", attempt=1, step=10, prompt=text, output=text, reference=text)
    row = shown(run).split("| Wanted |\n")[1].splitlines()[1]
    assert row.count("|") == 4
    assert not set("<>[]`!") & set(row)


def test_safe_is_what_html_shows_again():
    import html

    text = "a_b *c* <d> |e| www.f.g [h](i) & 'j'"
    assert html.unescape(safe(text)) == text


def test_other_pieces_are_told(run):
    training(run)
    RunHistory(run).cut(1, 10, "training.micro_batch_tokens", 1024, 512)
    told = safe("from step 10 on training.micro_batch_tokens is 512 instead of 1024")
    assert f"**Memory** {told}" in shown(run)
