"""How much of what a portal allows is used, and how much is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import BadReplyError, MissingScopesError, NotFoundError
from leadscore.hubspot.objecttypes import type_name

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["usage"]

_COLUMNS = ["what", "allowed", "used", "left", "resets_at"]
Row = tuple[str, int | None, int | None, int | None, pd.Timestamp | None]


def usage(portal: Portal) -> pd.DataFrame:
    """Return how much of what a portal allows is used, and how much is left (three requests).

    Parameters
    ----------
    portal : Portal

    Returns
    -------
    DataFrame
        One row per limit that the portal states: requests in some seconds, requests today, custom
        properties of each object type. ``what`` (text), ``allowed``, ``used``, ``left`` (Int64,
        missing where the portal does not say), ``resets_at`` (datetime, UTC).

    Raises
    ------
    HubSpotError
        The portal does not answer.

    Notes
    -----
    Requests are read off the headers of a reply and ``/account-info/…/api-usage/daily`` (HubSpot
    API docs, "API usage guidelines and limits"), properties off ``/crm/limits/…``. The day ends at
    midnight in the account's time zone, and its limit is shared by all private apps and, which is
    unverified, service keys; an app of OAuth has none.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=5) as sandbox, ls.connect(sandbox) as portal:
    ...     found = ls.usage(portal).set_index("what")
    >>> int(found.loc["requests today", "allowed"])
    625000
    """
    rows = [*_requests(portal), *_properties(portal)]
    kinds: dict[str, Any] = dict.fromkeys(_COLUMNS[1:4], "Int64") | {"what": "str"}
    frame = pd.DataFrame(rows, columns=_COLUMNS).astype(kinds)
    return frame.astype({"resets_at": "datetime64[us, UTC]"})


def _requests(portal: Portal) -> list[Row]:
    found, rows = portal.limits, list[Row]()
    if found.burst is not None and found.interval is not None:
        rows.append((f"requests in {found.interval:g} s", found.burst, None, None, None))
    if found.daily is not None:
        left = found.remaining_today
        rows.append(("requests today", found.daily, found.used_today, left, found.resets_at))
    return rows


def _properties(portal: Portal) -> list[Row]:
    try:
        told = portal.transport.call("GET", portal.path("limits", "custom-properties"))
    except (MissingScopesError, NotFoundError, BadReplyError):
        return []
    entries = told.get("byObjectType")
    return (
        [_row(one) for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    )


def _row(told: dict[str, Any]) -> Row:
    kind = type_name(str(told.get("objectTypeId", "unknown")))
    allowed, used = (_whole(told.get(name)) for name in ("limit", "usage"))
    left = None if allowed is None or used is None else max(allowed - used, 0)
    return f"custom properties of {kind}", allowed, used, left, None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
