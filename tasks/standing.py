"""How a run stands, written down as it begins and ends, whatever ends it."""

from collections.abc import Iterator
from contextlib import contextmanager

from luthier import status
from luthier.errors import Rejected, WaitsForApproval
from luthier.failures import record
from luthier.failures.words import markdown
from luthier.history import RunHistory
from luthier.run import Run
from luthier.secrets import redact
from tasks import artifacts, leaving


@contextmanager
def standing(run: Run, by: str, how: status.How, flow_run: str) -> Iterator[None]:
    """Keep `status.json`, `failure.json` and the events started and ended around the block, inside the run's lock."""
    history = RunHistory(run.folder)
    status.begin(run.folder, by, how, flow_run)
    history.tell("started", by=by, how=how, flow_run=flow_run)
    state, why = "completed", ""
    try:
        yield
        run.folder.failure.unlink(missing_ok=True)
    except WaitsForApproval as waiting:
        state, why = "waiting", str(waiting)
        raise
    except Rejected as no:
        state, why = "cancelled", str(no)
        raise
    except Exception as error:
        told = record.keep(run.folder, error)
        state, why = "failed", told["message"]
        artifacts.markdown(f"failure-{run.folder.run_id}", markdown(told))
        raise
    except SystemExit:  # its worker is gone, and with it the pipe that its output went to
        state, why = "crashed", "Its worker is gone"
        raise
    except BaseException:  # Ctrl-C, or Prefect's signal that ends a flow run
        state, why = ("waiting", leaving.WHY) if leaving.notice(run.settings).exists() else ("cancelled", "")
        raise
    finally:
        history.tell("ended", state=state, why=redact(why))
        status.end(run.folder, state, redact(why))
