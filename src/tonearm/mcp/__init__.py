"""The surface for assistants: the Model Context Protocol over HTTP and standard input and output."""

from fastapi import APIRouter

from tonearm.mcp import door


def list_routers() -> list[APIRouter]:
    """Give the routers of this surface."""
    return [door.ROUTER]
