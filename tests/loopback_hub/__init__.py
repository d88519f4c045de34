"""A Hub in memory on the loopback interface, for the real `huggingface_hub` client; see `server.LoopbackHub`."""

from . import api  # noqa: F401  registers the routes
from .server import LoopbackHub


__all__ = ["LoopbackHub"]
