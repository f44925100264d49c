"""The draft part of HubSpot's lead scoring API, a beta."""

from __future__ import annotations

from leadscore.sandbox.routes import Path

__all__ = ["PATHS"]

PATHS: tuple[Path, ...] = ()
