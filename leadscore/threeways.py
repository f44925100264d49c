"""One record in two places that were once in step: which side changed, and who wins where both did.

Values are compared property by property, as canonical strings; what they were when they were last
in step is known by keyed digests alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from leadscore.errors import UsageError

__all__ = ["NOTHING", "RULES", "Conflict", "Settled", "check_rule", "settle"]

#: The digest of no value.
NOTHING: Final = "-"
#: Who wins where both sides changed: the portal, the table, or nobody (it is reported alone).
RULES: Final = ("portal", "source", "report")
Values = Mapping[str, str | None]


@dataclass(frozen=True)
class Conflict:
    """A property that both sides changed since they were last in step, or that never were.

    Attributes
    ----------
    property : str
    won : str
        "portal", "source" or "nobody".
    """

    property: str
    won: str


@dataclass(frozen=True)
class Settled:
    """What is to be done about one record.

    Attributes
    ----------
    to_portal, to_table : dict
        Values that one side takes from the other; None clears.
    same : set of str
        Properties that are in step already.
    conflicts : list of Conflict
    """

    to_portal: dict[str, str | None] = field(default_factory=dict)
    to_table: dict[str, str | None] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)
    conflicts: list[Conflict] = field(default_factory=list)


def check_rule(rule: str) -> None:
    """Refuse what is no rule for conflicts.

    Raises
    ------
    UsageError
        It is none.
    """
    if rule not in RULES:
        raise UsageError(
            f"conflicts is {rule!r}.",
            hint='Use "portal" or "source" for who wins, or "report" to change neither.',
        )


def settle(
    portal: Values,
    table: Values,
    base: Mapping[str, str] | None,
    names: Iterable[str],
    *,
    rule: str,
    digest: Callable[[str, str | None], str],
) -> Settled:
    """Compare a record in both places with what it was when it was last in step.

    Where it never was (no base), a value that only one side has goes to the other, and two
    different values are a conflict.

    Parameters
    ----------
    portal, table : mapping of str to str or None
        Canonical values; those that are missing there are None.
    base : mapping of str to str, optional
        Digests of when they were last in step.
    names : iterable of str
        The properties to compare.
    rule : {"portal", "source", "report"}
    digest : callable
        Of a property's name and value.

    Examples
    --------
    >>> found = settle({"plan": "gold"}, {"plan": "lead"}, {"plan": "lead"}, ["plan"],
    ...                rule="report", digest=lambda name, value: value or NOTHING)
    >>> found.to_table
    {'plan': 'gold'}
    """
    done = Settled()
    for name in names:
        here, there = portal.get(name) or None, table.get(name) or None
        if here == there:
            done.same.add(name)
            continue
        moved = _moved(here, there, base.get(name) if base else None, name, digest)
        if moved == "both":
            moved = "" if rule == "report" else rule
            done.conflicts.append(Conflict(name, moved or "nobody"))
        if moved == "portal":
            done.to_table[name] = here
        elif moved == "source":
            done.to_portal[name] = there
    return done


def _moved(
    here: str | None,
    there: str | None,
    known: str | None,
    name: str,
    digest: Callable[[str, str | None], str],
) -> str:
    """Return which side has the newer value: "portal", "source" or "both"."""
    if known is None:
        return "source" if here is None else "portal" if there is None else "both"
    portal, table = digest(name, here) != known, digest(name, there) != known
    if portal and table:
        return "both"
    return "portal" if portal else "source"
