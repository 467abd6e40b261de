"""The log of a pod as server-sent events."""

from collections.abc import Callable, Iterator

import orjson

from luthier.rehearsal.cloud.logs import KEPT, Line
from luthier.rehearsal.cloud.pod import Pod

KEEP_ALIVE_S = 0.5
DEFAULT_TAIL = 100


class InvalidQuery(Exception):
    """A parameter of the wrong shape; REST answers 422 with these words."""


def stream(pod: Pod, asked: dict[str, str], last_event_id: str, closing: Callable[[], bool]) -> Iterator[bytes]:
    """A backlog, then what comes; like the real one it does not end while the pod is there. Raises InvalidQuery.

    The backlog is what came after `last_event_id`, else after the date `since`, else the last `tail` lines.
    """
    source = asked.get("source")
    if source not in (None, "container", "system"):
        raise InvalidQuery("$.source: not one of container, system")
    kept = pod.logs.after(0)
    backlog = _backlog([line for line in kept if source in (None, line.source)], asked, last_event_id)
    return _events(pod, source, backlog, kept[-1].number if kept else 0, closing)


def _backlog(lines: list[Line], asked: dict[str, str], last_event_id: str) -> list[Line]:
    tail = asked.get("tail", str(DEFAULT_TAIL))
    if not tail.isdigit() or int(tail) > KEPT:
        raise InvalidQuery(f"$.tail: not a number from 0 to {KEPT}")
    if last_event_id:
        number = last_event_id.rpartition("/")[2]
        return [line for line in lines if number.isdigit() and line.number > int(number)]
    if since := asked.get("since"):
        return [line for line in lines if line.ts > since]
    return lines[max(0, len(lines) - int(tail)) :]


def _events(
    pod: Pod, source: str | None, backlog: list[Line], last: int, closing: Callable[[], bool]
) -> Iterator[bytes]:
    yield from map(_event, backlog)
    while not closing() and not pod.gone:
        pod.logs.wait(last, KEEP_ALIVE_S)
        fresh = pod.logs.after(last)
        yield from (_event(line) for line in fresh if source in (None, line.source))
        last = fresh[-1].number if fresh else last
        yield b": keep-alive\n\n"


def _event(line: Line) -> bytes:
    data = orjson.dumps({"ts": line.ts, "source": line.source, "line": line.text})
    return f"id: {line.id}\ndata: {data.decode()}\n\n".encode()
