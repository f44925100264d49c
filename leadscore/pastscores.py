"""Scores whose outcome is known: those given, or a rehearsal until these are due.

A score is judged once it is as old as the goal's horizon. Before that the nearest thing to it is
the backtest: the model's recipe learns from the past only, and says what it would have said then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from leadscore.conversions import months
from leadscore.errors import DataError
from leadscore.givenscores import scored_leads
from leadscore.tiers import Cuts, cut

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["past_scores"]

GIVEN, REHEARSED = "as given", "rehearsed"


def past_scores(
    store: Store,
    predictions: pd.DataFrame | None = None,
    *,
    goal: Goal | None = None,
    model: str | None = None,
) -> pd.DataFrame:
    """Return scores with what came of them: those given, or else those of a backtest.

    Parameters
    ----------
    store : Store
        A synced store.
    predictions : DataFrame, optional
        As `leadscore.backtest` gives them. They stand in while no score's horizon has passed; of a
        contact the first of each month counts, and a tenth of a month's contacts is tier A, as
        `leadscore.score` cuts by default.
    goal : Goal, optional
        What counts for scores as given; by default each model's own goal.
    model : str, optional
        Only scores that this model gave, by id.

    Returns
    -------
    DataFrame
        As `leadscore.givenscores.scored_leads` gives it. ``attrs["kind"]`` is "as given" or
        "rehearsed".

    Raises
    ------
    DataError
        No scores were given (by the model), and there are no predictions.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.past_scores(ls.open_store(tempfile.mkdtemp()))
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: No scores have been given in this workspace. Score the leads ...
    """
    given = scored_leads(store, models=None if model is None else [model], goal=goal)
    judged = bool(len(given)) and bool((given["state"] == "judged").any())
    if predictions is not None and not judged:
        return _rehearsed(store, predictions)
    _check(store, given, model)
    given.attrs["kind"] = GIVEN
    return given


def _check(store: Store, given: pd.DataFrame, model: str | None) -> None:
    if not store.rows("scores"):
        raise DataError(
            "No scores have been given in this workspace.",
            hint="Score the leads first: leadscore.score, or `leadscore score`.",
        )
    if given.empty:
        raise DataError(
            f"The model {model!r} has given no scores."
            if model
            else "Every score that was given is of a contact that had reached the goal.",
            hint="`leadscore runs` and leadscore.models(store) list what there is.",
        )


def _rehearsed(store: Store, predictions: pd.DataFrame) -> pd.DataFrame:
    known = predictions[predictions["outcome"].notna()]
    rows = known.assign(month=months(known["snapshot_at"], store))
    rows = rows.sort_values(["snapshot_at", "contact_id"]).drop_duplicates(["contact_id", "month"])
    rows = rows.sort_values(["month", "probability", "contact_id"], ascending=[True, False, True])
    by_month = rows.groupby("month")["probability"]
    tiers = [cut(own.to_numpy("float64"), Cuts())[0] for _, own in by_month]
    found = rows[["contact_id", "month", "snapshot_at", "probability", "outcome"]].assign(
        model="the backtest",
        tier=pd.array(np.concatenate(tiers) if tiers else [], dtype="str"),
        score=pd.array([pd.NA] * len(rows), dtype="Int64"),
        held_out=pd.array([False] * len(rows), dtype="boolean"),
        worked=pd.array([pd.NA] * len(rows), dtype="boolean"),
        state="judged",
    )
    found = found.astype({"outcome": "boolean", "probability": "float64"}).reset_index(drop=True)
    found.attrs = {"kind": REHEARSED, "protocol": predictions.attrs.get("protocol")}
    return found
