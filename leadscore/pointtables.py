"""A model as a points table that a person can type into HubSpot, and what that costs in skill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import Ridge

from leadscore.errors import DataError, UsageError
from leadscore.evaluation import known_rows
from leadscore.holdouts import make_folds, past_rows
from leadscore.metrics import roc_auc
from leadscore.model import LeadModel
from leadscore.pointscales import Level, Scale, codes, priced, scales_of
from leadscore.pointsmodel import as_model
from leadscore.resampling import bootstrap_difference
from leadscore.ruleconditions import types_of
from leadscore.ruleset import Rules
from leadscore.ruleterms import Group, Rule, default_name
from leadscore.training import fit

__all__ = ["from_model"]

_SAMPLE = 20_000
_LEAST_GAIN = 0.002  # of the logit's variance, for a further column
_NOISE = 1e-9
_NAMES = {"fit": "Who they are", "engagement": "What they did"}

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _Candidate:
    """A column that could be in the table: its levels, and the level of each row."""

    scale: Scale
    group: str
    level: Ints

    def means(self, values: Floats) -> Floats:
        """Return the mean of the values over each row's level."""
        place = self.level + 1
        sizes = np.bincount(place)
        sums = np.bincount(place, weights=values)
        averages: Floats = (sums / np.maximum(sizes, 1))[place]
        return averages


def from_model(
    model: LeadModel,
    data: pd.DataFrame,
    *,
    columns: int = 10,
    bins: int = 4,
    total: int = 100,
    test: bool = True,
) -> Rules:
    """Turn a model into point rules: few columns, few levels, whole points, the worst level 0.

    Column by column, the one is taken that explains most of what is left of the model's logit;
    then all points are fitted together by least squares. What two properties do together has no
    place in a points table: it is spread over each of them alone, as far as it goes (a
    least-squares projection).

    Parameters
    ----------
    model : LeadModel
    data : DataFrame
        Its training frame.
    columns : int
        The most columns in the table.
    bins : int
        The most pieces that a number or an age is cut into.
    total : int
        The most points that anybody can get.
    test : bool
        Whether to state the loss of skill: the model's recipe is refitted on the past, turned into
        points there, and both are tested on what came after.

    Returns
    -------
    Rules
        ``about`` holds ``model``, ``goal``, ``agreement`` (the share of the variance of the
        model's logit that the points explain), ``pairs`` (those that were projected), ``columns``
        (how many of the model's are in the table), ``test`` (``protocol``, ``rows``,
        ``roc_auc_model``, ``roc_auc_points``, ``loss``, ``loss_low``, ``loss_high``; absent
        without one) and ``summary``, the same in words.

    Raises
    ------
    DataError
        The model says the same of everybody; or a side of the test is empty or of one outcome.
    ModelError
        The columns do not fit the model.
    UsageError
        A number is too small.

    Examples
    --------
    ``leadscore.rules.from_model(model, data).table()`` is the table to type.
    """
    for name, value, least in (("columns", columns, 1), ("bins", bins, 2), ("total", total, 1)):
        if value < least:
            raise UsageError(f"{name} is {value}.", hint=f"Give {least} or more.")
    known = known_rows(data)
    if not isinstance(model, LeadModel):
        raise UsageError(
            "These are point rules already.", hint="Give the model that ls.train returned."
        )
    rules = _table(model, known, columns=columns, bins=bins, total=total)
    about = dict(rules.about)
    if test:
        about["test"] = _tested(model, known, columns=columns, bins=bins, total=total)
    about["summary"] = _in_words(about)
    return Rules(rules.groups, name=f"points of model {model.id}", min=0, max=total, about=about)


def _table(model: LeadModel, known: pd.DataFrame, *, columns: int, bins: int, total: int) -> Rules:
    rows = known.iloc[:: max(1, -(-len(known) // _SAMPLE))].reset_index(drop=True)
    rows.attrs = dict(known.attrs)
    parts = model.contributions(rows)
    logit = parts.to_numpy("float64").sum(axis=1)
    if not np.ptp(logit) > _NOISE:
        raise DataError(
            f"Model {model.id} says the same of all {len(rows)} rows.",
            hint="Train it on data that it can tell apart.",
        )
    chosen = _chosen(_candidates(model, rows, parts, bins), logit, most=columns)
    if not chosen:
        raise DataError(
            f"No property of model {model.id} can be told in few levels.",
            hint="Train it on properties with values that many contacts share.",
        )
    values = _fitted(chosen, logit)
    points = _whole(values, total)
    rules = Rules(_groups(chosen, points), max=total)
    return Rules(rules.groups, max=total, about=_about(model, rules, rows, logit, len(chosen)))


def _candidates(
    model: LeadModel, rows: pd.DataFrame, parts: pd.DataFrame, bins: int
) -> list[_Candidate]:
    types = types_of(rows, rows.columns)
    read = {f["name"]: f["type"] for f in model.card["features"]}
    kinds = types | {name: kind for name, kind in read.items() if kind in ("title", "domain")}
    found = []
    for term in model.terms.values():
        if len(term.properties) > 1:
            continue
        name = term.properties[0]
        about = [key for key, other in model.terms.items() if name in other.properties]
        worth = parts[about].to_numpy("float64").sum(axis=1)
        for column in term.columns:
            scales = scales_of(column, name, rows, types=kinds, worth=worth, bins=bins)
            found += [_Candidate(s, term.group, codes(s, rows, types)) for s in scales]
    return found


def _chosen(candidates: list[_Candidate], logit: Floats, *, most: int) -> list[_Candidate]:
    """Take, one by one, the column that explains most of what those before it leave."""
    chosen: list[_Candidate] = []
    left = logit - logit.mean()
    least = _LEAST_GAIN * float(left @ left)
    while len(chosen) < most:
        gains = [float(np.sum(c.means(left) ** 2)) for c in candidates]
        best = int(np.argmax(gains)) if gains else 0
        if not gains or gains[best] < least:
            break
        chosen.append(candidates[best])
        candidates = [c for place, c in enumerate(candidates) if place != best]
        matrix, _ = _matrix(chosen)
        left = logit - _ridge(matrix, logit).predict(matrix)
    return chosen


def _matrix(chosen: list[_Candidate]) -> tuple[Floats, list[int]]:
    """Return one column of 0 and 1 per level, and how many levels each candidate has."""
    sizes = [len(candidate.scale.levels) for candidate in chosen]
    blocks = [c.level[:, None] == np.arange(n) for c, n in zip(chosen, sizes, strict=True)]
    return np.concatenate(blocks, axis=1).astype("float64"), sizes


def _ridge(matrix: Floats, logit: Floats) -> Ridge:
    return Ridge(alpha=1.0, solver="cholesky").fit(matrix, logit)


def _fitted(chosen: list[_Candidate], logit: Floats) -> list[Floats]:
    """Return the log-odds of each level of each column; the lowest level that occurs is 0.

    Rows that are in no level get nothing: there, what is worse than they are gets nothing either.
    """
    matrix, sizes = _matrix(chosen)
    ends = np.cumsum(sizes)[:-1]
    found = []
    coefficients = np.split(_ridge(matrix, logit).coef_, ends)
    occurs = np.split(matrix.any(axis=0), ends)
    for candidate, values, there in zip(chosen, coefficients, occurs, strict=True):
        lowest = 0.0 if (candidate.level < 0).any() else values[there].min()
        found.append(np.where(there, np.maximum(values - lowest, 0.0), 0.0))
    return found


def _whole(values: list[Floats], total: int) -> list[list[int]]:
    """Scale log-odds to whole points of which nobody can get more than `total`."""
    scale = total / max(sum(float(each.max()) for each in values), _NOISE)
    while True:
        points = [[int(p) for p in np.rint(scale * each)] for each in values]
        if sum(map(max, points)) <= total:
            return points
        scale *= 0.99


def _groups(chosen: list[_Candidate], points: list[list[int]]) -> tuple[Group, ...]:
    worth: dict[str, dict[Level, int]] = {kind: {} for kind in _NAMES}
    for candidate, given in zip(chosen, points, strict=True):
        known = worth[candidate.group]
        for level, value in priced(candidate.scale, given):
            known[level] = known.get(level, 0) + value  # unknown in several ways at once
    rules = {kind: [_rule(*item) for item in known.items()] for kind, known in worth.items()}
    return tuple(Group(_NAMES[kind], tuple(rules[kind]), kind) for kind in _NAMES if rules[kind])


def _rule(level: Level, value: int) -> Rule:
    return Rule(default_name(level, each=False), value, level)


def _about(
    model: LeadModel, rules: Rules, rows: pd.DataFrame, logit: Floats, columns: int
) -> dict[str, Any]:
    points = rules.points(rows).to_numpy("float64")
    spread = float(np.std(points))
    agreement = float(np.corrcoef(points, logit)[0, 1]) ** 2 if spread else 0.0
    return {
        "model": model.id,
        "goal": model.goal,
        "agreement": round(agreement, 4),
        "columns": f"{columns} of {len(model.features)}",
        "pairs": [name for name, term in model.terms.items() if len(term.properties) > 1],
    }


def _tested(
    model: LeadModel, known: pd.DataFrame, *, columns: int, bins: int, total: int
) -> dict[str, Any]:
    """Return the skill of model and points on rows that neither has seen."""
    parts = []
    splits = make_folds(known, seed=model.card["recipe"]["seed"])
    for split in splits:
        past, asked = past_rows(known, split), known.iloc[split.asked]
        asked.attrs = dict(known.attrs)
        refitted = fit(past, **model.card["recipe"])
        rules = _table(refitted, past, columns=columns, bins=bins, total=total)
        said = {"model": refitted.probability(asked), "points": _worth(rules, past, asked)}
        parts.append(asked[["contact_id", "outcome"]].assign(**said))
    protocol = "cross_validation" if splits[0].cut is None else "temporal_holdout"
    return {"protocol": protocol, **_compared(pd.concat(parts).sort_values("contact_id"))}


def _worth(rules: Rules, past: pd.DataFrame, asked: pd.DataFrame) -> Floats:
    """Return what points mean in log-odds: those of different folds can then be compared."""
    worth = as_model(rules, past).card["points"]
    points = rules.points(asked).to_numpy("float64")
    return np.asarray(worth["intercept"] + worth["slope"] * points)


def _compared(tested: pd.DataFrame) -> dict[str, Any]:
    y = tested["outcome"].to_numpy("float64")
    ours, points = (tested[name].to_numpy("float64") for name in ("model", "points"))
    low, high = bootstrap_difference(roc_auc, y, ours, points, groups=tested["contact_id"])
    skill = {"roc_auc_model": roc_auc(y, ours), "roc_auc_points": roc_auc(y, points)}
    skill["loss"] = skill["roc_auc_model"] - skill["roc_auc_points"]
    skill |= {"loss_low": low, "loss_high": high}
    return {"rows": len(tested), **{name: round(value, 4) for name, value in skill.items()}}


def _in_words(about: dict[str, Any]) -> str:
    said = [
        f"The points explain {100 * about['agreement']:.0f} % of the variance of the model's logit."
    ]
    if "test" in about:
        test = about["test"]
        said.append(
            f"On {test['rows']:,} rows that neither had seen, the model ranks with an ROC AUC of"
            f" {test['roc_auc_model']:.3f} and the points with {test['roc_auc_points']:.3f}: a loss"
            f" of {test['loss']:.3f}, 95 % interval {test['loss_low']:.3f} to"
            f" {test['loss_high']:.3f}."
        )
    else:
        said.append("The loss of skill was not measured.")
    if pairs := len(about["pairs"]):
        what = "a pair of properties does" if pairs == 1 else f"{pairs} pairs of properties do"
        said.append(f"What {what} together is spread over each alone.")
    return " ".join(said)
