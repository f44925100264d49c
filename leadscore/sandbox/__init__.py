"""A HubSpot portal on this machine. It is not HubSpot.

The rules that it is strict about are listed in ``docs/strictness.md``, each with its source.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadscore.sandbox.server import Sandbox, open_sandbox

__all__ = ["Sandbox", "open_sandbox"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'leadscore.sandbox' has no attribute {name!r}")
    return getattr(import_module("leadscore.sandbox.server"), name)
