"""The page with the model behind it, served to one user on this machine and to nobody else.

The server listens on the loopback address only. Every address contains a random token; the Host
and Origin of a request have to be the server's own, so that no other page can speak to it, by
whatever name it reaches this machine. Only GET is answered, and nothing is kept of a request. A
page that is open holds one request, `alive`; when the last one is closed, the server stops.
"""

from __future__ import annotations

import json
import secrets
import select
import sys
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tcpmc.errors import BadInput, one_line
from tcpmc.reports.saved import LONGEST
from tcpmc.web.live import LiveModels

HOST = "127.0.0.1"
GRACE = 3.0
"""Seconds that the server outlives its last page, which may only be loading anew."""
MOST_PAGES, MOST_REQUESTS, PATIENCE = 16, 64, 10.0
HTML, JSON = "text/html; charset=utf-8", "application/json"
EVENTS = "text/event-stream"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
Query = dict[str, list[str]]


class Server(ThreadingHTTPServer):
    """Serves one page until its last reader leaves. Raises OSError where the port is in use."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        live: LiveModels,
        port: int = 0,
        grace: float = GRACE,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`tell` is told of errors, a line each."""
        self.live, self.token, self.grace, self.tell = live, secrets.token_urlsafe(24), grace, tell
        self.slots = threading.BoundedSemaphore(MOST_REQUESTS)
        self._pages = 0
        self._lock = threading.Lock()
        self._farewell: threading.Timer | None = None
        super().__init__((HOST, port), Handler)

    @property
    def authority(self) -> str:
        """The host and port, as a request names them."""
        return f"{HOST}:{self.server_port}"

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{self.authority}/{self.token}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, while there are not too many."""
        if self.slots.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and make room for another request."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """One line; a reader who leaves in the middle of an answer is no error."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.tell(f"internal error, please report it: {one_line(error)}")

    def arrived(self) -> bool:
        """A page is open; False where too many are."""
        with self._lock:
            if self._pages >= MOST_PAGES:
                return False
            self._pages += 1
            if self._farewell is not None:
                self._farewell.cancel()
            return True

    def left(self) -> None:
        """A page is closed; with the last one, the server is."""
        with self._lock:
            self._pages -= 1
            if self._pages == 0:
                self._farewell = threading.Timer(self.grace, self.shutdown)
                self._farewell.daemon = True
                self._farewell.start()


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Server
    timeout = PATIENCE
    server_version, sys_version = "tcpmc", ""

    def do_GET(self) -> None:
        """The page, what follows a path, a path as a file, or a sign of life."""
        address, _, query = self.path.partition("?")
        token, _, name = address.removeprefix("/").partition("/")
        if not self._is_ours():
            self.send_error(HTTPStatus.FORBIDDEN)
        elif not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self.send_error(HTTPStatus.NOT_FOUND)
        elif name == "alive":
            self._stay()
        elif name in ANSWERS:
            self._answer(ANSWERS[name], query)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _is_ours(self) -> bool:
        """Whether the request is for this server by its own name, and from no other page."""
        own = self.server.authority
        return (
            self.headers.get_all("Host", []) == [own]
            and self.headers.get_all("Origin", [f"http://{own}"]) == [f"http://{own}"]
            and self.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
        )

    def _answer(self, answer: Callable[[LiveModels, Query], tuple[str, str]], query: str) -> None:
        status = HTTPStatus.OK
        try:
            content_type, content = answer(self.server.live, parse_qs(query, max_num_fields=4))
        except (BadInput, ValueError, IndexError, KeyError) as error:
            message = str(error) if isinstance(error, BadInput) else "there is no such question"
            status, content_type = HTTPStatus.BAD_REQUEST, JSON
            content = json.dumps({"error": message})
        body = content.encode()
        self._head(status, content_type, len(body))
        self.wfile.write(body)

    def _stay(self) -> None:
        """Hold the request until the page is closed."""
        if not self.server.arrived():
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self._head(HTTPStatus.OK, EVENTS)
            self.wfile.write(b": here\n\n")
            select.select([self.connection], [], [])  # readable: the other side has closed it
        finally:
            self.server.left()

    def _head(self, status: HTTPStatus, content_type: str, length: int | None = None) -> None:
        self.send_response(status)
        given = {"Content-Type": content_type} | HEADERS
        if length is not None:
            given["Content-Length"] = str(length)
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the terminal is the user's."""


def _path(query: Query) -> list[int]:
    words = query.get("path", [""])[0].split(".", LONGEST + 1)
    return [int(word) for word in words if word]


def _page(live: LiveModels, query: Query) -> tuple[str, str]:
    return HTML, live.page()


def _view(live: LiveModels, query: Query) -> tuple[str, str]:
    path = _path(query)
    at = int(query["at"][0]) if "at" in query else len(path)
    return JSON, json.dumps(live.view(_model(live, query), path, at))


def _way(live: LiveModels, query: Query) -> tuple[str, str]:
    return JSON, json.dumps(live.way(_model(live, query), query["state"][0]))


def _save(live: LiveModels, query: Query) -> tuple[str, str]:
    return JSON, live.save(_model(live, query), _path(query))


def _model(live: LiveModels, query: Query) -> int:
    number = int(query["model"][0])
    if not 0 <= number < len(live.models):
        raise IndexError
    return number


ANSWERS: dict[str, Callable[[LiveModels, Query], tuple[str, str]]] = {
    "": _page,
    "view": _view,
    "way": _way,
    "path.json": _save,
}
