"""Which scopes each step needs, so that a missing one is named before the step starts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from leadscore.errors import MissingScopesError, UsageError

__all__ = [
    "STEPS",
    "Step",
    "lacking",
    "object_scope",
    "read_scope",
    "require",
    "require_records",
]

_TYPE_IDS = {"0-1": "contacts", "0-2": "companies", "0-3": "deals"}
# HubSpot API docs, "Scopes": activities go with the scopes of contacts.
_ACTIVITIES = frozenset({"tasks", "notes", "calls", "meetings", "emails"})
_ACTIVITY_IDS = frozenset({"0-27", "0-46", "0-48", "0-47", "0-49"})

_READ, _WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"
_COMPANIES, _DEALS = "crm.objects.companies.read", "crm.objects.deals.read"


@dataclass(frozen=True, slots=True)
class Step:
    """What a step needs, and what it can do without.

    Attributes
    ----------
    needs, likes : tuple of tuple of str
        Scopes; of each inner tuple one is enough. Without one that it likes, the step does less.
    """

    needs: tuple[tuple[str, ...], ...]
    likes: tuple[tuple[str, ...], ...] = ()


# Sources: HubSpot API docs of the endpoints, "Scopes"; where a line says so, it is unverified.
STEPS: Final[dict[str, Step]] = {
    # Records, property definitions (readable with any crm.objects scope of the type) and search.
    "sync": Step(((_READ,),), ((_COMPANIES,), (_DEALS,))),
    "history": Step(((_READ,),)),
    # That the other side of an association needs its scope too is unverified.
    "associations": Step(((_READ,),), ((_COMPANIES,), (_DEALS,))),
    "owners": Step((("crm.objects.owners.read", "automation"),)),
    # Any of these for deals: unverified.
    "pipelines": Step(
        (("crm.objects.deals.read", "crm.objects.deals.write", "crm.schemas.deals.read"),)
    ),
    # The room for custom properties can be asked for with any crm.objects scope.
    "plan": Step(((_READ,),)),
    "create properties": Step((("crm.schemas.contacts.write",),)),
    "apply": Step(((_READ,), (_WRITE,))),
    "undo": Step(((_READ,), (_WRITE,))),
    "lists": Step((("crm.lists.read",),), (("crm.lists.write",),)),
    # After scoring. Activities go with the scopes of contacts (API docs, "Tasks").
    "tasks": Step(((_READ,), (_WRITE,))),
    "notes": Step(((_READ,), (_WRITE,))),
    "segments": Step((("crm.lists.read",), ("crm.lists.write",))),
    "lead scoring": Step((("mh-lead-scoring-edit",),)),
    "export": Step((("crm.export",),)),
    # Records of any type, one or many; these are the scopes of contacts.
    "find": Step(((_READ,),)),
    "records": Step(((_READ,), (_WRITE,))),
    # That each side takes its own object's scopes is unverified.
    "associate": Step(((_READ,), (_WRITE,))),
    # These four are unverified.
    "import": Step((("crm.import",),)),
    "files": Step((("files",),)),
    "forms": Step((("forms",),)),
    "sequences": Step(
        (("automation.sequences.read",), ("automation.sequences.enrollments.write",))
    ),
}


def read_scope(object_type: str) -> str | None:
    """Return the scope that reads an object type; None where we do not know it.

    HubSpot then names the scope itself, with a 403.

    Examples
    --------
    >>> read_scope("companies"), read_scope("notes"), read_scope("2-123"), read_scope("tickets")
    ('crm.objects.companies.read', 'crm.objects.contacts.read', 'crm.objects.custom.read', None)
    """
    return object_scope(object_type, "read")


def object_scope(object_type: str, right: str) -> str | None:
    """Return the scope that reads or writes an object type; None where we do not know it.

    Parameters
    ----------
    object_type : str
    right : {"read", "write"}

    Examples
    --------
    >>> object_scope("deals", "write"), object_scope("custom", "read")
    ('crm.objects.deals.write', 'crm.objects.custom.read')
    """
    name = _TYPE_IDS.get(object_type, object_type)
    if name in _ACTIVITIES | _ACTIVITY_IDS:
        name = "contacts"
    if name.startswith(("2-", "p_", "p-")):
        name = "custom"
    known = {"contacts", "companies", "deals", "custom"}
    return f"crm.objects.{name}.{right}" if name in known else None


def lacking(
    step: str,
    scopes: Collection[str] | None,
    *,
    objects: Collection[str] = (),
    likes: bool = True,
) -> list[str]:
    """Return what a step lacks: each entry is a scope, or several of which one is enough.

    Parameters
    ----------
    step : str
        A key of `STEPS`.
    scopes : collection of str or None
        What the token may do; None where that cannot be known, and then nothing is lacking.
    objects : collection of str
        Object types that the step reads besides.
    likes : bool, default True
        False: only what the step cannot do without.

    Raises
    ------
    UsageError
        There is no such step.

    Examples
    --------
    >>> lacking("sync", {"crm.objects.contacts.read", "crm.objects.deals.read"})
    ['crm.objects.companies.read']
    >>> lacking("owners", set())
    ['crm.objects.owners.read or automation']
    >>> lacking("owners", None)
    []
    """
    if step not in STEPS:
        raise UsageError(f"There is no step {step!r}.", hint=f"Use one of {', '.join(STEPS)}.")
    if scopes is None:
        return []
    wanted = STEPS[step].needs + (STEPS[step].likes if likes else ())
    wanted += tuple((scope,) for name in objects if (scope := read_scope(name)))
    short = (" or ".join(one) for one in wanted if not set(one) & set(scopes))
    return list(dict.fromkeys(short))


def require(
    steps: Collection[str], scopes: Collection[str] | None, *, objects: Collection[str] = ()
) -> None:
    """Check that a token may do all that some steps cannot do without.

    Raises
    ------
    MissingScopesError
        It may not; every missing scope is named at once.
    """
    short = [
        scope for step in steps for scope in lacking(step, scopes, objects=objects, likes=False)
    ]
    _refuse(short, " and ".join(steps))


def require_records(
    scopes: Collection[str] | None, object_type: str, *, write: bool = False, define: bool = False
) -> None:
    """Check that a token may read records of a type, write them, or create properties of theirs.

    HubSpot API docs, "Scopes": ``crm.objects.TYPE.read``, ``.write``, ``crm.schemas.TYPE.write``.

    Raises
    ------
    MissingScopesError
        It may not. Of types whose scopes we do not know nothing is said: HubSpot does, by a 403.
    """
    read, change = (object_scope(object_type, right) for right in ("read", "write"))
    if read is None or change is None or scopes is None:
        return
    wanted = [read, *([change] if write else [])]
    wanted += [change.replace("objects", "schemas")] if define else []
    _refuse([one for one in wanted if one not in scopes], f"writing {object_type}")


def _refuse(short: Collection[str], what: str) -> None:
    if not short:
        return
    names = ", ".join(dict.fromkeys(short))
    raise MissingScopesError(
        f"The token lacks what {what} cannot do without: {names}.",
        hint="Add each of these scopes to the service key or app in HubSpot, then try again.",
    )
