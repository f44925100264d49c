"""The funnel: how many contacts ever came to each lifecycle stage, counted inside the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from leadscore.conversions import share
from leadscore.errors import DataError, UsageError
from leadscore.origins import SOURCE, labels_of
from leadscore.snapshottimes import zone_of

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["funnel"]

_STAGE = "lifecyclestage"
_HEAD = """
WITH places(stage, place) AS (VALUES {places}), been AS ({been}),
ways AS (SELECT id, place FROM been JOIN places USING (stage)),
own AS (SELECT id, {part} AS part FROM contacts)"""
_FURTHEST = """,
furthest AS (SELECT id, max(place) AS place FROM ways WHERE place < {steps} GROUP BY id)
SELECT part, coalesce(place, -1) AS place, count(*) AS contacts
FROM own LEFT JOIN furthest USING (id) GROUP BY ALL"""
_ENTERED = """
SELECT part, place, count(*) AS contacts FROM own JOIN ways USING (id) GROUP BY ALL"""
_NOW = "SELECT id, lifecyclestage AS stage FROM contacts WHERE lifecyclestage IS NOT NULL"
_THEN = """SELECT id, value AS stage FROM history
WHERE object = 'contacts' AND property = 'lifecyclestage' AND value IS NOT NULL"""
_DATED = 'SELECT id, {stage} AS stage FROM contacts WHERE "{column}" IS NOT NULL'
_PART = {"source": "source", "month": "month"}
_COLUMNS = (
    *("stage", "label", "contacts", "entered", "reached"),
    *("share", "from_previous", "low", "high"),
)


def funnel(
    store: Store,
    *,
    by: Literal["source", "month"] | None = None,
    aside: Sequence[str] = ("other",),
) -> pd.DataFrame:
    """Return how many contacts came to each lifecycle stage, and how many went on from there.

    A contact has been at a stage if its history has it, if HubSpot keeps a date of its becoming or
    entering it (``hs_lifecyclestage_…_date``, ``hs_v2_date_entered_…``), or if it is there now.
    Stages can be skipped: who came to a later stage counts as having reached those before it.

    Parameters
    ----------
    store : Store
        A synced store; it is counted by SQL, without loading the contacts.
    by : {"source", "month"}, optional
        One funnel per original traffic source, or per month of creation in the portal's time zone
        (UTC where that is not known).
    aside : sequence of str, default ("other",)
        Stages that are no step of the way, by internal name: listed last, reached by nobody who
        did not enter them. HubSpot's own stage "Other" comes after "Evangelist" but is none.

    Returns
    -------
    DataFrame
        The stages in the portal's order, per part: ``source`` or ``month`` (str, if asked for;
        missing where a contact has none), ``stage``, ``label`` (str), ``contacts`` (Int64: all of
        the part), ``entered``, ``reached`` (Int64: it or a later stage), ``share`` (float64,
        reached of all contacts), ``from_previous``, ``low``, ``high`` (float64: reached of those
        that reached the stage before, and its 95 % interval by Wilson; missing at the first stage
        and aside). The young count as well: they may still go on. ``attrs``: report, by, contacts,
        created, as_of, time_zone, aside.

    Raises
    ------
    DataError
        The store holds no contacts, or no lifecycle stage.
    UsageError
        ``by`` is something else, or ``aside`` names no stage.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.funnel(ls.open_store(tempfile.mkdtemp()), by="owner")
    Traceback (most recent call last):
    ...
    leadscore.errors.UsageError: A funnel by 'owner' is not to be had. Use by="source", ...
    """
    if by is not None and by not in _PART:
        raise UsageError(
            f"A funnel by {by!r} is not to be had.", hint='Use by="source", by="month" or none.'
        )
    stages = _stages(store)
    steps = [stage for stage in stages if stage not in aside]
    part = _part(store, by)
    order = [*steps, *(stage for stage in stages if stage in aside)]
    furthest, entered = (store.sql(q) for q in _queries(store, part, order, len(steps)))
    made = [
        _funnel(own, entered[_same(entered["part"], value)], order, len(steps))
        for value, own in furthest.groupby("part", dropna=False)
    ]
    values = [value for value, _ in furthest.groupby("part", dropna=False)]
    found = _joined(made, values, order, stages)
    return _finished(store, found, by, aside)


def _same(column: pd.Series[Any], value: Any) -> pd.Series[Any]:
    return column.isna() if pd.isna(value) else column == value


def _stages(store: Store) -> dict[str, str]:
    if _STAGE not in store.schema("contacts").names:
        raise DataError(
            f"The store's contacts have no {_STAGE}, so there is no funnel.",
            hint="Sync that property.",
        )
    stages = labels_of(store, _STAGE)
    if not stages:
        raise DataError("The store does not know the lifecycle stages.", hint="Run the sync again.")
    return stages


def _part(store: Store, by: str | None) -> str:
    """Return the SQL of what a contact is grouped by."""
    if by is None:
        return "''"
    wanted = SOURCE if by == "source" else "createdate"
    if wanted not in store.schema("contacts").names:
        raise DataError(f"The store's contacts have no {wanted}.", hint="Sync that property.")
    return SOURCE if by == "source" else _month(store)


def _month(store: Store) -> str:
    kept = store.ledger.checkpoint("time_zone")
    zone = zone_of(None if kept is None else str(kept))
    if hasattr(zone, "key"):
        return f"strftime(createdate AT TIME ZONE {_quoted(zone.key)}, '%Y-%m')"
    ahead = zone.utcoffset(datetime(2000, 1, 1))
    minutes = 0 if ahead is None else round(ahead.total_seconds() / 60)
    return f"strftime(createdate + INTERVAL '{minutes} minutes', '%Y-%m')"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _queries(store: Store, part: str, order: Sequence[str], steps: int) -> tuple[str, str]:
    places = ", ".join(f"({_quoted(stage)}, {n})" for n, stage in enumerate(order))
    filled = {"part": part, "places": places, "been": " UNION ".join(_been(store, order))}
    furthest, entered = (_HEAD + tail for tail in (_FURTHEST, _ENTERED))
    return furthest.format(**filled, steps=steps), entered.format(**filled)


def _been(store: Store, order: Sequence[str]) -> Iterator[str]:
    """Yield the SQL of each place where it is kept that a contact was at a stage."""
    there = set(store.schema("contacts").names)
    yield _NOW
    if store.has("history"):
        yield _THEN
    for stage in order:
        for name in (f"hs_lifecyclestage_{stage}_date", f"hs_v2_date_entered_{stage}"):
            if name in there:
                column = name.replace('"', '""')
                yield _DATED.format(stage=_quoted(stage), column=column)


def _funnel(
    furthest: pd.DataFrame, entered: pd.DataFrame, order: Sequence[str], steps: int
) -> pd.DataFrame:
    counts = furthest.set_index("place")["contacts"].astype("int64")
    total = int(counts.sum())
    came = entered.set_index("place")["contacts"].astype("int64")
    went = came.reindex(range(len(order)), fill_value=0).to_numpy()
    upward = counts.reindex(range(steps), fill_value=0).to_numpy()
    reached = np.concatenate([np.cumsum(upward[::-1])[::-1], went[steps:]])
    before = np.concatenate([[0], reached[: steps - 1], np.zeros(len(order) - steps, np.int64)])
    rate, low, high = share(reached, before[: len(order)])
    return pd.DataFrame(
        {
            "contacts": total,
            "entered": went,
            "reached": reached,
            "share": reached / max(total, 1),
            "from_previous": rate,
            "low": low,
            "high": high,
        }
    )


def _joined(
    made: Sequence[pd.DataFrame],
    values: Sequence[Any],
    order: Sequence[str],
    labels: dict[str, str],
) -> pd.DataFrame:
    names = {"stage": list(order), "label": [labels[stage] for stage in order]}
    parts = [own.assign(part=value, **names) for own, value in zip(made, values, strict=True)]
    if not parts:
        return pd.DataFrame(columns=["part", *_COLUMNS])
    return pd.concat(parts, ignore_index=True)


def _finished(
    store: Store, found: pd.DataFrame, by: str | None, aside: Sequence[str]
) -> pd.DataFrame:
    whole = dict.fromkeys(("contacts", "entered", "reached"), "Int64")
    shares = dict.fromkeys(("share", "from_previous", "low", "high"), "float64")
    found = found.astype(whole | shares | {"part": "str", "stage": "str", "label": "str"})
    if by is None:
        found = found[list(_COLUMNS)]
    else:
        if by == "source":
            labels = labels_of(store, SOURCE)
            shown = found["part"].map(lambda value: labels.get(value, value), na_action="ignore")
            found["part"] = shown.astype("str")
            found["__most"] = -found["contacts"]
            found = found.sort_values(["__most", "part"], kind="stable", ignore_index=True)
        found = found.rename(columns={"part": by})[[by, *_COLUMNS]]
    found.attrs = _facts(store) | {"report": "funnel", "by": by, "aside": list(aside)}
    return found


def _facts(store: Store) -> dict[Any, Any]:
    dated = "createdate" in store.schema("contacts").names
    ends = "min(createdate) AS first, max(createdate) AS last, " if dated else ""
    row = store.sql(f"SELECT {ends}count(*) AS n FROM contacts").iloc[0]  # noqa: S608
    period = [row["first"], row["last"]] if dated else []
    zone, as_of = (store.ledger.checkpoint(name) for name in ("time_zone", "synced_at"))
    return {
        "as_of": None if as_of is None else str(as_of),
        "contacts": int(row["n"]),
        "created": [f"{day:%Y-%m-%d}" for day in period if not pd.isna(day)],
        "time_zone": str(zone or "UTC"),
    }
