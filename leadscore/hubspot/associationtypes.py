"""In which ways records of two types can be associated: looked up, for ids differ by portal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from leadscore.errors import BadReplyError, InvalidRequestError, NotFoundError, UsageError
from leadscore.hubspot.pages import results_of
from leadscore.hubspot.replies import json_object

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["AssociationType", "association_types", "default_type", "type_of_label"]


@dataclass(frozen=True, slots=True)
class AssociationType:
    """A way in which one record is associated with another.

    Attributes
    ----------
    category : str
        HUBSPOT_DEFINED or USER_DEFINED.
    number : int
        HubSpot's ``typeId``.
    label : str
        Empty for the type that every two associated records have.
    """

    category: str
    number: int
    label: str = ""

    @property
    def name(self) -> str:
        """What it is called on record: ``HUBSPOT_DEFINED 279``."""
        return f"{self.category} {self.number}"

    @property
    def spec(self) -> dict[str, Any]:
        """As HubSpot takes it."""
        return {"associationCategory": self.category, "associationTypeId": self.number}

    @staticmethod
    def named(name: str) -> AssociationType:
        """Return the type of a name on record.

        Examples
        --------
        >>> AssociationType.named("HUBSPOT_DEFINED 279").number
        279
        """
        category, _, number = name.rpartition(" ")
        return AssociationType(category, int(number))


def association_types(portal: Portal, from_type: str, to_type: str) -> list[AssociationType]:
    """Return the types of association from one object type to another (API docs, "Associations").

    Parameters
    ----------
    portal : Portal
    from_type, to_type : str
        As paths call them.

    Raises
    ------
    UsageError
        HubSpot cannot associate the two.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     [one.label for one in association_types(portal, "contacts", "companies")]
    ['Primary', '']
    """
    where = portal.path("associations", from_type, to_type, "labels")
    try:
        found = portal.transport.fetch("GET", where, read=_read)
    except (InvalidRequestError, NotFoundError) as error:
        raise UsageError(
            f"{from_type} and {to_type} cannot be associated: {error.message}",
            hint="Give object types as HubSpot names them: contacts, companies, deals, tasks…",
        ) from error
    if not found:
        raise BadReplyError(f"{where}: HubSpot names no type of association.", hint="Try again.")
    return found


def _read(body: bytes) -> list[AssociationType]:
    return sorted(map(_type, results_of(json_object(body))), key=lambda one: one.number)


def _type(one: dict[str, Any]) -> AssociationType:
    if not str(one.get("typeId", "")).isdecimal():
        raise ValueError("an association type of the reply has no number")
    category = str(one.get("category") or "")
    return AssociationType(category, int(one["typeId"]), str(one.get("label") or ""))


def default_type(types: Iterable[AssociationType]) -> AssociationType | None:
    """Return the type without a label; HubSpot's own where there are several.

    Examples
    --------
    >>> found = [AssociationType("HUBSPOT_DEFINED", 1, "Primary"), AssociationType("X", 279)]
    >>> default_type(found).number
    279
    """
    plain = [one for one in types if not one.label]
    return min(plain, key=lambda one: (one.category != "HUBSPOT_DEFINED", one.number), default=None)


def type_of_label(
    types: Iterable[AssociationType], label: str, *, between: tuple[str, str]
) -> AssociationType:
    """Return the type that has a label, whatever the case of its letters.

    Raises
    ------
    UsageError
        None has; those that there are are listed.
    """
    labelled = {one.label.casefold(): one for one in types if one.label}
    found = labelled.get(label.strip().casefold())
    if found is not None:
        return found
    near = get_close_matches(label.strip().casefold(), labelled, n=1)
    listed = ", ".join(repr(one.label) for one in labelled.values()) or "none"
    more = f" Did you mean {labelled[near[0]].label!r}?" if near else ""
    raise UsageError(
        f"There is no association label {label!r} from {between[0]} to {between[1]}.",
        hint=f"The portal has {listed}.{more}",
    )
