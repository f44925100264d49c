"""What an action of a plan changes: how it is read, compared and written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Protocol

from leadscore.hubspot.reading import MODIFIED, read_values
from leadscore.hubspot.writing import Outcome, update_batch
from leadscore.scoreproperties import same

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["CHANGED", "RECORD", "WHY", "PropertyTarget", "Target", "Values"]

Values = Mapping[str, str]

#: Among live values: when the contact was last changed. It is no value of any target.
CHANGED = MODIFIED("contacts")
#: Among live values: the id of the record, where a change goes by another key. No value either.
RECORD = "hs_object_id"
#: Among live values: what speaks against writing, in words for people. No value either.
WHY = "(why)"


class Target(Protocol):
    """Anything of contacts that has a value that can be read and set: a run's engine needs no more.

    Values are by name, strings, one without a value left out. A list's membership is such a value
    as much as a property is; so is the task that a run made for a contact. Several threads may
    call at once.
    """

    @property
    def names(self) -> Collection[str]:
        """The names of its values: they alone go on record."""
        ...

    def live(self, wanted: Mapping[str, Values]) -> dict[str, dict[str, str]]:
        """Return what at most 100 contacts have now; one that the portal lacks is left out.

        ``wanted`` is what is to be written, by contact.
        """
        ...

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Set values of at most 100 contacts; one outcome each. An empty string clears."""
        ...

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether a contact has what is to be written already."""
        ...

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:
        """Say whether a contact still has what it had when it was planned.

        ``sent``: a write of ours may have been done in part.
        """
        ...


class PropertyTarget:
    """Some properties of contacts.

    Parameters
    ----------
    portal : Portal
    kinds : mapping of str to str
        Property to its type in HubSpot.
    clear : bool, default False
        Whether an empty string may be sent, which clears: for an undo alone.
    """

    def __init__(self, portal: Portal, kinds: Mapping[str, str], *, clear: bool = False) -> None:
        self.portal, self.kinds, self.clear = portal, kinds, clear

    @property
    def names(self) -> Collection[str]:
        """The properties' names."""
        return self.kinds.keys()

    def live(self, contacts: Collection[str]) -> dict[str, dict[str, str]]:
        """Return what contacts have now, and when each was changed."""
        return read_values(self.portal, "contacts", contacts, [*self.kinds, CHANGED])

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Set the properties."""
        return update_batch(self.portal, "contacts", changes, clear=self.clear)

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether every value that is to be written is there."""
        return all(same(live.get(name), value, self.kinds[name]) for name, value in new.items())

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:  # noqa: ARG002
        """Say whether all properties are as they were."""
        return all(same(live.get(name), old.get(name), kind) for name, kind in self.kinds.items())
