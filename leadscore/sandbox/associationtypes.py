"""The types of associations: HubSpot's own in both directions, and the portal's own labels.

HubSpot API docs, "Associate records", "Association type ID values": a type says what two records
are to each other and in which direction; it has an inverse. Every pair of object types has one
without a label. The words of the labels are those of real portals on public record for contacts
and companies (HubSpot/hubspot-api-ruby#171, amp-labs/connectors#1271); the others are assumed, and
so are the ids 579, 581 and 599.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = ["HUBSPOT", "USER", "AssociationType", "Types"]

HUBSPOT, USER = "HUBSPOT_DEFINED", "USER_DEFINED"
FIRST_OWN_ID = 2001
PRIMARY = "Primary"

# kind, kind, type id there, type id back
_PLAIN = """
contacts companies 279 280
contacts contacts 449 449
contacts deals 4 3
contacts tickets 15 16
contacts calls 193 194
contacts emails 197 198
contacts meetings 199 200
contacts notes 201 202
contacts tasks 203 204
leads contacts 608 609
leads companies 610 611
leads deals 1037 1038
leads calls 596 597
leads emails 598 599
leads meetings 600 601
leads notes 854 855
leads tasks 646 647
companies companies 450 450
companies deals 342 341
companies tickets 340 339
companies calls 181 182
companies emails 185 186
companies meetings 187 188
companies notes 189 190
companies tasks 191 192
deals deals 451 451
deals tickets 27 28
deals calls 205 206
deals emails 209 210
deals meetings 211 212
deals notes 213 214
deals tasks 215 216
tickets tickets 452 452
tickets calls 219 220
tickets emails 223 224
tickets meetings 225 226
tickets notes 227 228
tickets tasks 229 230
"""


class AssociationType(NamedTuple):
    """A type of association, in one direction.

    Parameters
    ----------
    id : int
    from_kind, to_kind : str
        Names of object types.
    inverse : int
        The id of the type in the other direction.
    label : str, optional
        None for the type that every two associated records have.
    category : str
        Who defined it.
    name : str
        As in replies of the objects API: "contact_to_company".
    """

    id: int
    from_kind: str
    to_kind: str
    inverse: int
    label: str | None = None
    category: str = HUBSPOT
    name: str = ""

    def wire(self) -> dict[str, Any]:
        """Return the type as HubSpot sends it."""
        return {"category": self.category, "typeId": self.id, "label": self.label}


# One record on the left has at most one primary record on the right.
_LABELLED = (
    ("contacts", "companies", 1, 2, PRIMARY, "Contact with Primary Company"),
    ("deals", "companies", 5, 6, PRIMARY, "Deal with Primary Company"),
    ("tickets", "companies", 26, 25, PRIMARY, "Ticket with Primary Company"),
    ("leads", "contacts", 578, 579, PRIMARY, "Lead with Primary Contact"),
    ("leads", "companies", 580, 581, PRIMARY, "Lead with Primary Company"),
    ("leads", "deals", 582, 583, PRIMARY, "Lead with Primary Deal"),
    ("companies", "companies", 13, 14, "Child Company", "Parent Company"),
)
_SINGULARS = {"companies": "company"}


def _name(start: str, end: str) -> str:
    one, other = (_SINGULARS.get(kind, kind.removesuffix("s")) for kind in (start, end))
    return f"{one}_to_{other}"


def _both(
    start: str, end: str, there: int, back: int, labels: tuple[str | None, str | None]
) -> Iterable[AssociationType]:
    tail = "" if labels[0] else "_unlabeled"
    ends = ((start, end, there, back, labels[0]), (end, start, back, there, labels[1]))
    for one, other, number, inverse, label in ends:
        name = _name(one, other) + tail
        yield AssociationType(number, one, other, inverse, label, HUBSPOT, name)


def _standard() -> dict[int, AssociationType]:
    found: dict[int, AssociationType] = {}
    for line in _PLAIN.split("\n"):
        if line:
            start, end, there, back = line.split()
            more = _both(start, end, int(there), int(back), (None, None))
            found |= {one.id: one for one in more}
    for start, end, first, second, label, other in _LABELLED:
        found |= {one.id: one for one in _both(start, end, first, second, (label, other))}
    names = {one.name for one in found.values() if one.label}
    lone = {number for number, one in found.items() if one.name.removesuffix("_unlabeled") in names}
    # Only a pair that has a primary type too says that its other type is unlabeled.
    return {
        number: one if number in lone else one._replace(name=one.name.removesuffix("_unlabeled"))
        for number, one in found.items()
    }


STANDARD = _standard()


class Types:
    """The association types of a portal.

    Examples
    --------
    >>> types = Types()
    >>> types.default("contacts", "companies").id, types[1].inverse
    (279, 2)
    >>> mentor = types.define("contacts", "contacts", "mentor", "Mentor", "Apprentice")
    >>> [types[number].label for number in (mentor.id, mentor.inverse)]
    ['Mentor', 'Apprentice']
    """

    def __init__(self) -> None:
        self.own: dict[int, AssociationType] = {}
        self._last = FIRST_OWN_ID - 1

    def __getitem__(self, number: int) -> AssociationType:
        return self.own[number] if number in self.own else STANDARD[number]

    def __contains__(self, number: int) -> bool:
        return number in STANDARD or number in self.own

    def get(self, number: int) -> AssociationType | None:
        """Return a type, None when there is none with that id."""
        return self.own.get(number, STANDARD.get(number))

    def between(self, start: str, end: str) -> list[AssociationType]:
        """Return the types from one object type to another, by id."""
        both = [*STANDARD.values(), *self.own.values()]
        found = [one for one in both if (one.from_kind, one.to_kind) == (start, end)]
        return sorted(found, key=lambda one: one.id)

    def default(self, start: str, end: str) -> AssociationType:
        """Return the type without a label; object types that have none yet are given one."""
        for one in self.between(start, end):
            if one.label is None:
                return one
        return self.define(start, end, _name(start, end), None, None)

    def primary(self, start: str, end: str) -> AssociationType | None:
        """Return the type of which a record has at most one, if there is such a type."""
        found = (one for one in self.between(start, end) if one.label == PRIMARY)
        return next((one for one in found if one.category == HUBSPOT), None)

    def define(
        self, start: str, end: str, name: str, label: str | None, inverse_label: str | None
    ) -> AssociationType:
        """Add a type of the portal's own, with its inverse.

        The inverse has an id of its own, except between records of one object type when both
        directions have the same label.
        """
        there = self._next()
        same = start == end and label == inverse_label
        back = there if same else self._next()
        if not same:
            self.own[back] = AssociationType(back, end, start, there, inverse_label, USER, name)
        self.own[there] = AssociationType(there, start, end, back, label, USER, name)
        return self.own[there]

    def _next(self) -> int:
        self._last += 1
        return self._last

    def rename(self, number: int, label: str, inverse_label: str | None) -> None:
        """Give a type of the portal's own another label, and its inverse."""
        back = self.own[number].inverse
        if back != number and inverse_label is not None:
            self.own[back] = self.own[back]._replace(label=inverse_label)
        self.own[number] = self.own[number]._replace(label=label)

    def remove(self, number: int) -> None:
        """Forget a type of the portal's own, and its inverse."""
        gone = self.own.pop(number)
        self.own.pop(gone.inverse, None)

    def dump(self) -> dict[str, Any]:
        """Return the portal's own types as plain JSON values."""
        return {"last": self._last, "own": [list(one) for one in self.own.values()]}

    def restore(self, state: dict[str, Any]) -> None:
        """Take what `dump` returned."""
        self._last = state["last"]
        self.own = {one[0]: AssociationType(*one) for one in state["own"]}
