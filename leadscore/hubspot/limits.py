"""How much a portal allows and has used today, from what its replies say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

import pandas as pd

__all__ = ["Limits", "infer_tier", "limits_of", "midnight_after"]

_PREFIX = "X-HubSpot-RateLimit-"
_DAILY_NAME = "private-apps-api-calls-daily"
# HubSpot API docs, "API usage guidelines and limits"; 650,000 is of the changelog of 2024.
_BY_DAY = {
    250_000: "free or starter",
    625_000: "professional",
    650_000: "professional",
    1_000_000: "enterprise",
}
_ADDON_BURST, _ADDON_DAY, _MOST_ADDONS = 250, 1_000_000, 2
_BY_BURST = {100: "free or starter", 190: "professional or enterprise"}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the portal allows this token; None where the portal does not say.

    Attributes
    ----------
    burst : int or None
        Requests in one interval.
    interval : float or None
        The interval's length in seconds.
    daily : int or None
        Requests in one day; OAuth apps have no such limit.
    used_today, remaining_today : int or None
    resets_at : Timestamp or None
        When the day's count starts again: midnight in the portal's time zone.
    """

    burst: int | None = None
    interval: float | None = None
    daily: int | None = None
    used_today: int | None = None
    remaining_today: int | None = None
    resets_at: pd.Timestamp | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the limits as plain values, for JSON."""
        at = self.resets_at
        return asdict(self) | {"resets_at": None if at is None else at.isoformat()}


def limits_of(
    headers: Mapping[str, str], usage: Mapping[str, Any] | None, *, midnight: pd.Timestamp | None
) -> Limits:
    """Read the limits off a reply's headers and the account's usage.

    Parameters
    ----------
    headers : mapping
        Of any reply but search's, which has none of them (HubSpot API docs, "Search the CRM").
    usage : mapping, optional
        Of ``/account-info/…/api-usage/daily/private-apps``. It may be some minutes old, so the
        headers go first. That it covers service keys is unverified.
    midnight : Timestamp, optional
        When the day ends, where the usage does not say.

    Examples
    --------
    >>> headers = {"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Daily": "625000",
    ...            "X-HubSpot-RateLimit-Daily-Remaining": "624900"}
    >>> limits_of(headers, None, midnight=None).used_today
    100
    """
    told = _daily_usage(usage or {})
    daily = _number(headers.get(f"{_PREFIX}Daily")) or _whole(told.get("usageLimit"))
    left = _number(headers.get(f"{_PREFIX}Daily-Remaining"))
    used = _whole(told.get("currentUsage"))
    if daily is not None and left is not None:
        used = daily - left
    elif daily is not None and used is not None:
        left = max(daily - used, 0)
    milliseconds = _number(headers.get(f"{_PREFIX}Interval-Milliseconds"))
    return Limits(
        burst=_number(headers.get(f"{_PREFIX}Max")),
        interval=None if milliseconds is None else milliseconds / 1000,
        daily=daily,
        used_today=used,
        remaining_today=left,
        resets_at=None if daily is None else _moment(told.get("resetsAt"), midnight),
    )


def _daily_usage(usage: Mapping[str, Any]) -> Mapping[str, Any]:
    found = usage.get("results")
    entries = found if isinstance(found, list) else []
    return next((e for e in entries if isinstance(e, dict) and e.get("name") == _DAILY_NAME), {})


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _whole(value: Any) -> int | None:
    fit = isinstance(value, int | float) and math.isfinite(value) and value >= 0
    return int(value) if fit else None


def _moment(value: Any, otherwise: pd.Timestamp | None) -> pd.Timestamp | None:
    try:
        found = pd.Timestamp(value) if isinstance(value, str) else pd.NaT
        return otherwise if pd.isna(found) else found.tz_convert("UTC")
    except (TypeError, ValueError):
        return otherwise


def infer_tier(limits: Limits) -> str | None:
    """Guess the subscription from the limits: HubSpot's API tells no tier.

    Returns
    -------
    str or None
        "free or starter", "professional", "enterprise" or, where only the burst is known,
        "professional or enterprise"; None where the limits are no known ones, as for OAuth apps.

    Notes
    -----
    HubSpot API docs, "API usage guidelines and limits": 100 requests per ten seconds and 250,000
    a day on Free and Starter, 190 and 625,000 on Professional, 190 and 1,000,000 on Enterprise;
    an API limit increase makes it 250 and adds 1,000,000 a day, twice at most.

    Examples
    --------
    >>> infer_tier(Limits(burst=190, daily=625_000)), infer_tier(Limits(burst=110))
    ('professional', None)
    """
    if limits.daily is None:
        return _BY_BURST.get(limits.burst or 0)
    if limits.burst != _ADDON_BURST:
        return _BY_DAY.get(limits.daily)
    bases = (limits.daily - packs * _ADDON_DAY for packs in range(1, _MOST_ADDONS + 1))
    return next((_BY_DAY[base] for base in bases if base in _BY_DAY), None)


def midnight_after(now: pd.Timestamp, zone: tzinfo) -> pd.Timestamp:
    """Return the next midnight in a time zone, in UTC.

    Where the clocks skip midnight itself, it is the moment at which they do.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> midnight_after(pd.Timestamp("2026-03-08 12:00", tz="UTC"), ZoneInfo("America/New_York"))
    Timestamp('2026-03-09 04:00:00+0000', tz='UTC')
    """
    tomorrow = now.tz_convert(zone).date() + timedelta(days=1)
    return pd.Timestamp(datetime.combine(tomorrow, time.min, tzinfo=zone)).tz_convert("UTC")
