"""What the guards find in a plan while it is made: new scores against old ones, and the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from leadscore.guards import finding
from leadscore.planfigures import Figures
from leadscore.stability import psi

__all__ = ["FAR", "Circumstances", "guards_of", "write_cap"]

Finding = dict[str, Any]

#: More points than this are a big move, and of more than this share of the contacts, too many.
FAR, MOST_MOVE = 20.0, 0.2
_FEW = 20  # contacts: of fewer, a share says little
#: Siddiqi 2006, Credit Risk Scorecards: below .1 little has changed, from .25 much.
WATCH, SHIFTED = 0.1, 0.25
#: With as many contacts, PSI by chance stays below SHIFTED in 19 of 20 comparisons: chi-squared of
#: 9 degrees of freedom, 16.9, times 2/n (Yurdakul 2018).
ENOUGH_TO_COMPARE = 150
#: Fewer different scores than this, or one for more than this share, do not tell contacts apart.
LEAST_DISTINCT, MOST_ALIKE, ENOUGH_TO_DIFFER = 10, 0.5, 50
#: Of the contacts of the last applied plan.
LEAST_CONTACTS = 0.9


@dataclass(frozen=True)
class Circumstances:
    """What the guards need to know besides the figures.

    Attributes
    ----------
    signal : bool
        Whether the model has a usable signal.
    model : str
        The model that gave the scores.
    live : str, optional
        The live one of the prefix; None before the first.
    last_contacts : int, optional
        How many contacts the last applied plan was about; None before the first.
    writes : int
        The most contacts that one action of the plan changes.
    max_writes : int
    earlier : sequence of dict
        What scoring itself found.
    """

    signal: bool
    model: str
    live: str | None
    last_contacts: int | None
    writes: int
    max_writes: int
    earlier: tuple[Mapping[str, Any], ...] = ()


def guards_of(figures: Figures, around: Circumstances) -> list[Finding]:
    """Return what guards found; what blocks nothing and is worth no word is left out.

    The first time, when no contact has a score, there is nothing to compare with.
    """
    return [
        *(dict(one) for one in around.earlier),
        *_signal(around),
        *_live(around),
        *_constant(figures),
        *_moves(figures),
        *_shift(figures),
        *_contacts(figures, around),
        *write_cap(around.writes, around.max_writes),
    ]


def _signal(around: Circumstances) -> Iterator[Finding]:
    if not around.signal:
        said = "The model has no usable signal: its backtest cannot be told from chance."
        yield finding("no_signal", blocks=True, says=said)


def _live(around: Circumstances) -> Iterator[Finding]:
    if around.live is not None and around.live != around.model:
        said = (
            f"The scores are of model {around.model}, and {around.live} is live: this one was not "
            "found to be at least as good."
        )
        yield finding("worse_model", blocks=True, says=said)


def _constant(figures: Figures) -> Iterator[Finding]:
    total = sum(figures.values.values())
    if total < ENOUGH_TO_DIFFER:
        return
    distinct, alike = len(figures.values), max(figures.values.values()) / total
    if distinct < LEAST_DISTINCT:
        said = f"{total:,} contacts have {distinct} different scores."
        yield finding(
            "constant_scores", blocks=True, value=distinct, limit=LEAST_DISTINCT, says=said
        )
    elif alike > MOST_ALIKE:
        said = f"{alike:.0%} of {total:,} contacts have the same score."
        yield finding("constant_scores", blocks=True, value=alike, limit=MOST_ALIKE, says=said)


def _moves(figures: Figures) -> Iterator[Finding]:
    share = figures.moved_far / max(1, figures.compared)
    if figures.compared >= _FEW and share > MOST_MOVE:
        said = (
            f"{share:.0%} of {figures.compared:,} contacts with a score move by more than "
            f"{FAR:.0f} points."
        )
        yield finding("big_moves", blocks=True, value=share, limit=MOST_MOVE, says=said)


def _shift(figures: Figures) -> Iterator[Finding]:
    if figures.compared < ENOUGH_TO_COMPARE:
        return
    value = psi(figures.before, figures.after)
    if value >= WATCH:
        said = (
            f"The scores of {figures.compared:,} contacts are distributed otherwise than those "
            f"that the portal has: PSI {value:.2f}."
        )
        blocks = value > SHIFTED
        yield finding("distribution_shift", blocks=blocks, value=value, limit=SHIFTED, says=said)


def _contacts(figures: Figures, around: Circumstances) -> Iterator[Finding]:
    last = around.last_contacts
    first_time = figures.contacts > 0 and figures.first_time
    if not last or first_time:
        return
    if figures.contacts < LEAST_CONTACTS * last:
        said = f"{figures.contacts:,} contacts were scored, and {last:,} the last time."
        yield finding(
            "fewer_contacts",
            blocks=True,
            value=figures.contacts,
            limit=LEAST_CONTACTS * last,
            says=said,
        )


def write_cap(writes: int, most: int) -> Iterator[Finding]:
    """Say whether a plan changes more contacts than it may."""
    if writes > most:
        said = f"{writes:,} contacts are to be written, and {most:,} may be."
        yield finding("write_cap", blocks=True, value=writes, limit=most, says=said)
