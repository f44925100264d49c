"""Create, change, or do whichever is needed: one record or a hundred thousand, each accounted for.

What keeps a record from being created twice, also when a reply was lost and nobody knows whether it
was done: contacts are looked up by e-mail and others by a unique property before anything is sent
again. Where there is none (a company's domain is not unique, a deal has nothing), the record is
created with a property of ours, ``leadscore_key``, that is unique, hidden and named in the plan.
All of these are read at once, without the lag of search, and HubSpot refuses a second one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import UsageError
from leadscore.hubspot.objecttypes import find_type
from leadscore.recordinput import Given, frame_of
from leadscore.recordplanning import Asked
from leadscore.recordtypes import MATCH

if TYPE_CHECKING:
    from pathlib import Path

    from leadscore.hubspot.connection import Portal
    from leadscore.recordplans import RecordPlan
    from leadscore.recordruns import RecordRun

__all__ = ["create", "update", "upsert"]

Frame = pd.DataFrame | Mapping[str, Any] | Sequence[Mapping[str, Any]]


def create(
    portal: Portal,
    object_type: str,
    frame: Frame,
    *,
    unique: str | bool | None = None,
    marketing: bool = False,
    on_error: str = "raise",
    dry_run: bool = False,
    workspace: str | Path | None = None,
    canary: int = 50,
    max_writes: int | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> RecordRun | RecordPlan:
    """Create records; those that are there already are left as they are.

    Parameters
    ----------
    portal : Portal
    object_type : str
        ``contacts``, ``companies``, ``deals``, or a custom type's name or id.
    frame : DataFrame, list of mappings, or mapping
        One row per record, one column per property, by internal name. A single record may be a
        mapping. Missing values are left out. Types are those of the portal's definitions: numbers,
        dates and times (one without a time zone is UTC), true and false, an option's internal name,
        a list or ``a;b`` for several options, an owner's id or e-mail address. No rows: nothing
        is done.
    unique : str or False, optional
        The property that tells whether a record is there already; default: ``email`` of contacts,
        ``domain`` of companies, where the frame has it. False, or no such column: nothing does, and
        every call creates.
    marketing : bool, default False
        Whether new contacts are to be marketing contacts, which cost money. HubSpot does not let a
        call choose: it is a setting of the portal for the app. So the first ones that were created
        (`canary`) are looked at, and it stops where they are not what was asked for.
    on_error : {"raise", "reject"}
        Values that do not fit, new records that lack what they need, or two rows with one key: one
        error that tells them all and nothing is sent, or those rows are rejected and the others
        are done.
    dry_run : bool, default False
        Say what would be done, and send nothing.
    workspace : path, optional
        Where the plan and the record of the run are kept; by default that of the settings.
    canary : int, default 50
        So many are written and read back before the others.
    max_writes : int, optional
        More records than this are not written (guard ``write_cap``); by default that of the
        settings (``LEADSCORE_MAX_WRITES``, 100,000).
    override : mapping of str to str, optional
        Guards to pass over, by name, each with the reason, which is kept.
    progress : bool, default True

    Returns
    -------
    RecordRun or RecordPlan
        ``counts``; ``results``, one row per row of the frame. With `dry_run` the plan, which shows
        itself: ``counts``, ``changes``, ``results``; `apply` carries it out.

    Raises
    ------
    UsageError
        No such object type or property, one that is read-only, a value that does not fit, two rows
        with one key. Nothing was sent.
    PlanError
        The portal has no room for the key that keeps records from being created twice.
    GuardError
        More records than may be written.
    BusyError, HubSpotError
        As for `apply`. The same call goes on: what was created is found, and not created again;
        where nothing but the run tells records apart, an equal call that was cut short is finished
        instead of a new one begun.

    Notes
    -----
    HubSpot knowledge base, "Manage marketing contacts settings for your integrations": an app
    cannot set the marketing status; contacts that it creates are non-marketing contacts unless the
    portal has switched that on for the app. That the status can be read as soon as the contact is
    there is unverified. `undo` archives what was created, unless somebody has
    changed it since. HubSpot can restore that for 90 days.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     ada = {"email": "ada@example.com", "firstname": "Ada"}
    ...     folder = tempfile.mkdtemp()
    ...     first = ls.create(portal, "contacts", ada, workspace=folder, progress=False)
    ...     again = ls.create(portal, "contacts", ada, workspace=folder, progress=False)
    >>> first.counts["created"], again.counts["created"], again.counts["duplicate"]
    (1, 0, 1)
    """
    asked = Asked(
        "create",
        _unique(portal, object_type, frame_of(frame), unique),
        marketing=marketing,
        on_error=on_error,
        max_writes=max_writes,
    )
    given = Given(object_type, frame, workspace=workspace)
    return given.done(
        portal, asked, dry_run=dry_run, canary=canary, override=override, progress=progress
    )


def update(
    portal: Portal,
    object_type: str,
    frame: Frame,
    *,
    match: str = "id",
    clear: bool = False,
    backwards: bool = False,
    on_error: str = "raise",
    dry_run: bool = False,
    workspace: str | Path | None = None,
    canary: int = 50,
    max_writes: int | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> RecordRun | RecordPlan:
    """Change records that are there; those that are not are told as missing.

    Only what differs is sent. A record that somebody else changes between the comparison and the
    write, in a property that is to be written, is left alone: state conflict.

    Parameters
    ----------
    portal, object_type, frame, on_error, dry_run, workspace, canary, max_writes, override, progress
        As for `create`; a time without a time zone is UTC.
    match : str, default "id"
        The column that says which record a row is about: ``id``, ``email``, a unique property, or
        any property, by search. Two records with one value are a ``duplicate``, never a guess. What
        records are found by is not changed.
    clear : bool, default False
        A missing value clears the property; else it leaves it alone. A contact's e-mail address and
        what records are found by stay; so does ``lifecyclestage``, unless `backwards`.
    backwards : bool, default False
        Let ``lifecyclestage`` go back too; else it only goes forward in the portal's own order.

    Returns
    -------
    RecordRun or RecordPlan
        As for `create`.

    Raises
    ------
    UsageError, PlanError, GuardError, BusyError, HubSpotError
        As for `create`.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     frame = pd.DataFrame({"id": ["404"], "jobtitle": ["Engineer"]})
    ...     run = ls.update(
    ...         portal, "contacts", frame, workspace=tempfile.mkdtemp(), progress=False
    ...     )
    >>> run.results["state"].tolist()
    ['missing']
    """
    asked = Asked(
        "update",
        match,
        clear=clear,
        backwards=backwards,
        on_error=on_error,
        max_writes=max_writes,
    )
    given = Given(object_type, frame, workspace=workspace)
    return given.done(
        portal, asked, dry_run=dry_run, canary=canary, override=override, progress=progress
    )


def upsert(
    portal: Portal,
    object_type: str,
    frame: Frame,
    *,
    match: str | None = None,
    clear: bool = False,
    backwards: bool = False,
    marketing: bool = False,
    on_error: str = "raise",
    dry_run: bool = False,
    workspace: str | Path | None = None,
    canary: int = 50,
    max_writes: int | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> RecordRun | RecordPlan:
    """Change the records that are there and create those that are not.

    A second call with the same rows writes nothing. Where records are found by search (a company's
    domain), it is searched again right before they are created, also when a plan is applied later:
    what somebody else made since is a conflict. What search does not see yet, it cannot tell.

    Parameters
    ----------
    portal, object_type, frame, marketing, on_error, dry_run, workspace, canary, max_writes
        As for `create`; a time without a time zone is UTC.
    override, progress
        As for `create`.
    match : str, optional
        As for `update`; default: ``email`` of contacts (additional addresses find a contact too),
        ``domain`` of companies. Other types need one.
    clear, backwards
        As for `update`.

    Returns
    -------
    RecordRun or RecordPlan
        As for `create`.

    Raises
    ------
    UsageError, PlanError, GuardError, BusyError, HubSpotError
        As for `create`.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> frame = pd.DataFrame({"email": ["ada@example.com", "bob@example.com"], "city": "Ulm"})
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     plan = ls.upsert(
    ...         portal,
    ...         "contacts",
    ...         frame,
    ...         workspace=tempfile.mkdtemp(),
    ...         dry_run=True,
    ...         progress=False,
    ...     )
    ...     run = ls.apply(portal, plan, progress=False)
    >>> plan.counts["create"], run.counts["created"], run.verified
    (2, 2, 2)
    """
    by = match or MATCH.get(find_type(portal, object_type))
    if by is None:
        raise UsageError(
            f"Nothing says by what {object_type} are to be recognised.",
            hint="Name a column with match: a unique property is best.",
        )
    asked = Asked(
        "upsert",
        by,
        marketing=marketing,
        clear=clear,
        backwards=backwards,
        on_error=on_error,
        max_writes=max_writes,
    )
    given = Given(object_type, frame, workspace=workspace)
    return given.done(
        portal, asked, dry_run=dry_run, canary=canary, override=override, progress=progress
    )


def _unique(
    portal: Portal, object_type: str, frame: pd.DataFrame, unique: str | bool | None
) -> str:
    if isinstance(unique, str):
        return unique
    usual = MATCH.get(find_type(portal, object_type), "")
    return usual if unique is not False and usual in frame.columns else ""
