"""What goes wrong, told in advance: each fault is used up as often as it was ordered, in that order."""

import threading
from dataclasses import dataclass
from typing import Literal, get_args

Operation = Literal["create", "get", "list", "terminate", "stop", "resume", "logs", "quote", "account", "billing"]
WireFault = Literal["429", "500", "502", "503", "reset", "hang", "errors"]
Refused = Literal["capacity", "balance"]
PodFault = Literal["never_ready", "image_fails"]
Kind = WireFault | Refused | PodFault
WIRE: tuple[WireFault, ...] = get_args(WireFault)
REFUSED: tuple[Refused, ...] = get_args(Refused)
PODS: tuple[PodFault, ...] = get_args(PodFault)


@dataclass
class Fault:
    """on: the call that it befalls, None for any; pods and refusals are always of `create`.

    `errors`: GraphQL's own way, status 200 and the message of an internal error. carried_out: the call is obeyed
    first, and only its answer is lost. seconds: how long `hang` hangs, or what `429` says in Retry-After.
    """

    kind: Kind
    on: Operation | None = None
    times: int = 1
    carried_out: bool = False
    seconds: float = 1


class Faults:
    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: Kind,
        on: Operation | None = None,
        times: int = 1,
        carried_out: bool = False,
        seconds: float = 1,
    ) -> None:
        """The next `times` calls of `on` meet this. Raises ValueError for an unknown kind or call."""
        if kind not in (*WIRE, *REFUSED, *PODS):
            raise ValueError(f"unknown fault: {kind}")
        if on is not None and on not in get_args(Operation):
            raise ValueError(f"unknown call: {on}")
        with self._lock:
            self._waiting.append(Fault(kind, on, times, carried_out, seconds))

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, kinds: tuple[str, ...], operation: Operation) -> Fault | None:
        """The first of these kinds that waits for this call; it counts as used."""
        with self._lock:
            for fault in self._waiting:
                if fault.kind in kinds and fault.on in (None, operation):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None
