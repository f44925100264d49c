"""Single properties that give the outcome away: by rank, by being there at all, by one value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.ablation import gain, separation
from leadscore.dominating import DOMINATING, DOMINATING_WITH_HISTORY
from leadscore.findings import Finding
from leadscore.metrics import roc_auc

__all__ = ["NEARLY_ALL", "TOO_GOOD_ALONE", "giveaways"]

TOO_GOOD_ALONE = 0.97
NEARLY_ALL = 0.9  # of the rows with one value convert
_ODDS = 20.0  # how many times those of the other rows, at least
_FEWEST_ROWS = 20
_LEAST_SHARE = 0.1  # of the conversions
_BINS = 20
_MOST_VALUES = 50
_ONE_VALUE = "one value alone"
_ADVICE = "Find out when it is filled; keep it only if that is before the outcome."

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def giveaways(
    prepared: pd.DataFrame,
    properties: Sequence[str],
    outcome: Floats,
    *,
    history: bool = False,
    rate: float | None = None,
) -> Iterator[Finding]:
    """Find properties that give the outcome away alone.

    - Too good alone: its values rank with a ROC AUC of `TOO_GOOD_ALONE` or more, learnt on one
      half of the rows and tried on the other.
    - Presence alone: whether it is filled ranks, with 95 % confidence, as well as a whole honest
      model (`leadscore.dominating.DOMINATING`).
    - One value: of the rows with it, nearly all convert (`NEARLY_ALL`), with 95 % confidence at
      20 times the odds of the others, and they are a tenth of all conversions or more. With
      history this is advice: who signs tomorrow may well be known today.

    Parameters
    ----------
    prepared : DataFrame
        float64 and text columns, as `leadscore.features.prepare` makes them; one row per contact.
    properties : sequence of str
        The property of each column.
    outcome : ndarray of float64, shape (n_rows,)
        0 or 1.
    history : bool
        Whether values are those of the snapshot.
    rate : float, optional
        The share of contacts that convert, where the rows are a sample that holds more of them.
    """
    limit = DOMINATING_WITH_HISTORY if history else DOMINATING
    halves = np.arange(len(outcome)) % 2
    wanted = float(outcome.mean()) if rate is None else rate
    for name, owner in zip(prepared.columns, properties, strict=True):
        levels = _levels(prepared[name])
        filled = prepared[name].notna().to_numpy()
        found = (
            _too_good(levels, outcome, halves)
            or _presence(filled, outcome, limit)
            or _one_value(levels, outcome, wanted)
        )
        if found:
            verdict = "advice" if history and found[0] == _ONE_VALUE else "exclude"
            yield Finding(owner, *found, verdict, _ADVICE)


def _too_good(levels: Ints, outcome: Floats, halves: Ints) -> tuple[str, str] | None:
    skill = _skill_alone(levels, outcome, halves)
    if skill < TOO_GOOD_ALONE:
        return None
    return (
        "too good alone",
        f"alone it ranks with a ROC AUC of {skill:.3f} (limit {TOO_GOOD_ALONE})",
    )


def _skill_alone(levels: Ints, outcome: Floats, halves: Ints) -> float:
    """Return the AUC of the conversion rates of a column's levels, learnt on the other half."""
    said = np.empty(len(levels))
    for half in (0, 1):
        learnt = halves != half
        wins = np.bincount(levels[learnt], outcome[learnt], minlength=levels.max() + 1)
        rows = np.bincount(levels[learnt], minlength=levels.max() + 1)
        rates = (wins + outcome.mean()) / (rows + 1)
        said[~learnt] = rates[levels[~learnt]]
    return roc_auc(outcome, said)


def _presence(filled: NDArray[np.bool_], outcome: Floats, limit: float) -> tuple[str, str] | None:
    if filled.all() or not filled.any():
        return None
    won = outcome == 1
    shares = float(filled[won].mean()), float(filled[~won].mean())
    said = filled if shares[0] >= shares[1] else ~filled
    if gain(outcome, said.astype(np.float64), np.zeros(len(said))).low < separation(limit):
        return None
    return (
        "presence alone",
        f"it is filled for {shares[0]:.0%} of those who converted and {shares[1]:.0%} of the"
        f" others; that alone ranks with a ROC AUC of {roc_auc(outcome, said):.3f}"
        f" (limit {limit})",
    )


def _one_value(levels: Ints, outcome: Floats, rate: float) -> tuple[str, str] | None:
    wins, rows = np.bincount(levels, outcome), np.bincount(levels)
    total, losses = wins.sum(), rows - wins
    others = (len(outcome) - total) - losses
    # Haldane's half in each cell of the table keeps odds finite (Haldane 1956, Annals of Human
    # Genetics 20); odds ratios do not depend on how many of either outcome were sampled.
    cells = np.stack([wins, losses, total - wins, others]) + 0.5
    logs = np.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    low = logs - 1.96 * np.sqrt((1 / cells).sum(axis=0))
    weight = (1 - rate) / rate * outcome.mean() / (1 - outcome.mean())
    purity = wins / np.maximum(wins + losses * weight, 1e-9)
    enough = (rows >= _FEWEST_ROWS) & (wins >= _LEAST_SHARE * total)
    guilty = enough & (purity >= NEARLY_ALL) & (low >= np.log(_ODDS))
    if not guilty.any():
        return None
    worst = int(np.argmax(np.where(guilty, wins, -1)))
    return (
        _ONE_VALUE,
        f"{purity[worst]:.0%} of the contacts with one of its values converted, against"
        f" {rate:.1%} of all; they are {wins[worst] / total:.0%} of the conversions",
    )


def _levels(values: pd.Series) -> Ints:
    """Return a code per row: texts and few numbers as they are, many in bins of equal count."""
    if values.dtype == "float64" and values.nunique() > _MOST_VALUES:
        ranks = values.rank(method="average", pct=True)
        return (ranks * _BINS).fillna(0).to_numpy().astype(np.int64) + ranks.notna().to_numpy()
    codes: Ints = pd.factorize(values)[0].astype(np.int64) + 1
    return codes
