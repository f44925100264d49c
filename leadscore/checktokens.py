"""The part of a checkup about tokens at rest: portals by name, and how old their tokens are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from leadscore.checks import Check, ok, warning
from leadscore.hubspot.vault import Entry, Vault
from leadscore.settings import Settings

__all__ = ["OLD", "env_file_age", "portals"]

# HubSpot API docs, "Private apps": rotate every six months; HubSpot reminds super admins by e-mail
# when a token was not for more than 180 days. That it does so for service keys is unverified.
OLD = pd.Timedelta(days=180)
_ROTATE = "Rotate it in HubSpot, then "


def portals(settings: Settings, *, today: pd.Timestamp) -> Iterator[Check]:
    """Look at the portals that were signed in to; nothing where there is none.

    Parameters
    ----------
    settings : Settings
    today : Timestamp
        UTC.
    """
    found = Vault(settings).entries()
    if not found:
        return
    said = ", ".join(f"{one.name} ({one.portal_id}, {_since(one, today)})" for one in found)
    yield ok("portals", f"Signed in to {said}.")
    for one in found:
        if one.kind == "token" and _age(one, today) > OLD:
            yield _old(
                f"The token of {one.name}", _age(one, today), f"`leadscore login {one.name}`."
            )


def env_file_age(path: Path, *, today: pd.Timestamp) -> Iterator[Check]:
    """Look at whether a token in ``.env`` is due: it is at least as old as the file's last change.

    Parameters
    ----------
    path : Path
    today : Timestamp
        UTC.
    """
    age = today - pd.Timestamp(path.stat().st_mtime, unit="s", tz="UTC")
    if age > OLD:
        yield _old("The token in .env", age, "put the new one into .env.")


def _old(what: str, age: pd.Timedelta, then: str) -> Check:
    said = f"{what} has been there for {age.days} days. HubSpot advises a new one every 180."
    return warning("token age", said, f"{_ROTATE}{then}")


def _age(entry: Entry, today: pd.Timestamp) -> pd.Timedelta:
    since = pd.to_datetime(entry.since, utc=True, errors="coerce")
    return pd.Timedelta(0) if pd.isna(since) else today - since


def _since(entry: Entry, today: pd.Timestamp) -> str:
    """Return how long it has been there.

    Examples
    --------
    >>> entry = Entry("acme", 7, "oauth", "2026-11-01", "https://api.hubapi.com")
    >>> _since(entry, pd.Timestamp("2026-11-03", tz="UTC"))
    'oauth, 2 days'
    """
    days = max(_age(entry, today).days, 0)
    return f"{entry.kind}, {days} day{'' if days == 1 else 's'}"
