"""A cable that can be pulled: TCP from a free port to a target, while it is on."""

import contextlib
import selectors
import socket
import threading
from typing import cast

LOOK_EVERY_S = 0.05


class Proxy:
    """Put between a pod and what it talks to. After `cut` not a byte passes; connections are closed, new ones too."""

    def __init__(self, host: str, port: int):
        self.target = (host, port)
        self._on = True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self._on = False

    def mend(self) -> None:
        self._on = True

    def close(self) -> None:
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if self._on:
                with socket.create_connection(self.target) as target:
                    self._copy({client: target, target: client})

    def _copy(self, other: dict[socket.socket, socket.socket]) -> None:
        """Both ways, until either end is closed or the cable is cut."""
        with selectors.DefaultSelector() as ready:
            for end in other:
                ready.register(end, selectors.EVENT_READ)
            while self._on:
                for key, _ in ready.select(LOOK_EVERY_S):
                    end = cast(socket.socket, key.fileobj)
                    data = end.recv(65536)
                    if not data or not self._on:
                        return
                    other[end].sendall(data)
