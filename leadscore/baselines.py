"""The model beside what one would do without it, on the very same test rows."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore import metrics
from leadscore.blackbox import trees_probability
from leadscore.breakdowns import rows_of
from leadscore.errors import DataError
from leadscore.evaluation import backtest, known_rows
from leadscore.holdouts import make_folds
from leadscore.model import LeadModel
from leadscore.resampling import Metric, bootstrap_values, interval
from leadscore.tally import tally

__all__ = ["PORTAL_SCORES", "compare_baselines", "recency"]

# HubSpot's own numbers (HubSpot docs, default contact properties): the legacy score, which stopped
# changing on 2025-08-31, and "Likelihood to close" in its newer and older form. Scores of the newer
# tool have names of the portal's own.
PORTAL_SCORES = ("hubspotscore", "hs_predictivecontactscore_v2", "hs_predictivecontactscore")
_RESAMPLES = 500
_MODEL, _TREES, _BASE = "model", "boosted trees", "base rate"
_RULES, _RECENCY, _PORTAL = "point rules", "recency alone", "portal score"
_PROBABILITIES = (_MODEL, _TREES, _BASE)

Floats = NDArray[np.float64]


class Rules(Protocol):
    """Anything that gives points to the rows of a frame."""

    def points(self, frame: pd.DataFrame) -> pd.Series[Any]:
        """Return each row's points, more for likelier leads."""


def compare_baselines(
    model: LeadModel,
    data: pd.DataFrame,
    *,
    predictions: pd.DataFrame | None = None,
    rules: Rules | Callable[[pd.DataFrame], Any] | None = None,
    scores: Sequence[str] = (),
    trees: bool = True,
) -> pd.DataFrame:
    """Set the model beside simpler rankings and beside boosted trees, on the same test rows.

    ``model`` is the recipe as backtested. ``base rate`` says the same of every lead. ``recency
    alone`` ranks by the latest date or change among the columns that the model reads (those of
    engagement, where there are such). ``portal score`` is a score property of the portal's own,
    known ones and those named in `scores`. ``point rules`` are `rules`. ``boosted trees`` learn
    from the same rows and columns: the black-box reference, which shows what being explainable
    costs (`leadscore.blackbox.trees_probability`).

    Parameters
    ----------
    model : LeadModel
        Gives the recipe.
    data : DataFrame
        The training frame.
    predictions : DataFrame, optional
        What `leadscore.backtest` returned, to save doing it again.
    rules : object, optional
        Has ``points(frame)``, or is a function of a frame; returns a number per row.
    scores : sequence of str
        Further columns of `data` that hold a score, more for likelier leads.
    trees : bool, default True
        Whether to train the boosted trees, which takes longest.

    Returns
    -------
    DataFrame
        ``ranking``, ``metric`` (str), ``value``, ``low``, ``high``, ``difference``,
        ``difference_low``, ``difference_high`` (float64): the model's value minus this one's, with
        the interval of the paired bootstrap over contacts (Efron 1979). Metrics: ``roc_auc``,
        ``average_precision``, ``lift_top_decile``, and ``brier_skill`` where a probability is said.
        Rows without a score rank last. ``attrs``: ``protocol``, ``test_rows``, ``test_contacts``;
        ``absent``: which rankings are missing, and why; ``cost``: a sentence on what being
        explainable costs, if the trees were trained; ``beaten_by``: the rankings whose ROC AUC is
        above the model's by more than the interval.

    Raises
    ------
    ModelError, DataError
        As `leadscore.backtest`; or the predictions are of other rows, a score is not in the data,
        or the rules do not give one number per row.
    """
    tested = backtest(model, data) if predictions is None else predictions
    tested = tested[tested["outcome"].notna()]
    known = known_rows(data)
    rows = rows_of(tested, known)
    said = {_MODEL: tested["probability"].to_numpy("float64")}
    if trees:
        said[_TREES] = _trees(known, tested, seed=model.card["recipe"]["seed"])
    if rules is not None:
        said[_RULES] = _points(rules, rows)
    said |= _portal(rows, scores)
    last = recency(rows, columns=_columns(tested))
    said |= {} if last is None else {_RECENCY: last}
    said[_BASE] = np.full(len(rows), float(tested.attrs["reference_rate"]))
    found = _measured(said, tested, seed=model.card["recipe"]["seed"])
    facts: dict[Hashable, Any] = {
        "protocol": tested.attrs.get("protocol"),
        "test_rows": len(tested),
        "test_contacts": int(tested["contact_id"].nunique()),
        "absent": _absent(said, trees=trees),
    }
    found.attrs = facts | _conclusions(found)
    return found


def recency(rows: pd.DataFrame, *, columns: Sequence[str]) -> Floats | None:
    """Return minus the days since the latest date or change in `columns`; None without any.

    Parameters
    ----------
    rows : DataFrame
        A training or scoring frame; a date after the snapshot was not known then and is skipped.
    columns : sequence of str
        Where to look: dates, and the derived columns ``NAME__since``. Those of engagement
        (``attrs["groups"]``) count alone if there are any.

    Examples
    --------
    >>> now = pd.Timestamp("2026-01-10", tz="UTC")
    >>> rows = pd.DataFrame({"snapshot_at": [now, now], "last_open": [now, None],
    ...                      "visits__since": [3.0, 5.0]})
    >>> recency(rows, columns=["last_open", "visits__since"]).tolist()
    [-0.0, -5.0]
    """
    families, groups = rows.attrs.get("families", {}), rows.attrs.get("groups", {})
    dates = [n for n in columns if pd.api.types.is_datetime64_any_dtype(rows[n])]
    found = [*dates, *(n for n in columns if n.endswith("__since"))]
    engaged = [n for n in found if groups.get(families.get(n, n)) == "engagement"]
    days = [_days_since(rows, name) for name in engaged or found]
    if not days:
        return None
    return -np.asarray(pd.concat(days, axis=1).min(axis=1), dtype=np.float64)


def _days_since(rows: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name.endswith("__since"):
        return rows[name].astype("float64")
    days = (rows["snapshot_at"] - rows[name]).dt.total_seconds() / 86_400
    found: pd.Series[Any] = days.where(days >= 0)
    return found


def _columns(tested: pd.DataFrame) -> list[str]:
    """Return the columns that the model read in every fold: none of them is a leak it found."""
    read = [set(cut["columns"]) for cut in tested.attrs["cuts"]]
    return sorted(set.intersection(*read))


def _trees(known: pd.DataFrame, tested: pd.DataFrame, *, seed: int) -> Floats:
    said = np.full(len(known), np.nan)
    cuts = tested.attrs["cuts"]
    splits = make_folds(known, protocol=tested.attrs["protocol"], seed=seed)
    for split, cut in zip(splits, cuts, strict=True):
        past, asked = known.iloc[split.past], known.iloc[split.asked]
        said[split.asked] = trees_probability(past, asked, cut["columns"], seed=seed)
    return rows_of(tested, known.assign(_said=said))["_said"].to_numpy("float64")


def _points(rules: Rules | Callable[[pd.DataFrame], Any], rows: pd.DataFrame) -> Floats:
    give = rules.points if hasattr(rules, "points") else rules
    points = np.asarray(give(rows), dtype=np.float64)
    if points.shape != (len(rows),):
        raise DataError(
            f"The rules give points of shape {points.shape} for {len(rows)} rows.",
            hint="Give one number for each row of the frame, in its order.",
        )
    return points


def _portal(rows: pd.DataFrame, named: Sequence[str]) -> dict[str, Floats]:
    strange = [n for n in named if n not in rows or not pd.api.types.is_numeric_dtype(rows[n])]
    if strange:
        raise DataError(
            f"The data has no column of numbers {strange[0]!r}.",
            hint="Name score properties that were synced.",
        )
    known = [n for n in PORTAL_SCORES if n in rows and pd.api.types.is_numeric_dtype(rows[n])]
    names = [n for n in dict.fromkeys([*named, *known]) if rows[n].notna().any()]
    return {f"{_PORTAL} {n}": rows[n].to_numpy("float64", na_value=np.nan) for n in names}


def _absent(said: dict[str, Floats], *, trees: bool) -> dict[str, str]:
    why = {
        _RULES: "no rules were given",
        _RECENCY: "the model reads no date and no change",
        _TREES: "they were not asked for" if not trees else "",
        _PORTAL: "the data has no score property with a value",
    }
    return {name: text for name, text in why.items() if not any(k.startswith(name) for k in said)}


def _measured(said: dict[str, Floats], tested: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    y, groups = tested["outcome"].to_numpy("float64"), tested["contact_id"]
    named = _metrics(float(tested.attrs["reference_rate"]))
    model: pd.DataFrame | None = None
    parts = []
    for name, values in said.items():
        ranked = _lowest(values)
        drawn = bootstrap_values(named, y, ranked, groups=groups, n=_RESAMPLES, seed=seed)
        model = drawn if model is None else model
        counted = tally(y, ranked)
        part = pd.DataFrame({"metric": [*named], "value": [m(counted) for m in named.values()]})
        part.insert(0, "ranking", name)
        part[["low", "high"]] = [interval(drawn[m]) for m in named]
        part[["difference_low", "difference_high"]] = [interval(model[m] - drawn[m]) for m in named]
        parts.append(part if name in _PROBABILITIES else part[part["metric"] != "brier_skill"])
    found = pd.concat(parts, ignore_index=True)
    own = found[found["ranking"] == _MODEL].set_index("metric")["value"]
    found.insert(5, "difference", found["metric"].map(own) - found["value"])
    return found


def _lowest(values: Floats) -> Floats:
    """Put rows without a value below all others."""
    filled = values[np.isfinite(values)]
    return np.where(np.isfinite(values), values, filled.min() - 1 if len(filled) else 0.0)


def _metrics(reference: float) -> dict[str, Metric]:
    return {
        "roc_auc": metrics.roc_auc,
        "average_precision": metrics.average_precision,
        "lift_top_decile": partial(metrics.lift, share=0.1),
        "brier_skill": partial(metrics.brier_skill, reference=reference),
    }


def _conclusions(found: pd.DataFrame) -> dict[Hashable, Any]:
    auc = found[found["metric"] == "roc_auc"].set_index("ranking")
    beaten = auc.index[auc["difference_high"] < 0].tolist()
    facts: dict[Hashable, Any] = {"beaten_by": beaten}
    if _TREES in auc.index:
        names = ["value", "difference", "difference_low", "difference_high"]
        theirs, gap, low, high = auc.loc[[_TREES], names].to_numpy("float64")[0]
        lead = round(gap, 3) + 0.0  # what rounds to nothing has no minus
        facts["cost"] = (
            f"Boosted trees, which cannot be explained, reach a ROC AUC of {theirs:.3f}, the model"
            f" {theirs + gap:.3f}: {lead:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}."
        )
    return facts
