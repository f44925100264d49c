"""The part of a checkup that needs no network: Python, libraries, settings, the token's place."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from leadscore.checks import Check, ok, warning, wrong
from leadscore.hubspot.paths import SUPPORTED_UNTIL, VERSIONS

__all__ = ["LIBRARIES", "api_version", "env_file", "libraries", "versions_of"]

LIBRARIES = (
    *("hubspot-api-client", "urllib3", "pandas", "pyarrow", "deltalake", "duckdb"),
    *("scikit-learn", "pydantic-settings"),
)
_SOON = pd.Timedelta(days=90)


def versions_of(names: tuple[str, ...] = LIBRARIES) -> dict[str, str | None]:
    """Return the installed version of each library, None for one that is missing."""
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def libraries(found: dict[str, str | None]) -> Iterator[Check]:
    """Look at Python and at the versions of what leadscore stands on.

    Examples
    --------
    >>> [check.state for check in libraries({"urllib3": "2.6.0"})]
    ['ok', 'wrong']
    """
    yield ok("python", f"Python {platform.python_version()} on {platform.system()}.")
    urllib3 = found.get("urllib3") or ""
    missing = [name for name, one in found.items() if one is None]
    if missing:
        yield wrong(
            "libraries", f"There is no {' and no '.join(missing)}.", "Install leadscore again."
        )
    elif urllib3 == "2.6.0" or not urllib3.startswith("2."):
        yield wrong(
            "libraries",
            f"HubSpot's client does not work with urllib3 {urllib3}.",
            'pip install --upgrade "urllib3!=2.6.0,<3"',
        )
    else:
        yield ok("libraries", ", ".join(f"{name} {one}" for name, one in found.items()) + ".")


def env_file(path: Path) -> Iterator[Check]:
    """Look at whether others on this machine can read a ``.env``; nothing where there is none."""
    if not path.is_file():
        return
    if os.name == "posix" and path.stat().st_mode & 0o077:
        mode = f"{path.stat().st_mode & 0o777:04o}"
        yield warning(
            ".env", f"Others on this machine can read .env (mode {mode}).", "chmod 600 .env"
        )
    else:
        yield ok(".env", "Only you can read .env.")


def api_version(name: str, *, today: pd.Timestamp) -> Iterator[Check]:
    """Look at how long HubSpot goes on supporting the version of its API in use.

    Examples
    --------
    >>> next(api_version("v3", today=pd.Timestamp("2027-02-01"))).state
    'warning'
    """
    until = pd.Timestamp(SUPPORTED_UNTIL[name])
    left = (until - today.normalize()).days
    when = f"{until:%Y-%m-%d}" + (f" ({left} days left)" if left >= 0 else "")
    if today < until - _SOON:
        yield ok("API version", f"{name}; HubSpot supports it until {when}.")
        return
    newest = max(VERSIONS, key=SUPPORTED_UNTIL.__getitem__)
    hint = f"Set LEADSCORE_API_VERSION={newest}." if newest != name else "Update leadscore."
    said = "supports it only until" if today < until else "has not supported it since"
    yield warning("API version", f"{name}; HubSpot {said} {when}.", hint)
