"""Properties that bring most of a model's skill alone: known leaks do, honest ones hardly ever.

A property that is written with the outcome need not give it away alone, but it outweighs all
others: without it the model is another one. An honest model of leads, with all its properties
together, ranks with a ROC AUC of .65 to .80; a single property that adds as much as such a model on
top of all others, and more than all others do, is not believed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leadscore.ablation import Ablation, gain, separation
from leadscore.metrics import roc_auc

__all__ = ["DOMINATING", "DOMINATING_WITH_HISTORY", "Dominating", "dominating"]

DOMINATING = 0.80  # as much as an honest model with all its properties
DOMINATING_WITH_HISTORY = 0.90  # values that were recorded before the snapshot need a better reason
STANDING_IN = 0.85  # where two or more are accused, who may be honest and alike
SHARE = 0.5
_MOST_ROUNDS = 20

Floats = NDArray[np.float64]


class Dominating(NamedTuple):
    """A property that dominates: ROC AUC of the quick model with and without it, and alone.

    ``aside`` are properties that had to be left out too, because they can stand in for it, and
    ``limit`` is the ROC AUC that one property's part was held against.
    """

    property: str
    whole: float
    without: float
    alone: float
    share: float
    aside: tuple[str, ...]
    limit: float


def dominating(ablation: Ablation, *, limit: float) -> list[Dominating]:
    """Find the properties that dominate, the worst first, and look again without each.

    A property dominates when it alone brings at least `SHARE` of the squared separation, and with
    95 % confidence as much of it as a ROC AUC of `limit` stands for, on top of all others. Two
    leaks hide each other, because each stands in for the other: so each property that ranks well
    alone is also looked at without the others that do.

    Parameters
    ----------
    ablation : Ablation
        The quick model.
    limit : float
        `DOMINATING`, or `DOMINATING_WITH_HISTORY`.
    """
    alone = {n: roc_auc(ablation.outcome, ablation.predict([n])) for n in ablation.properties}
    left, found = list(ablation.properties), []
    for _ in range(min(_MOST_ROUNDS, len(left))):
        worst = _worst(ablation, left, limit) or _hidden(
            ablation, left, alone, max(limit, STANDING_IN)
        )
        if worst is None:
            break
        found.append(worst._replace(alone=alone[worst.property]))
        left.remove(worst.property)
    return found


def _worst(ablation: Ablation, left: list[str], limit: float) -> Dominating | None:
    """Return the property that brings most, if it dominates."""
    said = ablation.without_each(left, left)
    least = int(np.argmin([roc_auc(ablation.outcome, without) for without in said.T[1:]]))
    return _judged(ablation, left[least], said[:, [0, 1 + least]], limit, ())


def _hidden(
    ablation: Ablation, left: list[str], alone: dict[str, float], limit: float
) -> Dominating | None:
    """Return the property that dominates most where those that can stand in for it are away."""
    strong = [name for name in left if separation(alone[name]) >= separation(limit) / 2]
    judged = []
    for name in strong if len(strong) > 1 else ():
        aside = tuple(other for other in strong if other != name)
        rest = [other for other in left if other not in aside]
        said = ablation.without_each(rest, [name])
        judged.append(_judged(ablation, name, said, limit, aside))
    return max((j for j in judged if j), key=lambda j: j.share, default=None)


def _judged(
    ablation: Ablation, name: str, said: Floats, limit: float, aside: tuple[str, ...]
) -> Dominating | None:
    found = gain(ablation.outcome, said[:, 0], said[:, 1])
    if found.share < SHARE or found.low < separation(limit):
        return None
    aucs = [roc_auc(ablation.outcome, column) for column in said.T]
    return Dominating(name, aucs[0], aucs[1], float("nan"), found.share, aside, limit)
