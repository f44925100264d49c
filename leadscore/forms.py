"""Forms of a portal: which there are, what they ask, and submissions to them.

HubSpot API docs, "Forms"; legacy docs, "Submit data to a form": submissions go to a host of their
own (https://api.hsforms.com), without a token 50 in ten seconds, with one as fast as the portal's
other calls. Tried against the sandbox alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import UsageError
from leadscore.formconsent import Consent, Given
from leadscore.formfields import fields_frame, fields_of
from leadscore.formrows import Row, prepared, refuse, table_of
from leadscore.hubspot.formcalls import form_definitions, read_definition
from leadscore.ledger import Ledger
from leadscore.runrecords import on_record
from leadscore.store import Store, open_store
from leadscore.submissionrecords import KIND, digests, sent_before
from leadscore.submitting import send
from leadscore.tablenames import nearest
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["STATES", "Submissions", "list", "read", "submit"]

#: In which a row may end; "ready" is what a dry run would send.
STATES = ("submitted", "already", "duplicate", "rejected", "unknown", "ready")

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_RESEND = (None, "unknown", "all")
_INVALID = ("raise", "skip")


def __dir__() -> Sequence[str]:
    return __all__


@dataclass(frozen=True)
class Submissions:
    """What became of the rows that were submitted.

    Attributes
    ----------
    id : str or None
        The run, on record in the workspace's ledger; None of a dry run.
    form : str
        The form's id.
    results : DataFrame
        One row per row of the frame, in its order and with its index: ``state`` (one of `STATES`)
        and ``reason`` (str).
    workspace : Path
    """

    id: str | None
    form: str
    results: pd.DataFrame = field(repr=False)
    workspace: Path = field(default=Path(), repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many rows ended in each of `STATES`; they add up to the rows."""
        found = self.results["state"].value_counts()
        return {state: int(found.get(state, 0)) for state in STATES}

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {"run": self.id, "form": self.form, **self.counts}

    def _repr_html_(self) -> str:
        told = ", ".join(f"{n:,} {state}" for state, n in self.counts.items() if n)
        wrong = self.results[self.results["reason"] != ""].head(20)
        title = f"Run {escape(self.id)}" if self.id else "Dry run"
        shown = wrong.to_html(border=0) if len(wrong) else ""  # pandas escapes
        return f"<p>{title}: {told}</p>{shown}"


def list(portal: Portal) -> pd.DataFrame:  # noqa: A001 - it is ls.forms.list
    """Return the portal's forms.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``forms``.

    Returns
    -------
    DataFrame
        ``id``, ``name``, ``type``, ``consent`` (str), ``fields`` (Int64), ``created_at``,
        ``updated_at`` (UTC).

    Raises
    ------
    MissingScopesError
        The token lacks the scope.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=5) as sandbox, ls.connect(sandbox) as portal:
    ...     ls.forms.list(portal).columns.tolist()
    ['id', 'name', 'type', 'consent', 'fields', 'created_at', 'updated_at']
    """
    portal.require("forms")
    rows = [_listed(one) for one in form_definitions(portal)]
    names = ["id", "name", "type", "consent", "fields", "created_at", "updated_at"]
    frame = pd.DataFrame(rows, columns=names)
    for name in ("created_at", "updated_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True, format="ISO8601").dt.as_unit("us")
    return frame.astype(dict.fromkeys(names[:4], "str") | {"fields": "Int64"})


def _listed(one: Mapping[str, Any]) -> tuple[Any, ...]:
    consent = (one.get("legalConsentOptions") or {}).get("type")
    own = (str(one["id"]), one.get("name"), one.get("formType"), consent, len(fields_of(one)))
    return (*own, one.get("createdAt"), one.get("updatedAt"))


def read(portal: Portal, form: str) -> pd.DataFrame:
    """Return the fields of a form: what a submission may, and must, hold.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``forms``.
    form : str
        Its id, or its name where no other form has it.

    Returns
    -------
    DataFrame
        ``name`` (what a column is called), ``label``, ``type`` (HubSpot's fieldType),
        ``required``, ``hidden`` (bool), ``options`` (list of values), ``objectTypeId``,
        ``depends_on`` (the field whose answer decides whether this one is asked). ``attrs`` has
        the form's ``id`` and ``name``, and ``consent``: HubSpot's legalConsentOptions.

    Raises
    ------
    NotFoundError, UsageError
        There is no such form, or several have the name.

    Examples
    --------
    >>> import leadscore as ls
    >>> def required(portal, form):
    ...     fields = ls.forms.read(portal, form)
    ...     return fields.loc[fields["required"], "name"].tolist()
    """
    definition = _definition(portal, form)
    frame = fields_frame(fields_of(definition))
    frame.attrs = {
        "id": str(definition["id"]),
        "name": str(definition.get("name") or ""),
        "consent": definition.get("legalConsentOptions") or {},
    }
    return frame


def _definition(portal: Portal, form: str) -> dict[str, Any]:
    portal.require("forms")
    if _GUID.fullmatch(form):
        return read_definition(portal, form)
    known = form_definitions(portal)
    found = [one for one in known if one.get("name") == form]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(str(one["id"]) for one in found)
        raise UsageError(f"{len(found)} forms are called {visible(form)!r}.", hint=f"Use {ids}.")
    names = [str(one.get("name")) for one in known]
    near = nearest(form, names)
    said = f"Did you mean {near!r}?" if near else f"There is: {', '.join(names[:5]) or 'none'}."
    raise UsageError(
        f"The portal has no form {visible(form, limit=80)!r}.",
        hint=f"{visible(said)} ls.forms.list(portal) has them all.",
    )


def submit(
    portal: Portal,
    form: str,
    rows: pd.DataFrame | Mapping[str, Any],
    *,
    context: Mapping[str, Any] | None = None,
    consent: Given = None,
    submitted_at: Any = None,
    secure: bool = True,
    invalid: str = "raise",
    resend: str | None = None,
    dry_run: bool = False,
    workspace: str | Path | None = None,
    progress: bool = True,
) -> Submissions:
    """Submit rows to a form, as people do who fill it in.

    Every row is checked against the form's definition before any is sent. A submission cannot be
    taken back or looked up, so each row is on record in the workspace before it is sent and after:
    a row that was sent is not sent again, whatever ended the run before; one whose reply was lost
    is left as unknown. The ledger has a row's number and a digest under the workspace's own key,
    and nothing of what is in it.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``forms``.
    form : str
        Its id, or its name where no other form has it.
    rows : DataFrame or dict
        Columns are the form's fields (`read`). Missing values and empty texts are left out; lists
        are several options; a day without a time zone is a date. Columns ``context.hutk``,
        ``context.pageUri``… are a row's own context.
    context : mapping, optional
        Of all rows: ``hutk``, ``ipAddress``, ``pageUri``, ``pageName``, ``pageId``.
    consent : bool, str or mapping, optional
        True: each person consents to process; False: nobody does, and nothing is submitted; a
        column's name: those with yes in it do (yes, ja, oui, sí, true, 1), and the rows of others
        are not submitted, whatever the form asks for. The words are the form's own.
        ``{"process": …, "communications": {id: …}}`` says so of each subscription type too;
        HubSpot's own object (``{"consent": …}`` or ``{"legitimateInterest": …}``) is sent as is.
    submitted_at : Timestamp, str or int, optional
        When they were, at most a month ago: a time, or the name of a column of times. Without a
        time zone it is UTC; whole numbers are milliseconds.
    secure : bool, default True
        With the token, as fast as the portal's other calls. False: the open endpoint, which gets
        no token, 50 in ten seconds.
    invalid : {"raise", "skip"}
        What to do about rows that cannot be submitted: refuse all, or pass over them.
    resend : {None, "unknown", "all"}
        Send again rows of which nobody knows whether they were sent, or all.
    dry_run : bool, default False
        Say what would be sent, and send nothing.
    workspace : str or Path, optional
        Where the run is on record; by default that of the settings.
    progress : bool, default True

    Returns
    -------
    Submissions
        Shows itself; ``results`` has each row's outcome. `ls.undo` cannot take submissions back.

    Raises
    ------
    TableError
        A column is no field, a required value is missing, an option does not exist, an e-mail
        address is malformed: each with its row and column. Nothing was sent.
    UsageError
        There is no such form, or an option does not fit.
    BusyError
        Another run holds the workspace.
    HubSpotError
        HubSpot takes none of them. The same call goes on with what was not sent.

    Examples
    --------
    >>> import leadscore as ls
    >>> def sign_up(portal, people):
    ...     return ls.forms.submit(portal, "Newsletter", people, consent="agreed").counts
    """
    _check_words(invalid, resend)
    frame, definition = table_of(rows), _definition(portal, form)
    now = pd.Timestamp.now("UTC")
    made = prepared(
        definition,
        frame,
        context=context,
        consent=Consent(definition, consent),
        submitted_at=submitted_at,
        now=now,
    )
    if invalid == "raise":
        refuse(made)
    folder = Path(workspace or portal.settings.workspace)
    key = str(definition["id"])
    if dry_run:
        return _told(None, key, frame, _planned_only(folder, key, made, resend), folder)
    with open_store(folder) as store, store.lock(KIND):
        store.ledger.bind_portal(portal.id)
        store.ledger.close_runs(KIND)  # the lock is ours: one that still runs was killed
        return _carried_out(portal, store, key, frame, made, secure, resend, progress)


def _check_words(invalid: str, resend: str | None) -> None:
    if invalid not in _INVALID:
        raise UsageError(f'invalid may be "raise" or "skip", not {invalid!r}.')
    if resend not in _RESEND:
        raise UsageError(f'resend may be None, "unknown" or "all", not {resend!r}.')


def _planned_only(folder: Path, form: str, rows: Sequence[Row], resend: str | None) -> _Planned:
    path = folder.expanduser() / "ledger.sqlite"
    if not path.is_file():
        return _plan([row.own for row in rows], rows, {}, resend)
    with closing(Ledger(path)) as ledger:
        marks = digests(ledger, form, [row.own for row in rows])
        return _plan(marks, rows, sent_before(ledger, marks), resend)


@dataclass(frozen=True)
class _Planned:
    """Each row's state and reason as far as they are known, and the rows that are to be sent."""

    states: dict[int, tuple[str, str]]
    ready: tuple[tuple[int, str, Row], ...]


def _plan(
    marks: Sequence[str],
    rows: Sequence[Row],
    before: Mapping[str, tuple[str, str]],
    resend: str | None,
) -> _Planned:
    states: dict[int, tuple[str, str]] = {}
    ready: dict[str, tuple[int, str, Row]] = {}
    for place, (mark, row) in enumerate(zip(marks, rows, strict=True)):
        known = _known(mark, row, ready, before, resend)
        states[place] = known or ("ready", "")
        if known is None:
            ready[mark] = (place, mark, row)
    return _Planned(states, tuple(ready.values()))


def _known(
    mark: str,
    row: Row,
    ready: Mapping[str, Any],
    before: Mapping[str, tuple[str, str]],
    resend: str | None,
) -> tuple[str, str] | None:
    """Return why a row is not to be sent."""
    if row.flaws:
        return "rejected", "; ".join(row.flaws)
    if mark in ready:
        return "duplicate", "an earlier row says the same"
    state, run = before.get(mark, (None, ""))
    if state == "written" and resend != "all":
        return "already", f"run {run} sent it"
    if state == "" and resend is None:
        return "unknown", f"nobody knows whether run {run} sent it"
    return None


def _carried_out(
    portal: Portal,
    store: Store,
    form: str,
    frame: pd.DataFrame,
    rows: Sequence[Row],
    secure: bool,
    resend: str | None,
    progress: bool,
) -> Submissions:
    marks = digests(store.ledger, form, [row.own for row in rows])
    planned = _plan(marks, rows, sent_before(store.ledger, marks), resend)
    run = store.ledger.start_run(KIND, form=form, rows=len(rows))
    with on_record(portal, store, run) as facts:
        sent = send(
            portal, store.ledger, run, form, planned.ready, secure=secure, progress=progress
        )
        for place, outcome in sent:
            planned.states[place] = (outcome.state, outcome.reason)
        done = _told(run, form, frame, planned, store.workspace)
        facts |= {state: n for state, n in done.counts.items() if n}
    return done


def _told(
    run: str | None, form: str, frame: pd.DataFrame, planned: _Planned, folder: Path
) -> Submissions:
    pairs = [planned.states[place] for place in range(len(frame))]
    results = pd.DataFrame(pairs, columns=["state", "reason"], index=frame.index).astype("str")
    return Submissions(run, form, results, folder)
