"""Whether clocks have told what comes next, tried on older rows.

A clock cannot rank the leads of one moment against each other. It helps to rank leads of different
moments where what it went with once came again (a season, an index that drives the market), and
harms where it did not (an index that only happened to fall when the rate rose). Which of the two it
is cannot be seen on rows of one time, only by forecasts of newer ones.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.ablation import Codes, forecast
from leadscore.errors import DataError
from leadscore.metrics import roc_auc, temporal_split

__all__ = ["CUTS", "WORTH", "helped", "trial"]

CUTS = (0.5, 0.65, 0.8)  # share of the rows before each cut
WORTH = 0.003  # of ROC AUC; less comes about by chance
_FEWEST = 20  # rows of either outcome on each side

Floats = NDArray[np.float64]


def trial(
    codes: Codes,
    outcome: Floats,
    times: pd.Series,
    *,
    clocks: Collection[str],
    gap: pd.Timedelta,
) -> list[tuple[float, float]]:
    """Forecast newer rows from older ones with and without the clocks.

    Parameters
    ----------
    codes : Codes
        As `leadscore.ablation.bin_codes` makes them.
    outcome : ndarray of float64, shape (n_rows,)
        0 or 1.
    times : Series of datetime, shape (n_rows,)
        When each row was true.
    clocks : collection of str
        The properties that are clocks.
    gap : Timedelta
        The goal's horizon.

    Returns
    -------
    list of (float, float)
        ROC AUC with and without the clocks, one pair for each of `CUTS` that leaves enough rows.
    """
    moments = pd.to_datetime(times, utc=True).to_numpy("datetime64[us]")
    found = []
    for cut in CUTS:
        try:
            past, asked = temporal_split(moments, train_share=cut, gap=gap, outcome=outcome)
        except DataError:
            continue
        if min(np.bincount(outcome[side].astype(int)).min() for side in (past, asked)) < _FEWEST:
            continue
        said = forecast(codes, outcome, past=past, asked=asked, dropped=[clocks])
        found.append((roc_auc(outcome[asked], said[0]), roc_auc(outcome[asked], said[1])))
    return found


def helped(tried: Collection[tuple[float, float]]) -> bool:
    """Return whether the clocks helped, by `WORTH`, after every cut: once may be a mere trend.

    Examples
    --------
    >>> helped([(0.72, 0.70), (0.71, 0.70)]), helped([(0.72, 0.70), (0.65, 0.70)]), helped([])
    (True, False, False)
    """
    return bool(tried) and all(with_clocks - without >= WORTH for with_clocks, without in tried)
