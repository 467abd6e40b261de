"""Ports that stay the same from one `luthier up` to the next, so that bookmarks and links of reports stay good."""

import socket

from flows.server import LOOPBACK, free_port
from luthier.settings import Settings
from luthier.storage import read_json, write_json


def usual_port(settings: Settings, service: str, asked: int) -> int:
    """The port that was asked for, else the last one if nobody has it now, else a free one."""
    record = settings.root / "ports.json"
    known = read_json(record) if record.exists() else {}
    port = asked or known.get(service, 0)
    if not asked and not (port and _is_free(port)):
        port = free_port()
    write_json(record, known | {service: port})
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
