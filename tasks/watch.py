"""A stage as people see it: terminal, Prefect log, progress artifact, MLflow."""

import time
from types import TracebackType

from prefect import get_run_logger

from luthier.events import Event
from luthier.history import interruptions, write_metrics
from luthier.run import Run
from luthier.stages import JOBS
from tasks import artifacts
from tasks.alarms import alarm, out_of_money
from tasks.pace import Pace, in_words
from tasks.terminal import display
from tasks.track import tolerant_tracker

SHOW_EVERY_S = 3
COPY_EVERY_S = 15


class Watcher:
    """Shows the events of one stage; use as a context manager."""

    def __init__(self, stage: str, run: Run):
        self.stage = stage
        self.run = run
        self.log = get_run_logger()
        self.display = display(stage)
        self.artifact = artifacts.progress(f"progress-{stage}-{run.folder.run_id}", f"{stage}: starting")
        self.shown = self.copied = 0.0
        self.percent = 0.0
        self.pace, self.cost, self.resumed_at = Pace(), "", ""

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        if error is None:
            artifacts.update_progress(self.artifact, 100.0, f"{self.stage}: done")
        else:
            artifacts.update_progress(self.artifact, self.percent, f"{self.stage}: {error}")
            out_of_money(self.run, error)
        self.display.close()

    def show(self, event: Event) -> None:
        handler = getattr(self, f"_on_{event['kind']}", None)
        if handler:
            handler(event)
        alarm(self.run, self.stage, event)

    def say(self, text: str) -> None:
        """One line for people: terminal and Prefect log."""
        self.display.line(text)
        self.log.info(text)

    def _on_phase(self, event: Event) -> None:
        self.say(event["name"])

    def _on_progress(self, event: Event) -> None:
        done, total = event["done"], event["total"]
        text = f"{event.get('unit', '')} {event.get('text', '')}".strip()
        self.pace.feed(event.get("time") or time.time(), done, event.get("attempt"))
        self.display.progress(done, total, text)
        self.percent = 100.0 * done / max(total, 1)
        if done == total or time.monotonic() - self.shown > SHOW_EVERY_S:
            self.shown = time.monotonic()
            artifacts.update_progress(self.artifact, self.percent, self._told(f"{done}/{total} {text}", total - done))

    def _told(self, progress: str, left: int) -> str:
        """A line that alone answers how it stands: progress, time left, interruptions, money."""
        seconds = self.pace.left_s(self.pace.newest[1] + left)
        parts = [progress, f"{in_words(seconds)} left" if left and seconds is not None else ""]
        deaths = sum(death["stage"] == JOBS.get(self.stage) for death in interruptions(self.run.folder))
        parts += [f"interrupted {deaths}×{self.resumed_at}" if deaths else "", self.cost]
        return f"{self.stage}: {' · '.join(part for part in parts if part)}"

    def _on_metrics(self, event: Event) -> None:
        if time.monotonic() - self.copied > COPY_EVERY_S:
            self.copy_metrics()

    def copy_metrics(self) -> None:
        """The metrics so far, to `metrics.csv` and MLflow."""
        self.copied = time.monotonic()
        rows = write_metrics(self.run.folder)
        tolerant_tracker(self.run, lambda tracker: tracker.sync_metrics(rows[:-1]))  # the newest may get more values

    def _on_checkpoint(self, event: Event) -> None:
        loss = event.get("validation_loss")
        self.say(f"checkpoint at step {event['step']}" + (f", validation loss {loss:.4f}" if loss is not None else ""))

    def _on_resumed(self, event: Event) -> None:
        self.resumed_at = f", resumed at step {event['step']}"
        self.say(f"resumed at step {event['step']} from {event['path']}")

    def _on_pod(self, event: Event) -> None:
        self.say(event["text"])
        if not self.percent:
            artifacts.update_progress(self.artifact, 0.0, self._told(event["text"], 0))

    def _on_cost(self, event: Event) -> None:
        self.cost = f"${event['usd']:.2f} so far"

    def _on_passed_over(self, event: Event) -> None:
        self.say(f"passed over {event['path']}: {event['reason']}")

    def _on_early_stop(self, event: Event) -> None:
        self.say(f"stopped early at step {event['step']}; the best was step {event['best_step']}")

    def _on_sample(self, event: Event) -> None:
        prompt, output = (" ".join(event[name].split()) for name in ("prompt", "output"))
        self.log.info("step %s: %s → %s", event["step"], prompt, output)

    def _on_paused(self, event: Event) -> None:
        self.say(f"paused: {event['reason']}")
        artifacts.update_progress(self.artifact, self.percent, f"{self.stage}: paused: {event['reason']}")

    def _on_continued(self, event: Event) -> None:
        self.say(f"goes on after {in_words(event['seconds'])}")

    def _on_warning(self, event: Event) -> None:
        self.say(f"warning: {event['text']}")
