"""What HubSpot does not have: faults, the log and the clock of this sandbox."""

from __future__ import annotations

from leadscore.sandbox.routes import Path

__all__ = ["PATHS"]

PATHS: tuple[Path, ...] = ()
