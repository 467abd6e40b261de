"""The HTTP server: GraphQL, REST v2, a REST v1 that is gone, and the controls of whoever rehearses."""

import json
import socket
import threading
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from luthier.rehearsal.cloud import control_wire, graphql_wire
from luthier.rehearsal.cloud.answers import Dropped, problem
from luthier.rehearsal.cloud.rest_wire import Rest

if TYPE_CHECKING:
    from luthier.rehearsal.cloud.cloud import Cloud

CONTROLS = "/__fake__"


class Server:
    """Listens on a free loopback port from the start until `stop`. `reachable` False: every call is cut off."""

    def __init__(self, cloud: "Cloud", port: int = 0):
        self.cloud = cloud
        self.reachable = True
        self.rest = Rest(cloud.provider, cloud.quota, lambda: self._server.should_exit)
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(self._app(), http="h11", ws="none", lifespan="off", log_level="critical")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()

    def drop(self, client: tuple[str, int]) -> None:
        """Close the connection from this address."""
        for connection in list(self._server.server_state.connections):
            if connection.client == tuple(client) and connection.transport:  # type: ignore[union-attr]
                connection.transport.abort()  # type: ignore[union-attr]

    def _app(self) -> Any:
        routes = [
            Route("/graphql", self._graphql, methods=["POST"]),
            Route("/v1/{rest:path}", self._gone, methods=["GET", "POST", "PATCH", "DELETE"]),
            Route("/v2/{rest:path}", self._v2, methods=["GET", "POST", "DELETE"]),
            Route(CONTROLS + "/{what}", self._control, methods=["GET", "POST"]),
        ]
        starlette = Starlette(routes=routes, exception_handlers={HTTPException: _http_error})

        async def app(scope: Any, receive: Any, send: Any) -> None:
            scope["state"] = {"drop": self.drop}
            inside: Any = starlette if self.reachable or scope["path"].startswith(CONTROLS) else Dropped()
            await inside(scope, receive, send)

        return app

    async def _graphql(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        return await run_in_threadpool(graphql_wire.reply, self.cloud.provider, request, body)

    async def _gone(self, request: Request) -> Response:
        return problem(410, "REST v1 is retired; use v2")

    async def _v2(self, request: Request) -> Response:
        return await run_in_threadpool(self.rest.reply, request, await request.body())

    async def _control(self, request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(control_wire.reply, self.cloud, request.path_params["what"], body)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail)
