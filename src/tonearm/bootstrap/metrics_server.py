"""A door for metrics alone, in a process that serves nothing else."""

import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tonearm.domain.errors import UnavailableError
from tonearm.ops.prometheus import Exposition

_PATIENCE_SECONDS = 10


def serve_metrics(exposition: Exposition, host: str, port: int) -> ThreadingHTTPServer:
    """Answer `/metrics` in threads until the server is shut down; raises UnavailableError where the port is taken."""

    class Handler(BaseHTTPRequestHandler):
        timeout = _PATIENCE_SECONDS

        def do_GET(self) -> None:
            if self.path != "/metrics":
                self._answer(HTTPStatus.NOT_FOUND)
            elif not exposition.admits(self.headers.get("Authorization")):
                self._answer(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
            else:
                body, media_type = exposition.render(self.headers.get("Accept"))
                self._answer(HTTPStatus.OK, body, {"Content-Type": media_type})

        def version_string(self) -> str:
            return "Tonearm"

        def log_message(self, *_arguments: object) -> None:
            """Keep standard error for what somebody should read."""

        def _answer(
            self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None
        ) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    try:
        server = Server((host, port), Handler)
    except OSError as error:
        raise UnavailableError(
            f"Port {port} on {host} is taken or not allowed. Choose another as TONEARM_METRICS_PORT."
        ) from error
    threading.Thread(target=server.serve_forever, name="metrics-server", daemon=True).start()
    return server
