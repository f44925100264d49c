"""What was known about each contact at one moment: the frames to learn from and to score."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.asof import moment_ms
from leadscore.currentframe import scored_now, trained_now
from leadscore.errors import DataError, UsageError
from leadscore.evidence import Evidence, gather, has_history
from leadscore.goals import Goal, within_horizon
from leadscore.knownthen import ENDINGS, known_then
from leadscore.leavingout import Exclude, chosen_rows, held_out
from leadscore.snapshotfacts import BESIDE, HELD_OUT, KEYS, derived_facts, frame_facts
from leadscore.snapshottimes import NEVER, month_starts_between, snapshot_times, zone_of
from leadscore.store import Store
from leadscore.storedframes import read_frames, write_frames
from leadscore.timing import goal_timing, timing_by_month

__all__ = ["KEYS", "scoring_frame", "snapshot_batches", "training_set", "write_snapshot"]

MOST_ROWS = 1_000_000
_CHUNK = 50_000  # contacts of which a frame is made at a time
_UNDATED = "nothing tells when a contact reached the goal {goal!r}"


def training_set(
    store: Store,
    goal: Goal,
    *,
    ages: Sequence[float] = (1, 7, 30),
    month_starts: bool = True,
    exclude: Exclude = None,
    hold_out: float = 0.0,
    history: bool | None = None,
    most_rows: int = MOST_ROWS,
) -> pd.DataFrame:
    """Return what was known of contacts at several moments, and whether the goal followed.

    One row per contact and snapshot: some days after it came in, and at the starts of months in
    the portal's time zone; only contacts that were there by then and had not reached the goal.
    Values are those of the property history as of the snapshot.

    Parameters
    ----------
    store : Store
        A synced store.
    goal : Goal
        As `reaches`, `deal_won` or `property_equals` make it.
    ages : sequence of float, default (1, 7, 30)
        Days after creation.
    month_starts : bool, default True
    exclude : list or Series of str, str, callable, or mapping of them, optional
        Contacts to leave out: ids, or a condition on the contacts' present values as
        `DataFrame.query` takes it, or a function of the contacts' frame. A mapping names reasons.
    hold_out : float, default 0.0
        The share of contacts that are scored but never written: the column ``held_out`` (boolean).
    history : bool, optional
        False: today's values, one row per contact, which may know of what happened later. True:
        as of the snapshots, or an error. None: as of the snapshots where the store has history.
    most_rows : int
        Of more snapshots a random share is taken, the same every time.

    Returns
    -------
    DataFrame
        Sorted by ``contact_id`` (str) and ``snapshot_at`` (datetime64[us, UTC]); ``outcome``
        (boolean; missing where the horizon has not passed yet). Then the properties that have any
        value, each followed by what is derived from its history: ``NAME__7d``, ``NAME__30d``,
        ``NAME__90d`` (float64: growth of a counter), ``NAME__since`` (float64: days since the value
        last changed). ``attrs`` tells the goal, each column's type, label, group and property
        (``families``), what is ``excluded`` and why, ``left_out`` (contacts by reason),
        ``immature`` (rows), ``timing`` against the goal (also by month), ``notes``.

    Raises
    ------
    DataError
        The store was never synced completely, is empty, or lacks the goal's property; or with
        ``history=True`` there is no history of contacts or of the goal.
    UsageError
        The ages, the share, or what to leave out cannot be read.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> with ls.open_sandbox(contacts=300) as sandbox, ls.connect(sandbox) as portal:
    ...     done = ls.sync(portal, store, progress=False)
    >>> data = ls.training_set(store, ls.reaches("customer"))
    >>> data["outcome"].dtype, data.attrs["history"]
    (BooleanDtype, True)
    """
    held_out([], hold_out)  # a share that is none is refused before anything is read
    evidence = _evidence(store, goal, exclude, history)
    if evidence is None:
        return trained_now(store, goal, exclude=exclude, hold_out=hold_out)
    contact, at = _snapshots(evidence, ages, month_starts=month_starts)
    kept = chosen_rows(evidence.contacts["id"], contact, at, most=most_rows)
    frame = _frame(evidence, contact[kept], at[kept], hold_out=hold_out)
    filled = [name for name in frame.columns if name in KEYS or frame[name].notna().any()]
    frame = _only(frame, filled)
    mature = frame["outcome"].notna()
    frame.attrs |= {
        "immature": int((~mature).sum()),
        "left_out": _left_out(evidence, contact),
        **_timing(evidence, filled),
        "snapshots": {
            "ages": [float(age) for age in np.atleast_1d(ages)],
            "month_starts": bool(month_starts),
            "time_zone": str(_zone(evidence)),
        },
    }
    if not kept.all():
        note = f"Of {len(kept):,} snapshots {kept.sum():,} were taken, at random."
        frame.attrs["notes"] = [*frame.attrs["notes"], note]
    return frame


def scoring_frame(
    store: Store,
    goal: Goal,
    *,
    who: str = "open",
    exclude: Exclude = None,
    hold_out: float = 0.0,
    history: bool | None = None,
) -> pd.DataFrame:
    """Return the same columns for the contacts to be scored, as of the last sync.

    Parameters
    ----------
    store, goal, exclude, hold_out, history
        As for `training_set`.
    who : {"open", "all"}
        Only contacts that have not reached the goal, or everybody.

    Returns
    -------
    DataFrame
        One row per contact, sorted by id; ``outcome`` is missing.
    """
    _check_who(who)
    held_out([], hold_out)
    evidence = _evidence(store, goal, exclude, history)
    if evidence is None:
        return scored_now(store, goal, who=who, exclude=exclude, hold_out=hold_out)
    return _scored(evidence, _who(evidence, who), hold_out)


def write_snapshot(
    store: Store,
    goal: Goal,
    *,
    who: str = "open",
    exclude: Exclude = None,
    hold_out: float = 0.0,
    history: bool | None = None,
) -> int:
    """Write the scoring frame into the store's table ``snapshot``, in place of the last one.

    Its columns are made for 50,000 contacts at a time: what is held in memory is the history
    (about 20 bytes an entry) and one such part.

    Parameters
    ----------
    store, goal, who, exclude, hold_out, history
        As for `scoring_frame`.

    Returns
    -------
    int
        The rows written.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> with ls.open_sandbox(contacts=50) as sandbox, ls.connect(sandbox) as portal:
    ...     done = ls.sync(portal, store, progress=False)
    >>> write_snapshot(store, ls.reaches("customer"), who="all")
    50
    >>> [len(frame) for frame in snapshot_batches(store, ["jobtitle"])]
    [50]
    """
    _check_who(who)
    held_out([], hold_out)
    evidence = _evidence(store, goal, exclude, history)
    if evidence is None:
        frame = scored_now(store, goal, who=who, exclude=exclude, hold_out=hold_out)
        return write_frames(store, [frame])
    contact = _who(evidence, who)
    parts = (contact[first : first + _CHUNK] for first in range(0, max(len(contact), 1), _CHUNK))
    return write_frames(store, (_scored(evidence, part, hold_out) for part in parts))


def snapshot_batches(store: Store, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
    """Read what `write_snapshot` wrote, in frames of at most 32,768 rows.

    Parameters
    ----------
    store : Store
    columns : sequence of str, optional
        Only these, after ``contact_id``; all when None.

    Yields
    ------
    DataFrame
        As `scoring_frame` returns it, with its attrs; contact ids ascending over all frames.

    Raises
    ------
    DataError
        No snapshot was written, or it has no such column.
    """
    return read_frames(store, columns)


def _scored(evidence: Evidence, contact: npt.NDArray[np.int64], hold_out: float) -> pd.DataFrame:
    at = np.full(len(contact), moment_ms([evidence.as_of])[0])
    frame = _frame(evidence, contact, at, hold_out=hold_out)
    frame["outcome"] = pd.array([pd.NA] * len(frame), dtype="boolean")
    frame.attrs |= {"immature": 0, "left_out": _out_counts(evidence)}
    return frame


def _check_who(who: str) -> None:
    if who not in ("open", "all"):
        raise UsageError(f"who is {who!r}.", hint='Use who="open" or who="all".')


def _evidence(store: Store, goal: Goal, exclude: Exclude, history: bool | None) -> Evidence | None:
    """Return the history; None where today's values are wanted, or are all that there is."""
    if history is False:
        return None
    found = gather(store, goal, exclude=exclude) if has_history(store) else None
    if history and found is None:
        raise DataError(
            "The store has no history of contacts.", hint="Run sync with history, or history=None."
        )
    if found is None or found.dated:
        return found
    if history:
        why = _UNDATED.format(goal=str(goal)).capitalize()
        raise DataError(f"{why}.", hint="Sync that property's history, or use history=None.")
    return None


def _who(evidence: Evidence, who: str) -> npt.NDArray[np.int64]:
    kept = ~_gone(evidence)
    if who == "open":
        kept &= ~evidence.reached.reached
    return np.flatnonzero(kept)


def _gone(evidence: Evidence) -> npt.NDArray[np.bool_]:
    nobody = np.zeros(len(evidence.contacts), bool)
    return np.asarray(np.logical_or.reduce([nobody, *evidence.out.values()]))


# rows --------------------------------------------------------------------------------------------


def _zone(evidence: Evidence) -> Any:
    return zone_of(evidence.store.ledger.checkpoint("time_zone"))


def _snapshots(
    evidence: Evidence, ages: Sequence[float], *, month_starts: bool
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    last = int(moment_ms([evidence.as_of])[0])
    start, reached = evidence.start, evidence.reached
    # Who reached the goal at an unknown time may have had it at any snapshot.
    out = _gone(evidence) | (reached.reached & (reached.ms == NEVER))
    end = np.where(out, 0, np.minimum(reached.ms, last))
    months = np.zeros(0, np.int64)
    if month_starts and (start < NEVER).any():
        months = month_starts_between(int(start.min()), last, _zone(evidence))
    return snapshot_times(start, end, ages=ages, months=months)


def _left_out(evidence: Evidence, contact: npt.NDArray[Any]) -> dict[str, int]:
    """Count the contacts without a row, by the first reason that applies."""
    start, reached = evidence.start, evidence.reached
    rows = np.bincount(contact, minlength=len(start)) > 0
    reasons = {
        **evidence.out,
        "no creation date": start == NEVER,
        "reached the goal at an unknown time": reached.reached & (reached.ms == NEVER),
        "reached the goal before the first snapshot": reached.ms < NEVER,
        "too young for a snapshot": np.ones(len(start), bool),
    }
    left, counts = ~rows, {}
    for reason, who in reasons.items():
        counts[reason] = int((left & who).sum())
        left &= ~who
    counts["merged: seen from the merge on only"] = int((rows & (evidence.pasts.merged > 0)).sum())
    return {reason: count for reason, count in counts.items() if count}


def _out_counts(evidence: Evidence) -> dict[str, int]:
    return {reason: int(who.sum()) for reason, who in evidence.out.items() if who.any()}


def _timing(evidence: Evidence, names: Sequence[str]) -> dict[Hashable, Any]:
    wanted = set(names) - {evidence.goal.property_name}  # it changes at the goal, of course
    pasts = {n: past for n, past in evidence.pasts.by_property.items() if n in wanted}
    goal_at = evidence.reached.ms
    return {
        "timing": goal_timing(pasts, goal_at),
        "timing_by_month": timing_by_month(pasts, goal_at),
    }


# the frame ---------------------------------------------------------------------------------------


def _frame(
    evidence: Evidence,
    contact: npt.NDArray[Any],
    at: npt.NDArray[np.int64],
    *,
    hold_out: float,
) -> pd.DataFrame:
    ids = evidence.contacts["id"].take(contact).reset_index(drop=True)
    columns: dict[str, Any] = {
        "contact_id": ids,
        "snapshot_at": _times(at),
        "outcome": _outcome(evidence, contact, at),
        **known_then(evidence, contact, at),
    }
    if hold_out:
        columns[HELD_OUT] = pd.array(held_out(ids, hold_out), dtype="boolean")
    frame = pd.DataFrame(columns, copy=False)
    frame.attrs = _facts(evidence, frame) | {"hold_out": hold_out}
    return frame


def _times(at: npt.NDArray[np.int64]) -> pd.Series[Any]:
    stamps = pd.Series(pd.DatetimeIndex((at * 1000).astype("datetime64[us]"), tz="UTC"))
    return stamps.astype("datetime64[us, UTC]")


def _outcome(
    evidence: Evidence, contact: npt.NDArray[Any], at: npt.NDArray[np.int64]
) -> pd.Series[Any]:
    goal_at = evidence.reached.ms[contact]
    never = goal_at == NEVER
    when = _times(np.where(never, 0, goal_at)).mask(pd.Series(never))
    reached = pd.Series(evidence.reached.reached[contact])
    found = within_horizon(evidence.goal, when, reached, start=_times(at), as_of=evidence.as_of)
    return found.astype("boolean")


def _facts(evidence: Evidence, frame: pd.DataFrame) -> dict[Hashable, Any]:
    derived = [str(name) for name in frame if str(name).endswith(ENDINGS)]
    not_features = [name for name in (*BESIDE, HELD_OUT) if name in frame]
    names = [n for n in frame if n not in {*KEYS, *derived, *not_features}]
    about = evidence.about.loc[names]
    numbers = about.index[about["type"] == "number"]
    texts = [n for n in numbers if not pd.api.types.is_numeric_dtype(frame[n].dtype)]
    facts = frame_facts(
        evidence.store,
        evidence.goal,
        about,
        texts=texts,
        as_of=evidence.as_of,
        version=evidence.version,
    )
    for fact, told in derived_facts(facts, derived).items():
        facts[fact] = facts[fact] | told
    return facts | {
        "time_known": True,
        "history": True,
        "excluded": evidence.excluded,
        "not_features": not_features,
        "contacts": len(evidence.contacts),
    }


def _only(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return some columns, with the attrs of these."""
    kept = frame[list(names)]
    gone = set(frame.columns) - set(names)
    kept.attrs = dict(frame.attrs)
    for fact in ("families", "labels", "types", "groups"):
        told = frame.attrs[fact]
        kept.attrs[fact] = {name: value for name, value in told.items() if name not in gone}
    kept.attrs["not_features"] = [n for n in frame.attrs["not_features"] if n not in gone]
    return kept
