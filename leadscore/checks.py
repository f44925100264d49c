"""One line of a checkup: what was looked at, how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Literal

from leadscore.errors import LeadscoreError

__all__ = ["Check", "State", "guarded", "ok", "unknown", "warning", "wrong"]

State = Literal["ok", "warning", "wrong", "unknown"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, and how it is.

    Attributes
    ----------
    name : str
        What was looked at, in a word or two.
    state : {"ok", "warning", "wrong", "unknown"}
        "wrong" keeps leadscore from its work; "unknown" could not be looked at.
    message : str
        How it is, in one sentence.
    hint : str
        What to do, where there is something to do.
    """

    name: str
    state: State
    message: str
    hint: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the line as plain values."""
        return asdict(self)


def ok(name: str, message: str) -> Check:
    """Return a line about what is as it should be."""
    return Check(name, "ok", message)


def warning(name: str, message: str, hint: str) -> Check:
    """Return a line about what works and should be looked at."""
    return Check(name, "warning", message, hint)


def wrong(name: str, message: str, hint: str) -> Check:
    """Return a line about what keeps leadscore from its work."""
    return Check(name, "wrong", message, hint)


def unknown(name: str, message: str, hint: str = "") -> Check:
    """Return a line about what could not be looked at."""
    return Check(name, "unknown", message, hint)


def guarded(name: str, look: Callable[[], Iterable[Check]]) -> list[Check]:
    """Return what a look finds; an error becomes a line, because a checkup goes on.

    Examples
    --------
    >>> guarded("portal", lambda: [ok("portal", "It is there.")])[0].state
    'ok'
    >>> guarded("portal", lambda: {}["id"])[0].message
    'It could not be looked at (KeyError).'
    """
    found: list[Check] = []
    try:
        for check in look():
            found.append(check)  # noqa: PERF402 - what came before an error is kept
    except LeadscoreError as error:
        found.append(wrong(name, error.message, error.hint))
    except Exception as error:  # noqa: BLE001 - a checkup tells of what is broken, and goes on
        found.append(unknown(name, f"It could not be looked at ({type(error).__name__})."))
    return found
