"""Standard input and output passed on to a Tonearm elsewhere, for assistants that speak no HTTP."""

import json
import sys
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, BinaryIO

import anyio
import httpx2
import structlog

_VERSION_IN_META = "io.modelcontextprotocol/protocolVersion"
# What names the thing that a message is about; it stands in a header too.
_NAMED_BY: Mapping[str, str] = {
    "tools/call": "name",
    "prompts/get": "name",
    "resources/read": "uri",
}
_FAILED = -32_603
_NOT_JSON = -32_700
_TIMEOUT = 120.0
_LOG = structlog.get_logger("tonearm.mcp")


class Bridge:
    """Passes messages on to `URL/mcp`, each as one request, and the answers back."""

    def __init__(self, url: str, key: str, outgoing: BinaryIO) -> None:
        """Show `key` to the Tonearm at `url`, and write what it answers to `outgoing`."""
        self._url = f"{url.rstrip('/')}/mcp"
        self._key = key
        self._outgoing = outgoing
        self._agreed: str | None = None
        """The version that an earlier handshake settled on; newer messages bear their own."""

    async def pass_on(self, incoming: BinaryIO) -> None:
        """Pass everything on until the input ends."""
        headers = {
            "authorization": f"Bearer {self._key}",
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
        }
        lines = anyio.wrap_file(incoming)
        async with (
            httpx2.AsyncClient(headers=headers, timeout=_TIMEOUT) as client,
            anyio.create_task_group() as messages,
        ):
            while line := await lines.readline():
                if line.strip():
                    messages.start_soon(self._pass_one, client, line)

    async def _pass_one(self, client: httpx2.AsyncClient, line: bytes) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            self._write(_failure(None, _NOT_JSON, "This line is no JSON."))
            return
        message = message if isinstance(message, dict) else {}  # which is refused over there
        number = message.get("id") if "method" in message else None
        try:
            answer = await client.post(self._url, content=line, headers=self._headers(message))
        except httpx2.HTTPError as error:
            _LOG.warning("message not passed on", error=type(error).__name__)
            self._answer(number, f"{self._url} cannot be reached ({type(error).__name__}).")
            return
        told = _document(answer)
        if isinstance(told, dict) and "jsonrpc" in told:
            self._settle(message, told)
            self._write(told)
        elif number is not None or answer.is_error:
            detail = told.get("detail") if isinstance(told, dict) else None
            self._answer(number, f"{self._url} answers {answer.status_code}: {detail or 'no MCP'}")

    def _headers(self, message: Mapping[str, Any]) -> dict[str, str]:
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        meta = params.get("_meta")
        version = meta.get(_VERSION_IN_META) if isinstance(meta, dict) else None
        if not isinstance(version, str):
            return {} if self._agreed is None else {"mcp-protocol-version": self._agreed}
        method = str(message.get("method", ""))
        told = {"mcp-protocol-version": _in_header(version), "mcp-method": _in_header(method)}
        name = params.get(_NAMED_BY.get(method, ""))
        return told | ({"mcp-name": _in_header(name)} if isinstance(name, str) else {})

    def _settle(self, message: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        result = told.get("result")
        if message.get("method") == "initialize" and isinstance(result, dict):
            self._agreed = str(result.get("protocolVersion"))

    def _answer(self, number: object, reason: str) -> None:
        _LOG.warning("message not answered", reason=reason)
        if number is not None:  # what has no number wants no answer
            self._write(_failure(number, _FAILED, reason))

    def _write(self, message: Mapping[str, Any]) -> None:
        self._outgoing.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
        self._outgoing.flush()


def run(url: str, key: str) -> None:
    """Pass standard input on to a Tonearm elsewhere until it ends."""
    bridge = Bridge(url, key, sys.stdout.buffer)
    anyio.run(bridge.pass_on, sys.stdin.buffer)


def _document(answer: httpx2.Response) -> Any:  # noqa: ANN401 - whatever is answered
    try:
        return answer.json() if answer.content else None
    except ValueError:
        return None


def _failure(number: object, code: int, reason: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": reason}}


def _in_header(text: str) -> str:
    """Give a name as a header can bear it: as it is, or in base64 where it would not come through."""
    if text.isascii() and text.isprintable() and text == text.strip() and "=?" not in text:
        return text
    return f"=?base64?{b64encode(text.encode()).decode()}?="
