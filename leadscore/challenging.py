"""The default recipe against its challenger, on the same newest rows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from leadscore.boosting import need_interpret
from leadscore.comparing import compare
from leadscore.model import LeadModel
from leadscore.training import LEARNERS, train

__all__ = ["challenge", "winner"]

DEFAULT, CHALLENGER = LEARNERS


def challenge(
    data: pd.DataFrame, *, drop: Collection[str] = (), keep: Collection[str] = (), seed: int = 0
) -> pd.DataFrame:
    """Backtest the default recipe and an Explainable Boosting Machine side by side.

    Both are additive: whichever is trained, its reasons add up. Both are refitted on the older
    rows and judged by the newest ones, as `backtest` does; audit, recalibration and rows are the
    same. Needs ``pip install "leadscore[ebm]"``.

    Parameters
    ----------
    data : DataFrame
        A training frame.
    drop, keep, seed
        As for `train`.

    Returns
    -------
    DataFrame
        ``metric``, ``logistic``, ``ebm``, ``difference`` (ebm - logistic), ``low``, ``high``: its
        95 % interval by a paired bootstrap over contacts. ``attrs``: ``winner`` (``logistic`` or
        ``ebm``, to be given to `train` as ``learner``), ``verdict`` (the same as a sentence, with
        the reason), ``protocol``, ``test_rows``.

    Raises
    ------
    UsageError
        interpret-core is not installed; `drop` or `keep` names a property that is not there.
    DataError
        Too few contacts converted, or the rows cannot be split in time.

    Examples
    --------
    ``model = ls.train(data, learner=ls.challenge(data).attrs["winner"])``
    """
    need_interpret()
    model = train(data, drop=drop, keep=keep, seed=seed)
    # A backtest takes a model's recipe and goal, not its coefficients: no need to fit this one.
    recipe = model.card["recipe"] | {"learner": CHALLENGER}
    challenger = LeadModel(model.pipeline, model.card | {"recipe": recipe})
    compared = compare(model, challenger, data)
    found = compared.rename(columns={"first": DEFAULT, "second": CHALLENGER})
    name, verdict = winner(found)
    found.attrs = {
        "winner": name,
        "verdict": verdict,
        "protocol": compared.attrs["protocol"],
        "test_rows": compared.attrs["test_rows"],
    }
    return found


def winner(compared: pd.DataFrame) -> tuple[str, str]:
    """Return the learner that wins, and why in words.

    The challenger wins only where the whole interval of the difference in ROC AUC lies above 0,
    and that of the log loss does not: a ranking that is paid for with worse probabilities is no
    win. In doubt the default stays, which is quicker and has smoother reasons.

    Parameters
    ----------
    compared : DataFrame
        As `challenge` returns it.

    Examples
    --------
    >>> rows = pd.DataFrame({"metric": ["roc_auc", "log_loss"], "difference": [0.02, -0.01],
    ...                      "low": [0.01, -0.02], "high": [0.03, 0.0]})
    >>> winner(rows)[0]
    'ebm'
    >>> winner(rows.assign(low=[-0.01, -0.02]))[1]
    'The default stays: the challenger changes the ROC AUC by 0.020 (95 % -0.010 to 0.030).'
    """
    rows = compared.set_index("metric")[["difference", "low", "high"]].astype("float64")
    ranking, loss = rows.loc["roc_auc"], rows.loc["log_loss"]
    said = f"the challenger changes {_by(ranking, 'ROC AUC')}"
    if not ranking["low"] > 0:
        return DEFAULT, f"The default stays: {said}."
    if loss["low"] > 0:
        return DEFAULT, f"The default stays: {said}, but {_by(loss, 'log loss')}."
    return CHALLENGER, f"The challenger wins: {said}."


def _by(row: Any, metric: str) -> str:
    span = f"95 % {row['low']:.3f} to {row['high']:.3f}"
    return f"the {metric} by {row['difference']:.3f} ({span})"
