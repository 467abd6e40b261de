"""A cable that can be pulled: TCP from a free port to a target, while it is on."""

import contextlib
import selectors
import socket
import threading
from typing import cast


class Proxy:
    """Put between a pod and what it talks to. While `off`, connections are cut and new ones refused at once."""

    def __init__(self, host: str, port: int):
        self.target = (host, port)
        self.on = True
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        self.on = False
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.on = True

    def close(self) -> None:
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            if not self.on:
                return
            with socket.create_connection(self.target) as target:
                with self._lock:
                    self._open |= {client, target}
                try:
                    self._copy(client, target)
                finally:
                    with self._lock:
                        self._open -= {client, target}

    def _copy(self, client: socket.socket, target: socket.socket) -> None:
        """Both ways, until either end is closed."""
        other = {client: target, target: client}
        with selectors.DefaultSelector() as ready:
            for end in other:
                ready.register(end, selectors.EVENT_READ)
            while self.on:
                for key, _ in ready.select(timeout=0.5):
                    end = cast(socket.socket, key.fileobj)
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)
