"""The scopes that jobs need, why, and what a token has of them: no more, no fewer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.jobs import JOBS, Wish, check_jobs, wishes

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["EVERY_TYPE", "MAIN_JOB", "scopes", "unused"]

MAIN_JOB = ("score", "write")
EVERY_TYPE = ("contacts", "companies", "deals", "custom")
# HubSpot API docs, "Working with OAuth": every app has it.
_OF_EVERY_APP = frozenset({"oauth"})
_COLUMNS = ["scope", "job", "need", "why", "granted"]
_WORDS = {
    "crm.schemas.contacts.write": "make the contact properties that are written to",
    "crm.schemas.custom.read": "know which custom objects there are",
    "crm.objects.owners.read": "know whose a contact is",
    "crm.lists.read": "find segments and their members",
    "crm.lists.write": "make segments and keep them up",
    "crm.export": "start exports",
    "crm.import": "start uploads",
    "files": "see, upload and hand out files",
    "forms": "see forms and submit to them with a token",
    "automation.sequences.read": "see sequences and who is enrolled",
    "automation.sequences.enrollments.write": "enrol contacts",
    "mh-lead-scoring-edit": "draft a lead score",
}
_RIGHTS = {"read": "read", "write": "create and change"}


def scopes(
    portal: Portal | None = None,
    *,
    for_: Iterable[str] = MAIN_JOB,
    objects: Collection[str] = ("contacts",),
) -> pd.DataFrame:
    """Return the scopes that some jobs need, why, and whether a portal's token has them.

    This is the list to tick when a service key or an app is made: with less the jobs do less or
    nothing, and more is a risk without a use.

    Parameters
    ----------
    portal : Portal, optional
        Its token is looked at. Without it nothing is asked, and ``granted`` is missing throughout.
    for_ : iterable of str
        Jobs: "score", "write", "react", "find", "records", "bring"…; a wrong name lists them all.
    objects : collection of str
        The object types that records are found, written, brought in or associated of.

    Returns
    -------
    DataFrame
        One row per scope and job: ``scope``, ``job``, ``need`` ("needed", "optional": the job does
        less without it, or "unused": the token has it and no job that was named uses it), ``why``
        (all text), ``granted`` (boolean; missing where HubSpot does not tell).

    Raises
    ------
    UsageError
        There is no such job, or an object type whose scopes are not known.

    Notes
    -----
    The scopes are those that HubSpot's documentation names at each endpoint. Those of files,
    forms, uploads and sequences are unverified (`leadscore.hubspot.permissions`).

    Examples
    --------
    >>> import leadscore as ls
    >>> ls.scopes(for_=["find"], objects=["deals"])[["scope", "need"]].values.tolist()
    [['crm.objects.deals.read', 'needed']]
    """
    asked, granted = wishes(for_, objects=objects), portal.scopes if portal is not None else None
    rows = [_row(wish, granted) for wish in asked]
    rows += [
        {"scope": name, "job": "", "need": "unused", "why": _unused_words(name), "granted": True}
        for name in unused(asked, granted)
    ]
    kinds: dict[str, Any] = dict.fromkeys(_COLUMNS, "str") | {"granted": "boolean"}
    return pd.DataFrame(rows, columns=_COLUMNS).astype(kinds)


def _row(wish: Wish, granted: frozenset[str] | None) -> dict[str, Any]:
    has = None if granted is None else bool(granted & set(wish.scopes))
    why = _why(wish.scopes[0])
    if len(wish.scopes) > 1:
        why = f"{why} ({' or '.join(wish.scopes[1:])} will do)"
    return {"scope": wish.scopes[0], "job": wish.job, "need": wish.need, "why": why, "granted": has}


def _why(scope: str) -> str:
    """Return what a scope is for.

    Examples
    --------
    >>> _why("crm.objects.deals.write")
    'create and change deals'
    """
    if scope in _WORDS:
        return _WORDS[scope]
    _, area, kind, right = scope.split(".")
    if area == "schemas":
        return f"make the key that tells new {kind} apart (not with a unique property)"
    return f"{_RIGHTS[right]} {'custom objects' if kind == 'custom' else kind}"


def unused(asked: Iterable[Wish], granted: Collection[str] | None) -> list[str]:
    """Return the scopes that a token has and that nothing that is asked for uses.

    Of several of which one is enough, one is used: the first that is there.

    Examples
    --------
    >>> unused(wishes(["find"]), {"crm.objects.contacts.read", "crm.objects.deals.read", "oauth"})
    ['crm.objects.deals.read']
    """
    has = frozenset(granted or ())
    used = (next((scope for scope in wish.scopes if scope in has), "") for wish in asked)
    return sorted(has - frozenset(used) - _OF_EVERY_APP)


def _unused_words(scope: str) -> str:
    jobs = [name for name in check_jobs(JOBS) if _uses(name, scope)]
    return f"of use for {', '.join(jobs)}" if jobs else "of no use to leadscore"


def _uses(job: str, scope: str) -> bool:
    return any(scope in wish.scopes for wish in wishes([job], objects=EVERY_TYPE))
