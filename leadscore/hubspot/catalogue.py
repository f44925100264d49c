"""What a portal's ids stand for: owners, pipelines and their stages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from leadscore.errors import BadReplyError
from leadscore.hubspot.pages import strings
from leadscore.hubspot.replies import records_of
from leadscore.hubspot.wiretypes import typed

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["owners", "pipelines"]

_PAGE = 100  # HubSpot API docs, "Owners": the default; that more are allowed is unverified
_AGAIN = "Run the same command again."
_OWNERS = pa.schema(
    [
        ("id", pa.string()),
        ("user_id", pa.string()),
        ("type", pa.string()),
        ("team_ids", pa.list_(pa.string())),
        ("teams", pa.list_(pa.string())),
        ("archived", pa.bool_()),
    ]
)
_PERSONAL = (("email", "email"), ("first_name", "firstName"), ("last_name", "lastName"))
_STAGES = pa.schema(
    [
        ("object", pa.string()),
        ("pipeline", pa.string()),
        ("pipeline_label", pa.string()),
        ("pipeline_order", pa.int64()),
        ("stage", pa.string()),
        ("stage_label", pa.string()),
        ("stage_order", pa.int64()),
        ("probability", pa.float64()),
        ("archived", pa.bool_()),
    ]
)


def owners(portal: Portal, *, archived: bool = False, personal: bool = False) -> pa.Table:
    """Return the owners: what the values of ``hubspot_owner_id`` stand for.

    Parameters
    ----------
    portal : Portal
        Its token needs the scope ``crm.objects.owners.read``.
    archived : bool, default False
        The owners that have left, in place of those that are there (HubSpot lists either).
    personal : bool, default False
        With ``email``, ``first_name`` and ``last_name``: personal data is asked for, not taken by
        habit.

    Returns
    -------
    pyarrow.Table
        One row per owner, in the portal's order: ``id`` (string; owner properties hold this one),
        ``user_id`` (string; of people who left too), ``type`` (PERSON or QUEUE), ``team_ids`` and
        ``teams`` (lists of strings, in step, the primary team first), ``archived`` (bool).

    Raises
    ------
    BadReplyError
        A page cannot be believed, or the cursor repeats: the list is incomplete.

    Notes
    -----
    HubSpot API docs, "Owners".

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     owners(portal).column_names
    ['id', 'user_id', 'type', 'team_ids', 'teams', 'archived']
    """
    found = {str(one["id"]): one for page in _pages(portal, archived) for one in page}
    table = pa.Table.from_pylist([_owner(one) for one in found.values()], schema=_OWNERS)
    for column, key in _PERSONAL if personal else ():
        table = table.append_column(column, strings([_text(o.get(key)) for o in found.values()]))
    return table


def _pages(portal: Portal, archived: bool) -> Iterator[list[dict[str, Any]]]:
    where = portal.path("owners")
    query = [("limit", str(_PAGE)), ("archived", str(archived).lower())]
    seen: set[str] = set()
    cursor: list[tuple[str, str]] = []
    while True:
        reply = portal.transport.call("GET", where, query=[*query, *cursor])
        yield records_of(reply, path=where)
        after = _next(reply, where)
        cursor = [("after", after)]
        if not after:
            return
        if after in seen:
            message = f"{where}: the cursor repeats, so the list cannot be complete."
            raise BadReplyError(message, hint=_AGAIN)
        seen.add(after)


def _next(reply: dict[str, Any], where: str) -> str:
    paging = reply.get("paging") or {}
    following = paging.get("next") or {} if isinstance(paging, dict) else None
    if not isinstance(following, dict):
        raise BadReplyError(f"{where}: the page's cursor cannot be read.", hint=_AGAIN)
    return str(following.get("after") or "")


def _owner(one: dict[str, Any]) -> dict[str, Any]:
    teams = sorted(_dicts(one.get("teams")), key=lambda team: not team.get("primary"))
    return {
        "id": str(one["id"]),
        "user_id": _text(one.get("userIdIncludingInactive") or one.get("userId")),
        "type": _text(one.get("type")),
        "team_ids": [_text(team.get("id")) for team in teams],
        "teams": [_text(team.get("name")) for team in teams],
        "archived": bool(one.get("archived")),
    }


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and abs(value) < 2**63 else None


def pipelines(portal: Portal, object_type: str) -> pa.Table:
    """Return the pipelines of an object type with their stages, in HubSpot's order.

    Parameters
    ----------
    portal : Portal
        Its token needs the type's read scope, ``crm.objects.deals.read`` for deals.
    object_type : str
        ``deals``, or another type that has pipelines.

    Returns
    -------
    pyarrow.Table
        One row per stage: ``object``, ``pipeline`` and ``stage`` (ids, as deals hold them in the
        properties ``pipeline`` and ``dealstage``), ``pipeline_label``, ``stage_label`` (strings),
        ``pipeline_order``, ``stage_order`` (int64), ``probability`` (float64, 0 to 1; null where
        the type has none), ``archived`` (bool: the pipeline or the stage).

    Raises
    ------
    NotFoundError
        The type has no pipelines, or there is no such type.
    BadReplyError
        A pipeline or stage of the reply has no id.

    Notes
    -----
    HubSpot API docs, "Pipelines": there is no paging; a stage's ``metadata.probability`` is a
    string. Which types have pipelines is not listed there in one place (unverified).

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     pipelines(portal, "deals")["stage"].to_pylist()[-2:]
    ['closedwon', 'closedlost']
    """
    where = portal.path("pipelines", object_type)
    rows = [
        _stage(stage, pipeline) | {"object": object_type}
        for pipeline in _ordered(portal.transport.call("GET", where), "results", where)
        for stage in _ordered(pipeline, "stages", where)
    ]
    return pa.Table.from_pylist(rows, schema=_STAGES)


def _ordered(holder: dict[str, Any], key: str, where: str) -> list[dict[str, Any]]:
    found = records_of({"results": holder.get(key)}, path=where)
    return sorted(found, key=lambda one: (_whole(one.get("displayOrder")) or 0, str(one["id"])))


def _stage(stage: dict[str, Any], pipeline: dict[str, Any]) -> dict[str, Any]:
    metadata = stage.get("metadata")
    chance = metadata.get("probability") if isinstance(metadata, dict) else None
    return {
        "pipeline": str(pipeline["id"]),
        "pipeline_label": _text(pipeline.get("label")),
        "pipeline_order": _whole(pipeline.get("displayOrder")),
        "stage": str(stage["id"]),
        "stage_label": _text(stage.get("label")),
        "stage_order": _whole(stage.get("displayOrder")),
        "probability": typed([_text(chance)], {"type": "number"})[0].as_py(),
        "archived": bool(pipeline.get("archived") or stage.get("archived")),
    }
