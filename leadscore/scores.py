"""From probability to what sales works with: score, tier, trend and reasons, contact by contact."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.drifting import check_missingness
from leadscore.errors import GuardError
from leadscore.goals import Goal, parse_goal
from leadscore.guards import accepted, finding
from leadscore.leavingout import Exclude, excluded_by, held_out, needs_columns
from leadscore.model import LeadModel, check_spread
from leadscore.optionlabels import option_labels
from leadscore.reasons import vocabulary
from leadscore.scorebatches import pieces, ranked, score_batches
from leadscore.scoretable import append_scores, last_scores, recent_runs, scored_lately, trend
from leadscore.tiers import Cuts, cut

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["score", "score_frame"]

_ORDER = (
    *("contact_id", "probability", "score", "tier", "rank", "fit", "engagement", "trend"),
    *("reasons_for", "reasons_against", "reasons", "held_out", "model", "scored_at"),
)
_PANDAS = {pa.int64(): pd.Int64Dtype(), pa.large_string(): pd.StringDtype(na_value=np.nan)}


def score(
    model: LeadModel,
    store: Store,
    *,
    capacity: int | None = None,
    rates: Mapping[str, float] | None = None,
    who: str = "open",
    exclude: Exclude = None,
    hold_out: float = 0.0,
    override: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Score the contacts of a store as they are now, and keep the scores in its table ``scores``.

    Parameters
    ----------
    model : LeadModel
        The model.
    store : Store
        The local copy, synced.
    capacity : int, optional
        How many leads sales can work, say in a week: tier A holds as many, B the next as many. By
        default a tenth of the contacts.
    rates : mapping, optional
        Tiers by conversion rate instead: ``{"A": 0.2, "B": 0.1}`` puts a probability of at least
        20 % into A and of at least 10 % into B.
    who : {"open", "all"}
        Contacts that have not reached the goal, or all.
    exclude, hold_out
        Contacts to leave out, and the share that is scored and never written: as for
        `leadscore.training_set`.
    override : mapping of str to str, optional
        ``{"missing_features": reason}`` scores although a property that carries weight has lost
        all its values. The reason is kept: in ``attrs["overridden"]``, and in the plan.

    Returns
    -------
    DataFrame
        See `score_frame`. With ``who="open"``, contacts follow that have reached the goal and had
        a score in the last 30 days: their tier is ``reached``, and they have no score any more.
        ``attrs`` has also ``run`` (its id in the ledger) and ``reached`` (how many).

    Raises
    ------
    BusyError
        Another run holds the workspace.
    DataError
        The store was never synced completely.
    GuardError
        A property that carries weight has lost all its values since the model learnt from it
        (``missing_features``).
    UsageError
        `override` names no guard, or gives no reason.

    Notes
    -----
    All scores of a run are appended to the table in one commit; a crash leaves all or none. A
    contact's ``reached`` is appended once.
    """
    cuts, overridden = Cuts(capacity, rates), accepted(override)
    kept = model.card["goal"]
    goal = Goal.from_dict(kept) if isinstance(kept, dict) else parse_goal(kept)
    with store.lock("score"):
        frames = _snapshot(model, store, goal, who=who, exclude=exclude, hold_out=hold_out)
        everybody = _everybody(store, exclude) if who == "open" else _NOBODY
        scores, found = _score_and_keep(
            model,
            store,
            frames,
            cuts=cuts,
            everybody=everybody,
            hold_out=hold_out,
            overridden=overridden,
        )
    if overridden:
        scores.attrs |= {"overridden": overridden, "guards": found}
    return scores


def score_frame(
    model: LeadModel,
    frame: pd.DataFrame,
    *,
    capacity: int | None = None,
    rates: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Score the contacts of a frame: one row each. Nothing is kept.

    Parameters
    ----------
    model : LeadModel
        The model.
    frame : DataFrame
        A scoring frame, one row per contact. Those with a true ``held_out`` are scored, and take
        no place of a tier. ``attrs``: ``labels`` of the properties.
    capacity, rates
        As for `score`.

    Returns
    -------
    DataFrame
        Best first (probability, then contact id): ``contact_id``; ``probability`` float64;
        ``score`` Int64, 0-100: the share of the newest training rows with a lower value;
        ``tier`` A-D; ``rank`` Int64 from 1; ``fit``, ``engagement`` as the score, of their parts;
        ``trend`` against the last run: ``rising``, ``steady``, ``falling`` (3 points), ``new``;
        ``reasons_for`` and ``reasons_against``, lists of ``{"property", "value",
        "contribution"}``, strongest first; ``reasons``, the same in words; ``held_out`` bool;
        ``model``; ``scored_at``. ``attrs``: what `leadscore.tiers.cut` tells of the tiers
        (``capacity``, ``contacts_by_tier``, ``expected_conversions``, ``cuts``,
        ``ties_at_cut``…); ``model``, ``goal`` and, when known, ``signal`` and ``workspace``.

    Raises
    ------
    DataError
        A contact has two rows.
    ModelError
        The columns do not fit the model.
    UsageError
        The capacity or the rates cannot be used.
    """
    cuts = Cuts(capacity, rates)
    words = vocabulary(model, frame.attrs.get("labels", {}))
    table, facts = _tiered(model, ranked(score_batches(model, pieces(frame), words)), cuts)
    table = _with_trend(table, table.select(["contact_id", "score"]).slice(0, 0))
    return _as_pandas(table, _facts(model, frame.attrs) | facts)


def _snapshot(
    model: LeadModel, store: Store, goal: Goal, *, who: str, exclude: Exclude, hold_out: float
) -> Iterator[pd.DataFrame]:
    """Yield the contacts to be scored, their values told as those that the model learnt from."""
    from leadscore.snapshots import scoring_frame, snapshot_batches, write_snapshot

    chosen: dict[str, Any] = {"who": who, "exclude": exclude, "hold_out": hold_out}
    if not model.card.get("history"):
        yield from pieces(scoring_frame(store, goal, history=False, **chosen))
        return
    write_snapshot(store, goal, **chosen)
    for frame in snapshot_batches(store):
        yield from pieces(frame)


def _score_and_keep(
    model: LeadModel,
    store: Store,
    frames: Iterator[pd.DataFrame],
    *,
    cuts: Cuts,
    everybody: pa.Array,
    hold_out: float,
    overridden: Mapping[str, str],
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Score and append; whoever of `everybody` is not in the frames has reached the goal.

    Returns what guards found too, where they were passed over.
    """
    first = next(frames, None)
    attrs = {} if first is None else first.attrs
    every = frames if first is None else chain([first], frames)
    options = option_labels(store.properties("contacts")) if store.has("properties") else {}
    words = vocabulary(model, attrs.get("labels", {}), options)
    found: list[dict[str, Any]] = []
    with _on_record(
        model, store, **({"overridden": dict(overridden)} if overridden else {})
    ) as run:
        if first is not None:
            found = _missing(model, first, overridden)
        runs = recent_runs(store, model.goal, pd.Timestamp.now("UTC"))
        table = ranked(score_batches(model, every, words))
        table, facts = _tiered(model, table, cuts)
        table = _with_trend(table, last_scores(store, runs))
        winners = everybody.filter(pc.invert(pc.is_in(everybody, value_set=_ids(table))))
        reached, new = _reached(store, runs, winners)
        whole = pa.concat_tables([table, _reached_rows(table.schema, model, new, hold_out)])
        append_scores(store, whole, model=model, run=run)
    whole = pa.concat_tables([table, _reached_rows(table.schema, model, reached, hold_out)])
    kept = {"run": run, "reached": len(reached)}
    return _as_pandas(whole, _facts(model, attrs) | facts | kept), found


def _missing(
    model: LeadModel, frame: pd.DataFrame, overridden: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Refuse a frame that lost what scores rest on, or return that it did."""
    try:
        check_missingness(model, frame)
    except GuardError as error:
        if "missing_features" not in overridden:
            raise
        return [finding("missing_features", blocks=True, says=error.message)]
    return []


@contextmanager
def _on_record(model: LeadModel, store: Store, **facts: Any) -> Iterator[str]:
    store.ledger.close_runs("score")  # the lock is ours: one that still runs was killed
    run = store.ledger.start_run("score", model=model.id, goal=model.goal, **facts)
    try:
        yield run
    except BaseException as error:
        store.ledger.finish_run(run, "failed", error=type(error).__name__)
        raise
    store.ledger.finish_run(run, "done")


def _tiered(model: LeadModel, table: pa.Table, cuts: Cuts) -> tuple[pa.Table, dict[str, Any]]:
    """Cut a ranking into tiers, and sign it with model and time."""
    probability = table["probability"].to_numpy()
    check_spread(probability, model.features)
    tiers, facts = cut(probability, cuts, held_out=table["held_out"].to_numpy())
    now = pa.scalar(pd.Timestamp.now("UTC").floor("s"), pa.timestamp("us", "UTC"))
    more = {
        "tier": pa.array(tiers, pa.large_string()),
        "rank": pa.array(np.arange(1, len(table) + 1)),
        "model": pa.repeat(pa.scalar(model.id, pa.large_string()), len(table)),
        "scored_at": pa.repeat(now, len(table)),
    }
    for name, column in more.items():
        table = table.append_column(name, column)
    return table, facts


def _with_trend(table: pa.Table, last: pa.Table) -> pa.Table:
    words = trend(table["contact_id"], table["score"], last)
    return table.append_column("trend", words.cast(pa.large_string()))


_NOBODY = pa.array([], pa.string())


def _everybody(store: Store, exclude: Exclude) -> pa.Array:
    """Return the ids of all contacts but those left out."""
    contacts = store.contacts(None if needs_columns(exclude) else ["id"])
    out = excluded_by(exclude, contacts).values()
    gone = np.logical_or.reduce([np.zeros(len(contacts), dtype=bool), *out])
    return pa.array(contacts.loc[~gone, "id"].sort_values(), pa.string())


def _ids(table: pa.Table) -> pa.ChunkedArray:
    return table["contact_id"].cast(pa.string())


def _reached(store: Store, runs: list[str], winners: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return which winners were scored before, and which of these are not on record as such."""
    scored, noted = scored_lately(store, runs, winners)
    before = winners.filter(pc.is_in(winners, value_set=scored))
    return before, before.filter(pc.invert(pc.is_in(before, value_set=noted)))


def _reached_rows(
    schema: pa.Schema, model: LeadModel, contacts: pa.Array, hold_out: float
) -> pa.Table:
    n = len(contacts)
    known = {
        "contact_id": contacts,
        "tier": pa.repeat("reached", n),
        "reasons": pa.repeat(f"Reached the goal: {model.goal}.", n),
        "held_out": pa.array(held_out(contacts.to_pylist(), hold_out)),
        "model": pa.repeat(model.id, n),
        "scored_at": pa.repeat(pd.Timestamp.now("UTC").floor("s"), n),
    }
    known |= {f"reasons_{side}": pa.array([[]] * n, pa.list_(pa.null())) for side in _SIDES}
    columns = [known.get(f.name, pa.nulls(n)).cast(f.type) for f in schema]
    return pa.Table.from_arrays(columns, schema=schema)


_SIDES = ("for", "against")


def _as_pandas(table: pa.Table, facts: dict[Hashable, Any]) -> pd.DataFrame:
    """Return the table as a frame that shares its memory."""
    kinds = _PANDAS | {kind: pd.ArrowDtype(kind) for kind in table.schema.types if _is_list(kind)}
    frame: pd.DataFrame = table.select(_ORDER).to_pandas(types_mapper=kinds.get)
    frame.attrs = facts
    return frame


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind))


def _facts(model: LeadModel, attrs: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
    facts: dict[Hashable, Any] = {"model": model.id, "goal": model.goal}
    if "signal" in model.card:
        facts["signal"] = model.card["signal"]
    if "workspace" in attrs:
        facts["workspace"] = attrs["workspace"]
    return facts
