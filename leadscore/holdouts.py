"""Which rows to learn from and which to be tested on, so that a test is one of the future."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from leadscore.errors import DataError, UsageError
from leadscore.fitting import folds
from leadscore.snapshotfacts import COMPANY
from leadscore.splits import rolling_starts, temporal_split
from leadscore.timing import timing_before

__all__ = [
    "CONTACT_FOLDS",
    "PROTOCOLS",
    "Fold",
    "grouped_by",
    "groups_of",
    "make_folds",
    "past_rows",
]

PROTOCOLS = ("temporal_holdout", "rolling", "cross_validation")
TRAIN_SHARE = 0.7
ROLLING_SHARES = (0.5, 0.6, 0.7, 0.8, 0.9)
CONTACT_FOLDS = 3
FEWEST_CONVERSIONS = 20  # in the past of a rolling block
LARGEST_COMPANY = 0.1  # of the contacts: what holds more is a catch-all, such as free mail
FEWEST_GROUPS = 20  # of either outcome, to keep companies together

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Fold:
    """Positions of the rows to learn from and of those to be tested on, and the time between."""

    past: Places
    asked: Places
    cut: pd.Timestamp | None = None


def make_folds(known: pd.DataFrame, *, protocol: str | None = None, seed: int = 0) -> list[Fold]:
    """Split a frame by a protocol.

    ``temporal_holdout``: the oldest 70 % of the rows against the newest 30 %, at least the goal's
    horizon apart. ``rolling``: five blocks of a tenth of the rows each, from the middle of the
    rows on; each is tested on what was learnt from all that is at least the horizon older.
    ``cross_validation``: five shuffled folds, only where time is unknown.

    All rows of a contact are on one side; of a company, where the frame says which company a
    contact belongs to. Leads that stay open for long have rows on both sides of a cut. Taking only
    their older rows out would leave the converted ones to learn from, so whole groups are dealt
    into folds instead: who is tested in a fold is not learnt from in it, converted or not.

    Parameters
    ----------
    known : DataFrame
        Rows with a known outcome, sorted by contact and time; attrs ``time_known``,
        ``horizon_days``.
    protocol : {"temporal_holdout", "rolling", "cross_validation"}, optional
        By default the first, or the last where time is unknown.
    seed : int
        Deals the groups into folds.

    Raises
    ------
    DataError
        A side of a split is empty or has one outcome only.
    UsageError
        There is no such protocol, or it does not fit what is known of time.
    """
    chosen = _protocol(known, protocol)
    outcome = known["outcome"].to_numpy(dtype=np.int64)
    groups = groups_of(known)
    if chosen == "cross_validation":
        return [Fold(past, asked) for past, asked in folds(outcome, groups, seed=seed)]
    found = [*(_holdout if chosen == "temporal_holdout" else _rolling)(known, groups, seed)]
    for fold in found:
        if len(np.unique(outcome[fold.past])) < 2:
            raise DataError(
                "No older contact that is not in the test part has one of the two outcomes.",
                hint="The data must span more time: sync a longer history.",
            )
    return found


def past_rows(known: pd.DataFrame, fold: Fold) -> pd.DataFrame:
    """Return the rows to learn from, with what was known of the goal's timing at the cut.

    What came to be known later, that a property is filled once the goal is reached, say, is no
    ground for an exclusion then.
    """
    past = known.iloc[fold.past]
    past.attrs = dict(known.attrs)
    by_month = known.attrs.get("timing_by_month")
    if fold.cut is not None and by_month:
        past.attrs["timing"] = timing_before(by_month, fold.cut)
    return past


def grouped_by(known: pd.DataFrame) -> str:
    """Return the column whose rows are kept on one side: the company's, if it tells enough."""
    return "contact_id" if _by_company(known) is None else COMPANY


def groups_of(known: pd.DataFrame) -> Places:
    """Return a code for each row's contact, or for its company where it has one.

    Parameters
    ----------
    known : DataFrame
        Rows with a known outcome, sorted by contact and time. The last company known of a contact
        stands for all its rows. What holds more than a tenth of the contacts (free mail, "unknown")
        is no company, and its contacts stand for themselves, as those without one do. Where fewer
        than 20 groups converted, or did not, all contacts stand for themselves.

    Returns
    -------
    ndarray of int, shape (n_rows,)
        From 0 upwards, in the order of the ids.

    Examples
    --------
    >>> ids = [str(number) for number in range(200)]
    >>> known = pd.DataFrame({"contact_id": ids, "outcome": [True, True, False, False] * 50})
    >>> pairs = known.assign(associatedcompanyid=[str(int(i) // 2) for i in ids])
    >>> len(set(groups_of(pairs))), len(set(groups_of(known.assign(associatedcompanyid="1"))))
    (100, 200)
    """
    groups = _by_company(known)
    if groups is None:
        groups = known["contact_id"].astype("str")
    return _coded(groups)


def _coded(groups: pd.Series) -> Places:
    return np.asarray(pd.factorize(groups, sort=True)[0], dtype=np.intp)


def _by_company(known: pd.DataFrame) -> pd.Series | None:
    if COMPANY not in known or known[COMPANY].isna().all():
        return None
    contact = known["contact_id"].astype("str")
    company = known.groupby(contact)[COMPANY].last()
    size = company.map(company.value_counts())
    company = company[size <= LARGEST_COMPANY * len(company)].astype("str").radd("company ")
    groups = contact.map(company).astype("str").fillna(contact)
    ever = known["outcome"].astype(bool).groupby(groups.to_numpy()).any()
    few = company.empty or min(ever.sum(), (~ever).sum()) < FEWEST_GROUPS
    return None if few else groups


def _protocol(known: pd.DataFrame, protocol: str | None) -> str:
    time_known = bool(known.attrs.get("time_known", True))
    chosen = protocol or (PROTOCOLS[0] if time_known else PROTOCOLS[2])
    if chosen not in PROTOCOLS:
        raise UsageError(
            f"There is no protocol {chosen!r}.", hint=f"Choose one of {', '.join(PROTOCOLS)}."
        )
    if time_known == (chosen == "cross_validation"):
        raise UsageError(
            f"The protocol {chosen} does not fit data whose time is"
            f" {'known' if time_known else 'unknown'}.",
            hint="Leave the protocol out: the right one is chosen.",
        )
    return chosen


def _gap(known: pd.DataFrame) -> pd.Timedelta:
    return pd.Timedelta(days=known.attrs.get("horizon_days") or 0)


def _dealt(known: pd.DataFrame, groups: Places, seed: int, *, n: int) -> Iterator[Mask]:
    """Deal the groups into `n` folds; yield which rows each fold tests."""
    outcome = known["outcome"].to_numpy(dtype=np.int64)
    for _, chosen in folds(outcome, groups.astype(np.int64), seed=seed, n=n):
        mask = np.zeros(len(groups), dtype=bool)
        mask[chosen] = True
        yield mask


def _straddle(past: Mask, asked: Mask, groups: Places) -> bool:
    return bool(np.isin(groups[past], groups[asked]).any())


def _holdout(known: pd.DataFrame, groups: Places, seed: int) -> Iterator[Fold]:
    times, outcome = known["snapshot_at"], known["outcome"].to_numpy(dtype=bool)
    past, asked = temporal_split(times, train_share=TRAIN_SHARE, gap=_gap(known), outcome=outcome)
    cut = times[asked].min()
    if not _straddle(past, asked, groups):
        yield Fold(np.flatnonzero(past), np.flatnonzero(asked), cut)
        return
    for mine in _dealt(known, groups, seed, n=CONTACT_FOLDS):
        yield Fold(np.flatnonzero(past & ~mine), np.flatnonzero(asked & mine), cut)


def _rolling(known: pd.DataFrame, groups: Places, seed: int) -> Iterator[Fold]:
    blocks = [*_blocks(known)]
    apart = not any(_straddle(past, asked, groups) for past, asked, _ in blocks)
    dealt = [] if apart else [*_dealt(known, groups, seed, n=len(ROLLING_SHARES))]
    outcome = known["outcome"].to_numpy(dtype=bool)
    usable = 0
    for place, (past, asked, cut) in enumerate(blocks):
        if dealt:
            past, asked = past & ~dealt[place], asked & dealt[place]  # noqa: PLW2901
        if outcome[past].sum() >= FEWEST_CONVERSIONS and asked.any():
            usable += 1
            yield Fold(np.flatnonzero(past), np.flatnonzero(asked), cut)
    if usable < 2:
        raise DataError(
            f"Only {usable} of {len(blocks)} blocks have {FEWEST_CONVERSIONS} conversions in"
            " their past: a rolling test needs two.",
            hint="Sync a longer history, or use the temporal hold-out.",
        )


def _blocks(known: pd.DataFrame) -> Iterator[tuple[Mask, Mask, pd.Timestamp]]:
    times = known["snapshot_at"]
    starts = rolling_starts(times, ROLLING_SHARES)
    ends = [*starts[1:], times.max() + pd.Timedelta("1D")]
    for start, end in zip(starts, ends, strict=True):
        asked = (times >= start) & (times < end)
        past = (times <= start - _gap(known)) & (times < start)
        yield past.to_numpy(dtype=bool), asked.to_numpy(dtype=bool), start
