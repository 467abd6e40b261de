"""Telling people while a run is going on, which never fails or delays it."""

from typing import Any

from prefect import get_run_logger

from luthier.notify.outbox import Outbox
from luthier.notify.recipients import check_people
from luthier.notify.tell import deliver_in_background, put
from luthier.notify.wording import Said, event_id, of_run
from luthier.people import Kind
from luthier.run import Run
from luthier.secrets import redact


def ready_to_tell(run: Run) -> None:
    """Open the outbox, so that whatever happens from now on is told, and send what an earlier process left there.

    Raises SpecError where the spec names somebody unknown.
    """
    check_people(run.asked.notify, run.settings)
    if not run.settings.channels:
        return
    try:
        Outbox(run.settings)
        deliver_in_background(run.settings)
    except Exception as error:  # as below
        get_run_logger().warning("nobody can be told: %s", redact(str(error)))


def tell(run: Run, kind: Kind, key: str, text: str = "", fix: str = "", **details: Any) -> None:
    """Tell whoever wants to know. `key` makes the message one of its own within run and kind: the same key twice
    tells once.

    text: what happened, a sentence or two; fix: what to do; details: more lines, as `usd_per_hour="1.20"`. The message
    is kept before this returns, and sent in the background.
    """
    try:
        if not run.settings.channels:
            return
        message = of_run(event_id(run.folder, kind, key), kind, run.folder, run.asked, Said(text, fix, details))
        if put(message, run.asked.notify, run.settings):
            deliver_in_background(run.settings)
    except Exception as error:  # nobody's training ends because a message could not be written
        get_run_logger().warning("nobody could be told (%s): %s", kind, redact(str(error)))
