"""Associations as values that a run's engine reads and sets: the types that each pair has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from leadscore.hubspot.associationtypes import AssociationType
from leadscore.hubspot.pairwriting import (
    PAIRS,
    associate_pairs,
    dissociate_pairs,
    key_of_pair,
    pair_of_key,
)
from leadscore.hubspot.reading import read_associations
from leadscore.hubspot.writing import Outcome
from leadscore.targets import Values

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["HAS", "PairTarget", "types_of_pairs"]

HAS = "true"
_OTHERS = "other labels"  # what a pair has in place of a type that may not be taken off
_OWN = "USER_DEFINED"


def types_of_pairs(
    portal: Portal, from_type: str, to_type: str, keys: Collection[str]
) -> dict[str, dict[str, str]]:
    """Return the types that pairs have, by name; pairs that are not associated have none."""
    found: dict[str, dict[str, str]] = {key: {} for key in keys}
    starts = dict.fromkeys(pair_of_key(key)[0] for key in keys)
    for table in read_associations(portal, from_type, to_type, starts):
        for row in table.to_pylist():
            key = key_of_pair((row["from_id"], row["to_id"]))
            if key in found:
                found[key][AssociationType(row["category"], row["type_id"]).name] = HAS
    return found


class PairTarget:
    """Whether pairs of records are associated, and how.

    Parameters
    ----------
    portal : Portal
    about : mapping
        The plan's facts of the action: ``from_type``, ``to_type``, ``types`` (their names) and
        ``default``, that of the type without a label.
    """

    #: So many pairs are read and sent at once.
    batch = PAIRS

    def __init__(self, portal: Portal, about: Mapping[str, Any]) -> None:
        self.portal = portal
        self.ends = str(about["from_type"]), str(about["to_type"])
        self.default = str(about["default"])
        self.types = [*about["types"], self.default]
        self._seen: dict[str, dict[str, str]] = {}

    @property
    def names(self) -> Collection[str]:
        """The types' names."""
        return self.types

    def live(self, wanted: Mapping[str, Values]) -> dict[str, dict[str, str]]:
        """Return the types that pairs have now.

        Where the association is to end, and it has a label of the portal's own that nobody asked
        to take off, it stays: somebody has put that there since.
        """
        found = types_of_pairs(self.portal, *self.ends, wanted)
        self._seen |= {key: dict(types) for key, types in found.items()}
        for key, types in found.items():
            kept = (n for n in types if n.startswith(_OWN) and n not in wanted[key])
            if wanted[key].get(self.default) == "" and any(kept):
                types[self.default] = _OTHERS
        return found

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Put types on and take others off."""
        on = {key: self._on(key, new) for key, new in changes.items() if HAS in new.values()}
        off = {key: self._off(new) for key, new in changes.items() if "" in new.values()}
        found: dict[str, Outcome] = {}
        for part, call in ((on, associate_pairs), (off, dissociate_pairs)):
            pairs = {pair_of_key(key): types for key, types in part.items()}
            for outcome in call(self.portal, *self.ends, pairs) if pairs else ():
                if outcome.id not in found or found[outcome.id].state == "written":
                    found[outcome.id] = outcome
        return [found[key] for key in changes]

    def _on(self, key: str, new: Values) -> list[AssociationType]:
        """Return what to ask for: labels that are there and are not named would be replaced."""
        wanted = [name for name, value in new.items() if value == HAS]
        there = [name for name in self._seen.get(key, {}) if name.startswith(_OWN)]
        names = dict.fromkeys([*wanted, *(name for name in there if new.get(name) != "")])
        labelled = [name for name in names if name != self.default]
        return [AssociationType.named(name) for name in labelled]

    def _off(self, new: Values) -> list[AssociationType]:
        """Return what to take off; nothing stands for the whole association."""
        if new.get(self.default) == "":
            return []
        return [AssociationType.named(name) for name, value in new.items() if value == ""]

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether a pair has the types that it is to have, and none that it is not to have."""
        return all(live.get(name, "") == value for name, value in new.items())

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:  # noqa: ARG002
        """Say whether a pair has what is to be taken off: what is to be put on harms nobody."""
        return all(live.get(name) == value for name, value in old.items() if value)
