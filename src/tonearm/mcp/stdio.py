"""The protocol over standard input and output: for an assistant on the same machine, which starts it itself."""

from collections.abc import Callable

import anyio
from mcp.server.stdio import stdio_server

from tonearm.mcp.desk import Desk
from tonearm.mcp.server import create_server


def run(version: str, open_desk: Callable[[], Desk]) -> None:
    """Serve until the input ends; whatever else writes to standard output meanwhile reaches standard error."""

    async def speak() -> None:
        server = create_server(version, lambda _context: open_desk())
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    anyio.run(speak)
