"""What one wants to do, in a user's words, and the scopes of HubSpot's that it takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from leadscore.errors import UsageError
from leadscore.hubspot.permissions import STEPS, object_scope

__all__ = ["JOBS", "Job", "Wish", "check_jobs", "wishes"]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do with a portal, as the steps that it takes.

    Attributes
    ----------
    about : str
        What it is, in a few words.
    steps, likes : tuple of str
        Keys of `leadscore.hubspot.permissions.STEPS`: what it cannot do without, and what it does
        more with.
    rights : tuple of str
        "read" and "write", of each object type that it is to be done with.
    creates : bool
        It creates records: those of other types than contacts, whose addresses tell them apart,
        get a key, a property that must be made.
    """

    about: str
    steps: tuple[str, ...] = ()
    likes: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    creates: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """One scope, or several of which one is enough, and what it is for.

    Attributes
    ----------
    scopes : tuple of str
        The first is the one to ask for.
    job : str
        A key of `JOBS`.
    need : {"needed", "optional"}
    """

    scopes: tuple[str, ...]
    job: str
    need: str


_BOTH = ("read", "write")
_CUSTOM, _CONTACTS = "crm.objects.custom.read", "crm.objects.contacts.write"
#: Every job, in the order in which a newcomer meets them.
JOBS: Final[dict[str, Job]] = {
    "score": Job("read the portal, learn and score", ("sync", "history"), ("owners", "pipelines")),
    "write": Job("write scores to contacts, undo", ("plan", "create properties", "apply", "undo")),
    "upload": Job("write many scores by one upload", ("apply", "import")),
    "react": Job(
        "tasks, stages, segments, triggers", ("tasks",), ("segments", "create properties")
    ),
    "sequences": Job("enrol contacts in a sequence", ("find", "sequences", "owners")),
    "rules": Job("a draft of HubSpot's own lead score (a beta)", ("lead scoring",)),
    "report": Job("pages about the portal, put into HubSpot", ("sync",), ("files", "notes")),
    "find": Job("look records up", rights=("read",)),
    "records": Job("create, update and upsert records, undo", rights=_BOTH, creates=True),
    "bring": Job("bring in leads, attendance, orders", rights=_BOTH, creates=True),
    "pull": Job("copy the portal to a file or database", rights=("read",)),
    "push": Job("copy a file or database to the portal", rights=_BOTH, creates=True),
    "associate": Job("associate records with each other", rights=_BOTH),
    "forms": Job("read forms, and submit to them with a token", ("forms",)),
    "files": Job("upload files", ("files",)),
    "attach": Job("attach files to records", ("files",), rights=_BOTH),
    "export": Job("have HubSpot export records", ("export",)),
}


def check_jobs(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of jobs, each once.

    Raises
    ------
    UsageError
        There is no such job, or no name at all.

    Examples
    --------
    >>> check_jobs(["score", "write", "score"])
    ('score', 'write')
    """
    asked = tuple(dict.fromkeys([names] if isinstance(names, str) else names))
    unknown = [name for name in asked if name not in JOBS]
    if unknown or not asked:
        said = f"There is no job {unknown[0]!r}." if unknown else "No job is named."
        raise UsageError(said, hint=f"Use some of {', '.join(JOBS)}.")
    return asked


def wishes(names: Iterable[str], *, objects: Collection[str] = ("contacts",)) -> list[Wish]:
    """Return what some jobs need and like, each scope once per job.

    Parameters
    ----------
    names : iterable of str
        Keys of `JOBS`.
    objects : collection of str
        The object types that "find", "records", "bring", "pull", "push", "associate" and "attach"
        are to be done with; "custom" for any custom object.

    Raises
    ------
    UsageError
        There is no such job, or a type whose scopes we do not know.

    Examples
    --------
    >>> [(wish.scopes[0], wish.need) for wish in wishes(["find"], objects=["deals"])]
    [('crm.objects.deals.read', 'needed')]
    """
    _check_types(objects)
    found: dict[tuple[str, str], Wish] = {}
    for name in check_jobs(names):
        for wish in _of(name, objects):
            found.setdefault((wish.job, wish.scopes[0]), wish)
    return list(found.values())


def _check_types(objects: Collection[str]) -> None:
    unknown = [kind for kind in objects if object_scope(kind, "read") is None]
    if unknown:
        raise UsageError(
            f"The scopes of {unknown[0]!r} are not known.",
            hint="Use contacts, companies, deals, tasks, notes, or custom for a custom object.",
        )


def _of(name: str, objects: Collection[str]) -> Iterator[Wish]:
    """Yield what is needed first: what is needed by one step and liked by another is needed."""
    job = JOBS[name]
    for step in job.steps:
        yield from (Wish(scopes, name, "needed") for scopes in STEPS[step].needs)
    known = [object_scope(kind, right) for kind in objects for right in job.rights]
    if job.creates:
        written = [scope for kind in objects if (scope := object_scope(kind, "write"))]
        known += [scope.replace("objects", "schemas") for scope in written if scope != _CONTACTS]
    yield from (Wish((scope,), name, "needed") for scope in known if scope)
    if job.rights and any(object_scope(kind, "read") == _CUSTOM for kind in objects):
        yield Wish(("crm.schemas.custom.read",), name, "needed")
    for step in job.steps:
        yield from (Wish(scopes, name, "optional") for scopes in STEPS[step].likes)
    for step in job.likes:
        needs = STEPS[step].needs + STEPS[step].likes
        yield from (Wish(scopes, name, "optional") for scopes in needs)
