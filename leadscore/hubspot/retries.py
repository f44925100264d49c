"""Which replies and failures are worth another try, and after what wait.

| what came | what happens |
|---|---|
| 429, ten-secondly or secondly | wait for the interval, then again, whatever the method |
| 429, daily; 477 | stop: only time helps |
| 429 of another policy (exports, imports) | as 423 |
| 423 | again after two seconds and more, whatever the method: the record was locked |
| 401 | read the token's source once more, then stop |
| 403 and other 4xx, known or not; 3xx; 530 | stop: the same request gets the same reply |
| other 5xx, known or not | again after a back-off, if it is safe |
| no reply, half a reply, or one that cannot be believed | again after a back-off, if it is safe |
| the request never left | again after a back-off |

Safe is what only reads, and what has the same effect when it is done twice. Nobody can tell whether
a POST whose reply is missing was done: it is not sent again before somebody has looked.

Sources: HubSpot API docs, "Error handling" (423: "wait at least 2 seconds"; 477: Retry-After;
502, 503, 504, 521, 523, 524: "pause" and retry). That 530 stands for a malformed token is how
other connectors read it (unverified).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final

from leadscore.hubspot.replies import is_daily, is_of_jobs

__all__ = ["ATTEMPTS", "Kind", "back_off", "kind_of", "retry_after"]

ATTEMPTS: Final = 5
BACKOFF_CAP: Final = 20.0  # seconds
LOCKED_WAIT: Final = 2.0


class Kind(Enum):
    """What a try came to."""

    DONE = auto()
    LIMITED = auto()
    LOCKED = auto()
    TOKEN = auto()
    REFUSED = auto()
    SERVER = auto()
    LOST = auto()
    UNSENT = auto()


_STATUSES = {401: Kind.TOKEN, 423: Kind.LOCKED, 530: Kind.REFUSED}


def kind_of(status: int, body: bytes) -> Kind:
    """Say what a reply's status comes to.

    Examples
    --------
    >>> [kind_of(status, b"{}").name for status in (204, 404, 429, 524, 530, 599)]
    ['DONE', 'REFUSED', 'LIMITED', 'SERVER', 'REFUSED', 'SERVER']
    """
    if status == 429:
        return _kind_of_limit(body)
    if 200 <= status <= 299:
        return Kind.DONE
    return _STATUSES.get(status, Kind.SERVER if 500 <= status <= 599 else Kind.REFUSED)


def _kind_of_limit(body: bytes) -> Kind:
    if is_daily(body):
        return Kind.REFUSED
    return Kind.LOCKED if is_of_jobs(body) else Kind.LIMITED


def back_off(attempt: int, share: float) -> float:
    """Return the seconds to wait after a failed attempt: full jitter, doubled, capped.

    Parameters
    ----------
    attempt : int
        From 1.
    share : float
        A random number from 0 to 1.

    Examples
    --------
    >>> [back_off(attempt, 1.0) for attempt in (1, 2, 3, 4, 5)]
    [2.0, 4.0, 8.0, 16.0, 20.0]
    """
    return share * min(2.0**attempt, BACKOFF_CAP)


def retry_after(headers: Mapping[str, str], *, at_most: float) -> float:
    """Return the seconds that a reply asks to wait, or 0 when it asks for nothing sensible.

    HubSpot documents the header for 477 alone. A date is measured from the reply's own ``Date``,
    so that this machine's clock does not matter.

    Parameters
    ----------
    at_most : float
        What is asked beyond this many seconds is not waited for.

    Examples
    --------
    >>> [retry_after({"Retry-After": text}, at_most=60) for text in ("7", "-1", "nan", "86400")]
    [7.0, 0.0, 0.0, 0.0]
    """
    text = headers.get("Retry-After") or headers.get("retry-after") or ""
    try:
        seconds = float(text)
    except ValueError:
        seconds = _until(text, headers.get("Date") or "")
    return seconds if math.isfinite(seconds) and 0 < seconds <= at_most else 0.0


def _until(then: str, now: str) -> float:
    try:
        later, sooner = parsedate_to_datetime(then), parsedate_to_datetime(now)
        return _aware(later).timestamp() - _aware(sooner).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
