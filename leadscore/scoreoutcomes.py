"""Scores as they were given against what happened afterwards: by tier, and by owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.conversions import facts_of, share
from leadscore.errors import DataError
from leadscore.pastscores import past_scores
from leadscore.snapshotfacts import synced_at

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["owners", "tiers"]

_OWNER = "hubspot_owner_id"
_COLUMNS = (
    *("scores", "judged", "contacts", "converted"),
    *("rate", "low", "high", "expected", "not_due", "held_out"),
)
_WHOLE = ("scores", "judged", "contacts", "converted", "not_due", "held_out")


def tiers(
    store: Store,
    goal: Goal | None = None,
    *,
    model: str | None = None,
    scores: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how leads of each tier converted within the horizon after they had got their score.

    Parameters
    ----------
    store : Store
        A synced store with scores that were given (`leadscore.score`).
    goal : Goal, optional
        What counts; by default each model's own goal.
    model : str, optional
        Only scores of this model, by id.
    scores : DataFrame, optional
        As `leadscore.report.past_scores` gives them, in place of all that were given; then they
        decide about goal and model.

    Returns
    -------
    DataFrame
        One row per model and tier: ``model``, ``tier`` (str), ``scores`` (Int64: given, the first
        of each contact and month), ``judged`` (Int64: their horizon has passed), ``contacts``,
        ``converted`` (Int64, of the judged), ``rate``, ``low``, ``high`` (float64, share of the
        judged; 95 % interval by Wilson over contacts), ``expected`` (float64: the mean probability
        that the judged were given), ``not_due`` (not judged yet: no losses), ``held_out`` (Int64,
        of the judged: their score was never written). ``attrs``: report, kind ("as given" or
        "rehearsed"), goal, horizon_days, as_of,
        scored (first and last day).

    Raises
    ------
    DataError
        No scores were given.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.tiers(ls.open_store(tempfile.mkdtemp()))
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: No scores have been given in this workspace. Score the leads ...
    """
    given = past_scores(store, goal=goal, model=model) if scores is None else scores
    return _by(store, given, ["model", "tier"], goal, report="tiers")


def owners(
    store: Store,
    goal: Goal | None = None,
    *,
    model: str | None = None,
    scores: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return how scored leads converted by owner, beside what their scores had promised.

    The owner is the contact's present one (``hubspot_owner_id``); leads without are in a row
    without. An owner above ``expected`` does better than the leads' scores say, which may be
    chance (the interval tells) or the leads.

    Parameters, errors and columns as for `tiers`, with ``owner`` in place of ``tier``.
    """
    given = past_scores(store, goal=goal, model=model) if scores is None else scores
    if _OWNER not in store.schema("contacts").names:
        raise DataError(f"The store's contacts have no {_OWNER}.", hint="Sync that property.")
    present = store.contacts(["id", _OWNER]).set_index("id")[_OWNER]
    owner = given["contact_id"].map(present).astype("str").fillna("")
    found = _by(store, given.assign(owner=owner), ["model", "owner"], goal, report="owners")
    found["owner"] = found["owner"].mask(found["owner"] == "")
    return found


def _by(
    store: Store, given: pd.DataFrame, keys: list[str], goal: Goal | None, *, report: str
) -> pd.DataFrame:
    judged = given["state"] == "judged"
    told = given[[*keys]].assign(
        scores=1,
        judged=judged.astype("int64"),
        converted=(judged & given["outcome"].fillna(value=False)).astype("int64"),
        not_due=(given["state"] == "not due").astype("int64"),
        held_out=(judged & given["held_out"].fillna(value=False)).astype("int64"),
        expected=given["probability"].where(judged),
        contact=given["contact_id"].where(judged),
    )
    grouped = told.groupby(keys)
    found = grouped[["scores", "judged", "converted", "not_due", "held_out"]].sum()
    found["expected"] = grouped["expected"].mean()
    found["contacts"] = grouped["contact"].nunique()
    found["rate"] = found["converted"] / found["judged"].where(found["judged"] > 0)
    # A contact with scores in several months counts once for the width of the interval.
    _, found["low"], found["high"] = share(found["rate"] * found["contacts"], found["contacts"])
    kinds: dict[str, Any] = dict.fromkeys(_WHOLE, "Int64")
    found = found.astype(kinds | dict.fromkeys(("rate", "low", "high", "expected"), "float64"))
    found = found[list(_COLUMNS)].reset_index()
    scored = [f"{day:%Y-%m-%d}" for day in (given["snapshot_at"].min(), given["snapshot_at"].max())]
    about: dict[Any, Any] = {
        "report": report,
        "as_of": synced_at(store).isoformat(),
        "scored": scored,
    }
    found.attrs = {**about, **facts_of(goal)}
    found.attrs["kind"] = given.attrs.get("kind", "as given")
    return found
