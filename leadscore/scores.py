"""From probability to what sales works with: score, tier by capacity, and reasons in words."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from leadscore.errors import DataError, UsageError
from leadscore.goals import Goal, parse_goal
from leadscore.model import LeadModel, check_spread, total
from leadscore.terms import Term
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["score", "score_frame"]

TIERS = ("A", "B", "C", "D")
MOST_REASONS = 5
SMALLEST_REASON = 0.05  # log-odds: the odds change by 5 %
SKIPPED_SHARE = 0.05
DEFAULT_SHARE = 0.1
_LONGEST_VALUE = 60
_LONGEST_TEXT = 500
_NOISE = 1e-9
_ANGLES = str.maketrans("<>", "‹›")  # noqa: RUF001  what looks like a tag must not be one

Floats = NDArray[np.float64]


def score(
    model: LeadModel, store: Store, *, capacity: int | None = None, who: str = "open"
) -> pd.DataFrame:
    """Score the contacts of a store as they are now.

    Parameters
    ----------
    model : LeadModel
        The model.
    store : Store
        The local copy, synced.
    capacity : int, optional
        How many leads sales can work: tier A holds as many, B the next as many. By default a
        tenth of the contacts.
    who : {"open", "all"}
        Contacts that have not reached the goal, or all.

    Returns
    -------
    DataFrame
        See `score_frame`.
    """
    from leadscore.snapshots import scoring_frame

    kept = model.card["goal"]
    goal = Goal.from_dict(kept) if isinstance(kept, dict) else parse_goal(kept)
    return score_frame(model, scoring_frame(store, goal, who=who), capacity=capacity)


def score_frame(
    model: LeadModel, frame: pd.DataFrame, *, capacity: int | None = None
) -> pd.DataFrame:
    """Score the contacts of a frame: one row each.

    Parameters
    ----------
    model : LeadModel
        The model.
    frame : DataFrame
        A scoring frame, one row per contact.
    capacity : int, optional
        As for `score`.

    Returns
    -------
    DataFrame
        Best first (probability, then contact id): ``contact_id``; ``probability`` float64;
        ``score``, ``fit``, ``engagement`` Int64, 0-100: the share of the newest training rows
        with a lower value; ``tier`` A-D; ``reasons_for`` and ``reasons_against``, lists of
        ``{"property", "value", "contribution"}``, strongest first; ``reasons``, the same in
        words; ``model``; ``scored_at``. ``attrs``: ``capacity``, ``contacts``,
        ``expected_conversions`` and ``contacts_by_tier`` by tier, ``ties_at_cut`` by cut;
        ``model``, ``goal`` and, when known, ``signal`` and ``workspace``.

    Raises
    ------
    DataError
        A contact has two rows.
    ModelError
        The columns do not fit the model.
    UsageError
        The capacity is not a positive number.
    """
    _check(frame, capacity)
    parts = model.contributions(frame)
    logits = total(parts)
    probability = expit(logits)
    check_spread(probability, model.features)
    found = pd.DataFrame(
        {
            "contact_id": frame["contact_id"].astype("str"),
            "probability": probability,
        }
    ).assign(**_scores(model, parts, logits))
    found = found.join(_reasons(model, frame, parts))
    found["model"] = model.id
    found["scored_at"] = pd.Timestamp.now("UTC").floor("s")
    found = _ranked(found)
    tiers, facts = _tiers(found["probability"].to_numpy(), capacity)
    found.insert(3, "tier", tiers)
    found.attrs = _facts(model, frame) | facts
    return found


def _check(frame: pd.DataFrame, capacity: int | None) -> None:
    if capacity is not None and capacity < 1:
        raise UsageError(f"A capacity of {capacity} leads is none.", hint="Give 1 or more.")
    if "contact_id" not in frame:
        raise DataError("The frame has no column contact_id.", hint="Make it with scoring_frame.")
    twice = frame.loc[frame["contact_id"].duplicated(), "contact_id"]
    if len(twice):
        raise DataError(
            f"{twice.nunique()} contacts have more than one row, such as {twice.iloc[0]}.",
            hint="Score one snapshot per contact.",
        )


def _facts(model: LeadModel, frame: pd.DataFrame) -> dict[Hashable, Any]:
    facts: dict[Hashable, Any] = {"model": model.id, "goal": model.goal}
    if "signal" in model.card:
        facts["signal"] = model.card["signal"]
    if "workspace" in frame.attrs:
        facts["workspace"] = frame.attrs["workspace"]
    return facts


def _ranked(found: pd.DataFrame) -> pd.DataFrame:
    ordered = found.assign(_p=-found["probability"]).sort_values(["_p", "contact_id"])
    return ordered.drop(columns="_p").reset_index(drop=True)


def _scores(model: LeadModel, parts: pd.DataFrame, logits: Floats) -> dict[str, Any]:
    sums = {"score": ("whole", logits)}
    for group in ("fit", "engagement"):
        members = [name for name in parts.columns if model.groups[name] == group]
        sums[group] = (group, np.ascontiguousarray(parts[members].to_numpy()).sum(axis=1))
    quantiles = model.card["quantiles"]
    return {name: _share_below(quantiles.get(key), values) for name, (key, values) in sums.items()}


def _share_below(quantiles: list[float] | None, values: Floats) -> Any:
    """Return the whole percentage of the newest training rows that lie below each value."""
    if not quantiles:
        return pd.array([pd.NA] * len(values), dtype="Int64")
    # A value equal to a training row's but for the last bit is not above it.
    below = np.searchsorted(np.asarray(quantiles), values - _NOISE, side="left")
    return pd.array(np.rint(100 * below / len(quantiles)).astype("int64"), dtype="Int64")


def _tiers(probability: Floats, capacity: int | None) -> tuple[list[str], dict[str, Any]]:
    """Cut the ranking: A and B by capacity, D the bottom that hardly holds a conversion."""
    n = len(probability)
    size = capacity or max(1, round(DEFAULT_SHARE * n))
    a, b = min(size, n), min(2 * size, n)
    held = np.cumsum(probability[::-1])
    skipped = int(np.searchsorted(held, SKIPPED_SHARE * probability.sum(), side="right"))
    d = max(b, n - skipped)
    sizes = dict(zip(TIERS, (a, b - a, d - b, n - d), strict=True))
    tiers = [tier for tier, count in sizes.items() for _ in range(count)]
    expected = pd.Series(probability).groupby(np.array(tiers, dtype=object)).sum()
    facts = {
        "contacts": n,
        "capacity": size,
        "contacts_by_tier": sizes,
        "expected_conversions": {tier: float(expected.get(tier, 0.0)) for tier in TIERS},
        "ties_at_cut": {
            f"{TIERS[i]}|{TIERS[i + 1]}": _ties(probability, cut) for i, cut in enumerate((a, b, d))
        },
    }
    return tiers, facts


def _ties(probability: Floats, cut: int) -> int:
    """Count the contacts of equal probability that a cut divides; 0 when it divides none."""
    if not 0 < cut < len(probability) or probability[cut - 1] != probability[cut]:
        return 0
    return int(np.sum(probability == probability[cut]))


def _reasons(model: LeadModel, frame: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    labels = {name: term.label for name, term in model.terms.items()}
    values = {name: _values_of(term, frame) for name, term in model.terms.items()}
    matrix = parts.to_numpy()
    names = list(parts.columns)
    best = np.argsort(-matrix, axis=1, kind="stable")[:, :MOST_REASONS]
    worst = np.argsort(matrix, axis=1, kind="stable")[:, :MOST_REASONS]
    rows = [
        _row_reasons(row, matrix[row], (best[row], worst[row]), names=names, values=values)
        for row in range(len(matrix))
    ]
    texts = [_text(good, bad, labels) for good, bad in rows]
    columns = {
        "reasons_for": [good for good, _ in rows],
        "reasons_against": [bad for _, bad in rows],
    }
    return pd.DataFrame({**columns, "reasons": pd.Series(texts, dtype="str")}).set_index(
        frame.index
    )


def _values_of(term: Term, frame: pd.DataFrame) -> list[Any]:
    """Return the values of a term's properties, or of what is derived where that is all."""
    shown = [name for name in term.properties if name in frame] or list(term.columns[:1])
    if len(shown) == 1:
        return frame[shown[0]].tolist()
    return [" and ".join(map(in_words, row)) for row in frame[shown].itertuples(index=False)]


def _row_reasons(
    row: int,
    contributions: Floats,
    picked: tuple[NDArray[np.int64], NDArray[np.int64]],
    *,
    names: list[str],
    values: Mapping[str, list[Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    good, bad = (
        [
            {
                "property": names[i],
                "value": in_words(values[names[i]][row]),
                "contribution": float(contributions[i]),
            }
            for i in positions
            if sign * contributions[i] >= SMALLEST_REASON
        ]
        for sign, positions in zip((1, -1), picked, strict=True)
    )
    return good, bad


def _text(good: list[dict[str, Any]], bad: list[dict[str, Any]], labels: Mapping[str, str]) -> str:
    said = []
    for heading, reasons in (("For", good), ("Against", bad)):
        if reasons:
            each = [f"{_plain(labels[r['property']])} is {r['value']}" for r in reasons]
            said.append(f"{heading}: {'; '.join(each)}.")
    text = " ".join(said) or "Average in every respect."
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def in_words(value: Any) -> str:
    """Return a property's value as a person would write it: plain, on one line, not too long.

    Examples
    --------
    >>> in_words(3.0), in_words(True), in_words(None), in_words(["a", "b"])
    ('3', 'yes', 'unknown', 'a, b')
    >>> in_words(pd.Timestamp("2026-03-01T12:00Z"))
    '2026-03-01'
    """
    if isinstance(value, (list, tuple, set, np.ndarray)):
        return _plain(", ".join(map(str, value))) if len(value) else "none"
    if value is None or pd.isna(value):
        return "unknown"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, (int, float)):
        return _number(value)
    return _plain(str(value)) or "empty"


def _number(value: float) -> str:
    if np.isfinite(value) and value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if 100 <= abs(value) < 1e15 else f"{value:.4g}"


@lru_cache(maxsize=10_000)
def _plain(text: str) -> str:
    return visible(text, limit=_LONGEST_VALUE).translate(_ANGLES)
