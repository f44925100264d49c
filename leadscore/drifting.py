"""How far later rows have moved from those that a model learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from leadscore.curves import wilson
from leadscore.errors import GuardError, ModelError
from leadscore.reference import age_weights, binned
from leadscore.stability import psi, psis

if TYPE_CHECKING:
    from leadscore.keptmodels import Model

__all__ = ["check_missingness", "drift", "lost_properties", "missingness", "psi"]

#: The customary bounds: below .1 little has changed, from .25 much (Siddiqi 2006, Credit Risk
#: Scorecards).
WATCH, MOVED = 0.1, 0.25
#: A property carries weight when it is this share of all contributions' mean size.
CARRIES = 0.05
_MISSING_MOVED = 0.2
_DRAWS = 400
_UNLIKELY = 1e-6

COLUMNS = (
    "property",
    "check",
    "part",
    "expected",
    "value",
    "low",
    "high",
    "rows",
    "verdict",
    "advice",
)

Floats = NDArray[np.float64]


def drift(
    model: Model, frame: pd.DataFrame, *, reference: dict[str, Any] | None = None
) -> pd.DataFrame:
    """Compare rows with those that a model learnt from: each property, and the score itself.

    Compare like with like: `frame` should hold snapshots of the kind that the model learnt from
    (the newest rows of a training set). Where it has ``createdate``, the rows are weighted so that
    the contacts are as old as those that the model learnt from (`leadscore.reference.age_weights`).

    Parameters
    ----------
    model : Model
    frame : DataFrame
        Rows of a training set or scoring frame.
    reference : dict, optional
        As `leadscore.reference.reference_of` gives it; by default the one on the model's card.

    Returns
    -------
    DataFrame
        ``property`` (empty for the score), ``check`` ("psi" or "missing"), ``part`` (empty),
        ``expected``, ``value``, ``low``, ``high`` (float64, 95 %), ``rows`` (Int64), ``verdict``
        ("ok", "advice", "alarm", "too few"), ``advice``. A PSI that chance alone reaches in one of
        twenty comparisons of as many contacts is "ok", whatever its size (Yurdakul 2018, Western
        Michigan University: without drift it is a chi-squared variable of bins - 1 degrees of
        freedom, times 1/n + 1/m).

    Raises
    ------
    ModelError
        The columns do not fit the model, or nothing is known of what it learnt from.
    """
    known = reference or model.card.get("reference")
    if known is None:
        raise ModelError(
            f"Nothing is known of the rows that model {model.id} learnt from.",
            hint="Register it with its data (`ls.register(store, model, data=data)`).",
        )
    shares, families = _weight_shares(known["weights"]), _families(model)
    now = _Rows(frame, age_weights(known.get("ages"), frame))
    scored = pd.Series(model.probability(frame), index=frame.index)
    rows = [_stability("", known["score"], scored, now, weight=1.0)]
    for name, described in known["columns"].items():
        weight = shares.get(families[name], 0.0)
        rows.append(_stability(name, described, frame[name], now, weight=weight))
        rows.append(_emptiness(name, described, frame[name], now, weight=weight))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"rows": "Int64"})


class _Rows:
    """The rows that are compared, and how many contacts they are worth."""

    def __init__(self, frame: pd.DataFrame, weights: Floats) -> None:
        self.frame, self.weights = frame, weights
        self.contacts = worth(frame, weights)


def _families(model: Model) -> dict[str, str]:
    """Return the property behind each column that a model reads."""
    return {f["name"]: f.get("property", f["name"]) for f in model.card["features"]}


def _weight_shares(weights: dict[str, float]) -> dict[str, float]:
    whole = sum(weights.values()) or 1.0
    return {name: weight / whole for name, weight in weights.items()}


def _stability(
    name: str, described: dict[str, Any], values: pd.Series, rows: _Rows, *, weight: float
) -> dict[str, Any]:
    then = np.array(described["shares"]) * described["rows"]
    now = binned(described, values, rows.frame, weights=rows.weights)
    contacts = (described["contacts"], rows.contacts)
    value = psi(then, now)
    bins = max(2, int(((then + now) > 0).sum()))
    by_chance = float(chi2.ppf(0.95, bins - 1)) * sum(1 / max(1, n) for n in contacts)
    low, high = _interval(then, now, contacts, value)
    verdict = _verdict(value, by_chance, weight)
    return {
        "property": name,
        "check": "psi",
        "part": "",
        "expected": 0.0,
        "value": value,
        "low": low,
        "high": high,
        "rows": len(rows.frame),
        "verdict": verdict,
        "advice": _advice(name, verdict),
    }


def _verdict(value: float, by_chance: float, weight: float) -> str:
    if by_chance >= MOVED:
        return "too few"
    if value < WATCH or value <= by_chance:
        return "ok"
    return "alarm" if value >= MOVED and weight >= CARRIES else "advice"


def _advice(name: str, verdict: str) -> str:
    if verdict == "too few":
        return "Too few leads to tell a change from chance."
    if verdict == "ok":
        return ""
    if not name:
        return "The scores are distributed otherwise than when it learnt: train again and compare."
    return "Its values are not those that the model learnt from: look at what fills it, then train."


def _interval(
    then: Floats, now: Floats, contacts: tuple[int, int], value: float
) -> tuple[float, float]:
    """Return a 95 % interval by drawing both samples anew, freed of the draws' own surplus."""
    rng = np.random.default_rng(0)
    draws = [
        rng.multinomial(n, counts / counts.sum(), size=_DRAWS).astype("float64")
        for n, counts in zip(contacts, (then, now), strict=True)
        if counts.sum()
    ]
    if len(draws) < 2:
        return float("nan"), float("nan")
    found = psis(draws[0], draws[1])
    low, high = np.quantile(found, [0.025, 0.975]) - (found.mean() - value)
    return max(0.0, float(low)), float(high)


def _emptiness(
    name: str, described: dict[str, Any], values: pd.Series, rows: _Rows, *, weight: float
) -> dict[str, Any]:
    then, now = described["shares"][-1], mean(values.isna(), rows.weights)
    low, high = wilson(np.array([now]), np.array([max(1, rows.contacts)]))
    moved = abs(now - then) >= _MISSING_MOVED and not low[0] <= then <= high[0]
    lost = bool(values.isna().all()) and _is_lost(then, 1.0, len(values))
    verdict = "alarm" if lost and weight >= CARRIES else "advice" if lost or moved else "ok"
    return {
        "property": name,
        "check": "missing",
        "part": "",
        "expected": then,
        "value": now,
        "low": float(low[0]),
        "high": float(high[0]),
        "rows": len(rows.frame),
        "verdict": verdict,
        "advice": _said(then, now, verdict),
    }


def worth(frame: pd.DataFrame, weights: Floats) -> int:
    """Return how many contacts weighted rows are worth (Kish 1965, Survey Sampling)."""
    squares = float((weights**2).sum())
    kept = float(weights.sum()) ** 2 / squares / len(weights) if squares else 0.0
    return int(frame["contact_id"].nunique() * kept)


def mean(values: ArrayLike, weights: Floats) -> float:
    """Return a weighted mean; ``nan`` where all weights are zero."""
    total = float(weights.sum())
    return float(np.asarray(values, dtype="float64") @ weights / total) if total else float("nan")


def _is_lost(then: float, now: float, rows: int) -> bool:
    """Return whether all is missing now where it was not, and that is no accident."""
    return bool(now == 1 and rows * np.log(max(then, 1e-300)) < np.log(_UNLIKELY))


def _said(then: float, now: float, verdict: str) -> str:
    if verdict == "ok":
        return ""
    what = "It is empty now" if now == 1 else f"It is missing for {now:.0%} of the leads"
    return f"{what}, and was for {then:.0%} when the model learnt: look at what fills it."


def missingness(model: Model, frame: pd.DataFrame) -> pd.DataFrame:
    """Compare which values a frame lacks with what the model learnt from.

    Parameters
    ----------
    model : Model
    frame : DataFrame
        A scoring frame, or any frame with the model's columns. One that it lacks counts as empty.

    Returns
    -------
    DataFrame
        One row per column that the model reads: ``property`` (str), ``then``, ``now`` (float64,
        shares of missing values), ``weight`` (float64: its share of the contributions' mean size;
        missing when the card does not tell), ``verdict``: "lost" (all is missing now, and that is
        no accident), "emptier", "fuller" (by a fifth of the leads or more) or "ok".

    Examples
    --------
    >>> from leadscore.training import train
    >>> rng = np.random.default_rng(0)
    >>> visits = rng.poisson(3, 600).astype(float)
    >>> data = pd.DataFrame({
    ...     "contact_id": [str(i) for i in range(600)],
    ...     "snapshot_at": pd.date_range("2026-01-01", periods=600, freq="h", tz="UTC"),
    ...     "outcome": rng.random(600) < visits / 20, "visits": visits})
    >>> missingness(train(data), data.assign(visits=np.nan))["verdict"].tolist()
    ['lost']
    """
    reference = model.card.get("reference", {})
    shares, families = _weight_shares(reference.get("weights", {})), _families(model)
    then = {feature["name"]: float(feature["missing"]) for feature in model.card["features"]}
    now = frame.reindex(columns=model.features).isna().mean()
    rows = [
        {
            "property": name,
            "then": then[name],
            "now": float(now[name]),
            "weight": shares.get(families[name], float("nan")),
            "verdict": _compared(then[name], float(now[name]), len(frame)),
        }
        for name in model.features
    ]
    return pd.DataFrame(rows, columns=["property", "then", "now", "weight", "verdict"])


def _compared(then: float, now: float, rows: int) -> str:
    if _is_lost(then, now, rows):
        return "lost"
    if abs(now - then) < _MISSING_MOVED:
        return "ok"
    return "emptier" if now > then else "fuller"


def check_missingness(model: Model, frame: pd.DataFrame) -> None:
    """Refuse a frame that has lost a property on which the model's scores rest.

    A property of less weight that is lost, or one that is only emptier, does not stop anything:
    see `missingness`.

    Raises
    ------
    GuardError
        A property that carries at least 5 % of the model's weight had values and has none now: the
        guard ``missing_features``.
    """
    if said := lost_properties(model, frame):
        raise GuardError(
            said,
            hint="Sync the property again and see what fills it, or train a model without it. To "
            "score all the same: --override missing_features --reason TEXT.",
            guards=["missing_features"],
        )


def lost_properties(model: Model, frame: pd.DataFrame) -> str:
    """Say which properties a frame has lost on which a model's scores rest; empty if none.

    See `check_missingness`.
    """
    found = missingness(model, frame)
    carries = found["weight"].isna() | (found["weight"] >= CARRIES)
    lost = found[(found["verdict"] == "lost") & carries]
    if lost.empty:
        return ""
    first = lost.iloc[0]
    return (
        f"All values of {', '.join(lost['property'])} are missing, and model {model.id} rests on"
        f" them: when it learnt, {1 - first['then']:.0%} of the leads had {first['property']}."
    )
