"""Point rules as a model: points turned into a probability, with the reasons of those that fired.

It reads like a `LeadModel`, so that scoring, tiers and reasons work the same for both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from leadscore.card import installed_versions, quantiles
from leadscore.errors import DataError, ModelError, UsageError
from leadscore.features import column_types
from leadscore.model import check_spread, total
from leadscore.rulefiles import parse
from leadscore.ruleset import Rules
from leadscore.terms import Carded, Term, term_name
from leadscore.workspace import make_private, replace_file

__all__ = ["PointsModel", "as_model"]

# What is believed before any outcome: one standard deviation of points doubles the odds.
_SLOPE, _SLOPE_SPREAD, _LEAST_SLOPE = float(np.log(2)), 0.5, 0.1

Floats = NDArray[np.float64]


class PointsModel(Carded):
    """Rules and what their points are worth: the logit is ``intercept + slope * points``.

    Made by `as_model`. It has what scoring reads of a `LeadModel`: ``id``, ``goal``, ``features``,
    ``terms``, ``groups``, ``card``, ``probability`` and ``contributions``.

    Parameters
    ----------
    rules : Rules
    card : dict
        JSON-able. ``points`` holds slope and intercept, ``rules`` the rules as YAML.
    """

    def __init__(self, rules: Rules, card: dict[str, Any]) -> None:
        self.rules = rules
        self.card = card
        self.terms = _terms(rules, {f["name"]: f["label"] for f in card["features"]})

    @classmethod
    def from_card(cls, card: dict[str, Any]) -> PointsModel:
        """Make the model again from its card."""
        return cls(parse(card["rules"]), card)

    def __repr__(self) -> str:
        return f"PointsModel({self.id!r}, goal={self.goal!r}, {self.rules!r})"

    @property
    def features(self) -> list[str]:
        """The columns that the rules read, in the order of their names."""
        return sorted({name for term in self.terms.values() for name in term.columns})

    @property
    def base(self) -> float:
        """The logit of a lead without points."""
        return float(self.card["points"]["intercept"])

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Return the probability that goes with each row's points.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
        """
        probabilities: Floats = expit(total(self.contributions(frame)))
        check_spread(probabilities, self.features)
        return probabilities

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what each term's points add to the logit.

        What a limit takes away is taken from the points of its group, or of all, in proportion.

        Returns
        -------
        DataFrame of float64
            Index as `frame`, one column per term; ``attrs["base"]``. ``base`` and a row's values
            add up to its logit.
        """
        points = self.rules.contributions(frame)
        slope = float(self.card["points"]["slope"])
        return _by_term(self.rules, points, list(self.terms), slope, self.base)

    def save(self, folder: str | Path) -> Path:
        """Write ``card.json``, which holds the rules, into `folder`, for the owner's eyes only."""
        place = make_private(Path(folder))
        text = json.dumps(self.card, indent=1, allow_nan=False)
        replace_file(place / "card.json", text.encode())
        return place

    @classmethod
    def load(cls, folder: str | Path) -> PointsModel:
        """Read a model that `save` wrote.

        Raises
        ------
        ModelError
            The card is missing, damaged, or that of another kind of model.
        """
        file = Path(folder) / "card.json"
        try:
            card = json.loads(file.read_text(encoding="utf-8"))
            if card["kind"] == "rules":
                return cls.from_card(card)
        except (OSError, ValueError, TypeError, KeyError, UsageError):
            pass  # one error for all: what is there is no card of ours
        raise ModelError(
            f"The folder {file.parent} holds no model made of rules.",
            hint="Make it again with leadscore.rules.as_model.",
        )


def as_model(rules: Rules, data: pd.DataFrame) -> PointsModel:
    """Turn rules into a model: learn from outcomes what a point is worth, and nothing else.

    The logit is affine in the points, fitted by Platt's method with his smoothed targets, so that
    even no conversion at all gives a finite answer (Platt 1999, Advances in Large Margin
    Classifiers), and with a prior: one standard deviation of points doubles the odds, give or
    take. The slope stays above zero, so that the order is that of the points.

    Parameters
    ----------
    rules : Rules
    data : DataFrame
        A training frame; rows without an outcome do not count.

    Returns
    -------
    PointsModel

    Raises
    ------
    DataError
        No outcome is known, or the rules do not fit the frame.

    Examples
    --------
    >>> rules = parse("groups: {Fit: {rules: [{property: seats, at_least: 10, points: 20}]}}")
    >>> data = pd.DataFrame({
    ...     "contact_id": [str(i) for i in range(90)], "seats": [5.0, 20.0, 9.0] * 30,
    ...     "snapshot_at": pd.date_range("2026-01-01", periods=90, tz="UTC"),
    ...     "outcome": pd.array([False, True, False] * 30, dtype="boolean")})
    >>> model = as_model(rules, data)
    >>> model.probability(data.head(2)).round(1).tolist()
    [0.1, 0.9]
    """
    if "outcome" not in data or not data["outcome"].notna().any():
        raise DataError(
            "No row has a known outcome, so nobody can say what a point is worth.",
            hint="Wait until the horizon has passed, or use rules.points alone.",
        )
    known = data[data["outcome"].notna()]
    known = known.sort_values(["contact_id", "snapshot_at"], kind="stable", ignore_index=True)
    points = rules.points(known).to_numpy("float64")
    slope, intercept = _worth(points, known["outcome"].to_numpy("float64"))
    model = PointsModel(rules, _card(rules, known, slope=slope, intercept=intercept))
    parts = model.contributions(known)
    model.card["quantiles"] = quantiles(parts, total(parts), groups=model.groups)
    return model


def _worth(points: Floats, outcome: Floats) -> tuple[float, float]:
    """Return slope and intercept of the logit in points."""
    middle, spread = float(points.mean()), float(points.std()) or 1.0
    standard = (points - middle) / spread
    won, lost = outcome.sum(), (1 - outcome).sum()
    target = np.where(outcome == 1, (won + 1) / (won + 2), 1 / (lost + 2))

    def loss(given: Floats) -> tuple[float, Floats]:
        logit = given[0] * standard + given[1]
        off = expit(logit) - target
        doubt = (given[0] - _SLOPE) / _SLOPE_SPREAD
        value = float(np.sum(np.logaddexp(0, logit) - target * logit)) + doubt**2 / 2
        return value, np.array([off @ standard + doubt / _SLOPE_SPREAD, off.sum()])

    start = np.array([_SLOPE, np.log((won + 1) / (lost + 1))])
    bounds = [(_LEAST_SLOPE, None), (None, None)]
    found = minimize(loss, start, jac=True, bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9})
    slope = float(found.x[0]) / spread
    return slope, float(found.x[1]) - slope * middle


def _card(rules: Rules, known: pd.DataFrame, *, slope: float, intercept: float) -> dict[str, Any]:
    facts, text = known.attrs, rules.to_yaml()
    points = {"slope": slope, "intercept": intercept}
    digest = hashlib.sha256(f"{text}{slope!r}{intercept!r}".encode()).hexdigest()
    return {
        "id": digest[:10],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "kind": "rules",
        "goal": facts.get("goal", ""),
        "goal_text": str(facts.get("goal_text", facts.get("goal", ""))),
        "horizon_days": facts.get("horizon_days"),
        "time_known": bool(facts.get("time_known", True)),
        "store_version": facts.get("store_version"),
        "history": bool(facts.get("history")),
        "features": _features(rules, known),
        "points": points,
        "rules": text,
        "excluded": list(facts.get("excluded", [])),
        "recipe": {"drop": [], "keep": [], "seed": 0},
        "training": _training(known),
        "protocol": None,
        "metrics": None,
        "versions": installed_versions(),
    }


def _training(known: pd.DataFrame) -> dict[str, Any]:
    times = pd.to_datetime(known["snapshot_at"], utc=True)
    return {
        "rows": len(known),
        "contacts": int(known["contact_id"].nunique()),
        "conversions": int(known["outcome"].sum()),
        "base_rate": float(known["outcome"].mean()),
        "from": times.min().isoformat(),
        "until": times.max().isoformat(),
    }


def _features(rules: Rules, known: pd.DataFrame) -> list[dict[str, Any]]:
    labels, types = known.attrs.get("labels", {}), column_types(known)
    terms = _terms(rules, {})
    owners = {c.column: c.name for rule in rules.rules for c in rule.conditions}
    groups = {name: t.group for t in terms.values() for name in t.columns}
    return [
        {
            "name": name,
            "property": owner,
            "type": types[name],
            "group": groups[name],
            "label": labels.get(owner, owner),
            "missing": round(float(known[name].isna().mean()), 6),
        }
        for name, owner in sorted(owners.items())
    ]


def _terms(rules: Rules, labels: Mapping[str, str]) -> dict[str, Term]:
    """Return one term per property, or per set of properties that one rule asks together."""
    found: dict[str, Term] = {}
    for group in rules.groups:
        for rule in group.rules:
            properties = tuple(sorted(rule.properties))
            columns = {c.column for c in rule.conditions}
            before = found.get(term_name(properties))
            kind = group.kind if before is None or before.group == "fit" else before.group
            if before:
                columns |= set(before.columns)
            label = " and ".join(labels.get(name, name) for name in properties)
            found[term_name(properties)] = Term(properties, tuple(sorted(columns)), kind, label)
    return {name: found[name] for name in sorted(found)}


def _by_term(
    rules: Rules, points: pd.DataFrame, names: list[str], slope: float, base: float
) -> pd.DataFrame:
    """Add points up by term, each limit taken from what it limits, and turn them into log-odds."""
    limited, owners = [], []
    for group in rules.groups:
        raw = points[[rule.name for rule in group.rules]].to_numpy("float64")
        limited.append(_shrunk(raw, group.min, group.max))
        owners += [term_name(rule.properties) for rule in group.rules]
    whole = _shrunk(np.concatenate(limited, axis=1), rules.min, rules.max)
    belongs = np.array([[owner == name for name in names] for owner in owners], dtype=float)
    found = pd.DataFrame(slope * (whole @ belongs), index=points.index, columns=names)
    found.attrs = {"base": base}
    return found


def _shrunk(points: Floats, low: float | None, high: float | None) -> Floats:
    """Bring each row's sum between the limits by scaling the points that take it outside."""
    up, down = np.maximum(points, 0), np.minimum(points, 0)
    gained, lost = up.sum(axis=1), down.sum(axis=1)
    most = gained if high is None else np.minimum(gained, high - lost)
    least = lost if low is None else np.maximum(lost, low - gained)
    return up * _ratio(most, gained) + down * _ratio(least, lost)


def _ratio(wanted: Floats, had: Floats) -> Floats:
    ratio = np.divide(wanted, had, out=np.ones_like(had), where=had != 0)
    return np.asarray(ratio[:, None])
