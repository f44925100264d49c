"""Lead scoring for HubSpot, in notebooks.

The public names are listed once, in ``_HOMES``, and loaded on first use: ``import leadscore``
costs next to nothing.

>>> import leadscore as ls
>>> goal = ls.reaches("customer", within="90D")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "LeadscoreError": "errors",
    "errors": "",
}

__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("leadscore")
    if name not in _HOMES:
        raise AttributeError(f"module 'leadscore' has no attribute {name!r}")
    home = _HOMES[name]
    value = getattr(import_module(f"leadscore.{home}"), name) if home else import_module(f"leadscore.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
