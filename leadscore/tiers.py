"""Cut a ranking into tiers, and say what to expect above each cut.

A and B are what sales can work (by capacity), or what is likely enough to be worth it (by rate).
D is the bottom that can be skipped: it holds at most 5 % of the expected conversions. C is what is
left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadscore.errors import UsageError

__all__ = ["TIERS", "Cuts", "cut", "expected_conversions"]

TIERS = ("A", "B", "C", "D")
SKIPPED_SHARE = 0.05
DEFAULT_SHARE = 0.1
_Z95 = 1.959963984540054
_CERTAIN = 1e-6

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Cuts:
    """Where a ranking is to be cut.

    Attributes
    ----------
    capacity : int, optional
        How many leads sales can work: tier A holds as many, B the next as many. With neither
        this nor `rates`, a tenth of the contacts.
    rates : mapping, optional
        ``{"A": 0.2, "B": 0.1}``: A holds the contacts whose probability is at least 20 %, B the
        others whose probability is at least 10 %.

    Raises
    ------
    UsageError
        Both are given; the capacity is below 1; the rates are not those of A and B, falling,
        between 0 and 1.
    """

    capacity: int | None = None
    rates: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        if self.capacity is not None and self.rates is not None:
            raise UsageError(
                "Tiers go by capacity or by rates, not by both.", hint="Leave one of them out."
            )
        if self.capacity is not None and self.capacity < 1:
            raise UsageError(
                f"A capacity of {self.capacity} leads is none.", hint="Give 1 or more."
            )
        if self.rates is not None and not _are_rates(self.rates):
            raise UsageError(
                "The rates of the tiers cannot be used.",
                hint='Write rates={"A": 0.2, "B": 0.1}: the lowest probability in A and in B.',
            )


def _are_rates(rates: Mapping[str, float]) -> bool:
    return set(rates) == {"A", "B"} and 0 < rates["B"] < rates["A"] <= 1


def cut(
    probability: Floats, cuts: Cuts, *, held_out: Bools | None = None
) -> tuple[NDArray[np.str_], dict[str, Any]]:
    """Cut a ranking into tiers.

    Parameters
    ----------
    probability : ndarray of float64, shape (n,)
        Best first.
    cuts : Cuts
    held_out : ndarray of bool, shape (n,), optional
        Contacts that are scored but not handed to sales. They take no place of a tier and count
        in none of the figures; they get the tier of those around them.

    Returns
    -------
    tiers : ndarray of str, shape (n,)
        A to D.
    facts : dict
        ``contacts``, ``held_out``, ``capacity`` or ``rates``; by tier ``contacts_by_tier`` and
        ``expected_conversions``; ``ties_at_cut`` by cut; ``cuts``: a list of what lies above each
        cut (``cut``, ``contacts``, ``probability`` of the last one above, ``ties``,
        ``expected``, ``low``, ``high``: conversions, see `expected_conversions`).

    Examples
    --------
    >>> tiers, facts = cut(np.array([0.9, 0.5, 0.5, 0.2, 0.01]), Cuts(capacity=2))
    >>> "".join(tiers), facts["ties_at_cut"]
    ('AABBD', {'A|B': 2, 'B|C': 0, 'C|D': 0})
    """
    out = np.zeros(len(probability), dtype=bool) if held_out is None else held_out
    worked = probability[~out]
    ends = _ends(worked, cuts)
    ahead = np.minimum(np.cumsum(~out) - ~out, max(len(worked) - 1, 0))  # handed on before each
    tiers = np.array(TIERS)[np.searchsorted(ends, ahead, side="right")]
    sizes = np.diff([0, *ends, len(worked)])
    facts: dict[str, Any] = {"contacts": len(worked), "held_out": int(out.sum())}
    facts |= {"rates": dict(cuts.rates)} if cuts.rates else {"capacity": _size(worked, cuts)}
    facts |= {
        "contacts_by_tier": {t: int(size) for t, size in zip(TIERS, sizes, strict=True)},
        "expected_conversions": _expected_by_tier(worked, ends),
        "cuts": [_above(worked, place, end) for place, end in enumerate(ends)],
    }
    facts["ties_at_cut"] = {row["cut"]: row["ties"] for row in facts["cuts"]}
    return tiers, facts


def _size(worked: Floats, cuts: Cuts) -> int:
    return cuts.capacity or max(1, round(DEFAULT_SHARE * len(worked)))


def _ends(worked: Floats, cuts: Cuts) -> tuple[int, int, int]:
    """Return how many contacts lie in A, in A and B, and in A to C."""
    n = len(worked)
    if cuts.rates:
        a, b = (int(np.sum(worked >= cuts.rates[tier])) for tier in ("A", "B"))
    else:
        size = _size(worked, cuts)
        a, b = min(size, n), min(2 * size, n)
    held = np.cumsum(worked[::-1])
    skipped = int(np.searchsorted(held, SKIPPED_SHARE * worked.sum(), side="right"))
    return a, b, max(b, n - skipped)


def _expected_by_tier(worked: Floats, ends: tuple[int, int, int]) -> dict[str, float]:
    pieces = np.split(worked, ends)
    return {tier: float(piece.sum()) for tier, piece in zip(TIERS, pieces, strict=True)}


def _above(worked: Floats, place: int, end: int) -> dict[str, Any]:
    expected, low, high = expected_conversions(worked[:end])
    return {
        "cut": f"{TIERS[place]}|{TIERS[place + 1]}",
        "contacts": end,
        "probability": float(worked[end - 1]) if end else None,
        "ties": _ties(worked, end),
        "expected": expected,
        "low": low,
        "high": high,
    }


def _ties(worked: Floats, end: int) -> int:
    """Count the contacts of equal probability that a cut divides; 0 when it divides none."""
    if not 0 < end < len(worked) or worked[end - 1] != worked[end]:
        return 0
    return int(np.sum(worked == worked[end]))


def expected_conversions(probability: Floats) -> tuple[float, int, int]:
    """Return how many of these contacts should convert, and the range of 95 cases in 100.

    The number is Poisson-binomial: a sum of independent draws of probability p. Its mean is
    sum(p), its variance s^2 = sum(p (1 - p)), its skewness g = sum(p (1 - p) (1 - 2 p)) / s^3. The
    quantiles are those of Cornish and Fisher (1937): sum(p) + s (z + g (z^2 - 1) / 6) with z =
    -1.96 and 1.96, taken outwards to whole conversions and kept between 0 and the number of
    contacts.

    The range is of chance alone. It takes the probabilities as true and the contacts as
    independent: it leaves out that the model can be wrong, that times change, and what hits many
    leads at once. What the model's probabilities are worth, the evaluation says.

    Parameters
    ----------
    probability : ndarray of float64, shape (n,)

    Returns
    -------
    expected : float
    low, high : int

    Examples
    --------
    >>> expected_conversions(np.full(200, 0.1))
    (20.0, 12, 29)
    >>> expected_conversions(np.full(1024, 2**-9))
    (2.0, 0, 6)
    """
    expected = float(probability.sum())
    each = probability * (1 - probability)
    spread = float(np.sqrt(each.sum()))
    if spread < _CERTAIN:
        return expected, round(expected), round(expected)
    skewness = float((each * (1 - 2 * probability)).sum()) / spread**3
    bend = skewness * (_Z95**2 - 1) / 6
    low = np.floor(expected + spread * (bend - _Z95))
    high = np.ceil(expected + spread * (bend + _Z95))
    return expected, int(max(low, 0)), int(min(high, len(probability)))
