"""Owners, pipelines and stages by the names that people know, where HubSpot wants ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from leadscore.errors import MissingScopesError, NotFoundError, UsageError
from leadscore.hubspot.catalogue import owners, pipelines
from leadscore.hubspot.ownerids import OwnerIds, holds_owners
from leadscore.recordvalues import MisfitError, converter, plain

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["converter_of"]

_STAGED = {"pipeline": "pipeline", "dealstage": "stage"}
_STAGED |= {"hs_pipeline": "pipeline", "hs_pipeline_stage": "stage"}
Convert = Callable[[Any], str]


def converter_of(
    definition: Mapping[str, Any], object_type: str, portal: Portal | None = None
) -> Convert:
    """Return `leadscore.recordvalues.converter` that knows a portal's owners and pipelines.

    They are read once, when a value needs them: an owner's e-mail address becomes the id, and an
    id that no owner has, nor had, is refused (where the token may not read owners, HubSpot does
    so); the label of a stage is refused as any option's is, with its internal name.

    Parameters
    ----------
    definition : mapping
        As HubSpot sends it.
    object_type : str
    portal : Portal, optional
        Without one, owners are ids.
    """
    if portal is not None and holds_owners(definition):
        return _owner(portal)
    usual = converter(definition, object_type)
    if portal is not None and definition.get("name") in _STAGED:
        return _staged(usual, portal, object_type, _STAGED[str(definition["name"])])
    return usual


def _owner(portal: Portal) -> Convert:
    known, one_reads = OwnerIds(portal), Lock()

    @cache
    def ids(archived: bool) -> list[str] | None:
        try:
            found: list[str] = owners(portal, archived=archived)["id"].to_pylist()
        except MissingScopesError:
            return None  # HubSpot says it then, row by row
        return found

    def to_wire(value: Any) -> str:
        try:
            with one_reads:
                found = known.of(value)
                if "@" not in str(value):
                    _check_id(found, ids)
        except UsageError as error:
            raise MisfitError(str(error).removesuffix(".")) from None
        return found

    return to_wire


def _check_id(one: str, ids: Callable[[bool], list[str] | None]) -> None:
    there = ids(False)
    if there is None or one in there or one in (ids(True) or ()):  # who left has records still
        return
    near = get_close_matches(one, there, n=2, cutoff=0.6) or there[:3]
    raise MisfitError(f"the portal has no owner of this id; there are {', '.join(near)}")


def _staged(usual: Convert, portal: Portal, object_type: str, column: str) -> Convert:
    @cache
    def there() -> list[tuple[str, str]]:
        try:
            rows = pipelines(portal, object_type).to_pylist()
        except (NotFoundError, MissingScopesError):
            return []
        return [(str(row[column]), str(row[f"{column}_label"])) for row in rows]

    def to_wire(value: Any) -> str:
        try:
            return usual(value)
        except MisfitError:
            meant = {one for one, label in there() if plain(str(value)) == plain(label)}
            if not meant:
                raise
            raise MisfitError(f"no option; did you mean {' or '.join(sorted(meant))}?") from None

    return to_wire
