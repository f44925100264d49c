"""Owners by e-mail address: what people write where HubSpot wants an owner's id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from leadscore.errors import UsageError
from leadscore.hubspot.catalogue import owners

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["OwnerIds", "holds_owners", "with_owner_ids"]

_NAME = "hubspot_owner_id"


def holds_owners(definition: Mapping[str, Any]) -> bool:
    """Say whether a property holds ids of owners.

    HubSpot's own is ``hubspot_owner_id``; that properties of its type made by a portal say
    ``referencedObjectType`` OWNER is what its definitions show (API docs, "Properties").

    Examples
    --------
    >>> holds_owners({"name": "hubspot_owner_id"}), holds_owners({"name": "phone"})
    (True, False)
    """
    return definition.get("name") == _NAME or definition.get("referencedObjectType") == "OWNER"


class OwnerIds:
    """The portal's owners by e-mail address, read once and only if one is asked for.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``crm.objects.owners.read``, but for ids.
    left : bool, default False
        Take those who have left too: their records can be searched for, and given to nobody.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     OwnerIds(portal).of("7")
    '7'
    """

    def __init__(self, portal: Portal, *, left: bool = False) -> None:
        self.portal, self.left = portal, left
        self._known: dict[str, str] | None = None

    def of(self, value: Any) -> str:
        """Return an owner's id, from it or from the e-mail address, whatever the case.

        An id is not looked up.

        Raises
        ------
        UsageError
            It is neither, or nobody has the address.
        MissingScopesError
            The token may not read owners.
        """
        text = str(value).strip().removesuffix(".0")
        if text.isascii() and text.isdecimal():
            return text
        if "@" not in text:
            raise UsageError(
                f"{text!r} names no owner.", hint="Give an owner's e-mail address or id."
            )
        known = self._read()
        if text.lower() in known:
            return known[text.lower()]
        near = get_close_matches(text.lower(), known, n=1, cutoff=0.8)
        hint = f"Did you mean {near[0]}?" if near else "HubSpot lists them under Settings, Users."
        raise UsageError(f"The portal has no owner {text!r}.", hint=hint)

    def _read(self) -> dict[str, str]:
        if self._known is None:
            self.portal.require("owners")
            self._known = {}
            for archived in (True, False) if self.left else (False,):
                table = owners(self.portal, archived=archived, personal=True)
                pairs = zip(table["email"].to_pylist(), table["id"].to_pylist(), strict=True)
                self._known |= {mail.strip().lower(): one for mail, one in pairs if mail}
        return self._known


def with_owner_ids(
    portal: Portal,
    groups: Iterable[Iterable[dict[str, Any]]],
    definitions: Mapping[str, Mapping[str, Any]],
) -> list[list[dict[str, Any]]]:
    """Return a search's filters with ids in place of owners' e-mail addresses.

    Raises
    ------
    UsageError
        There is no such owner.
    """
    known = OwnerIds(portal, left=True)
    return [[_filter(one, definitions, known) for one in group] for group in groups]


def _filter(
    one: dict[str, Any], definitions: Mapping[str, Mapping[str, Any]], known: OwnerIds
) -> dict[str, Any]:
    name = str(one["propertyName"])
    if not holds_owners({"name": name, **definitions.get(name, {})}) or "TOKEN" in one["operator"]:
        return one
    found = dict(one)
    found |= {key: known.of(one[key]) for key in ("value", "highValue") if key in one}
    found |= {"values": [known.of(each) for each in one["values"]]} if "values" in one else {}
    return found
