"""The surface for assistants: the Model Context Protocol over HTTP and standard streams, and plain operations."""

from fastapi import APIRouter

from tonearm.mcp import actions, door


def list_routers() -> list[APIRouter]:
    """Give the routers of this surface."""
    return [door.ROUTER, actions.ROUTER, actions.READING]
