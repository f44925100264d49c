"""The task that a run makes for a contact, as a value that can be read, set and cleared."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from html import unescape
from typing import TYPE_CHECKING, Any

from leadscore.hubspot.creating import archive_batch, create_batch
from leadscore.hubspot.reading import read_associations, read_values
from leadscore.hubspot.writing import Outcome
from leadscore.scoreproperties import same
from leadscore.targets import Values

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["OPTED_OUT", "OWNER", "TaskTarget", "mark_of", "name_of"]

OWNER, OPTED_OUT = "hubspot_owner_id", "hs_email_optout"
_TASK_TO_CONTACT = 204  # HubSpot API docs, "Associations": task to contact
_KINDS = {
    "hs_timestamp": "datetime",
    "hs_task_subject": "string",
    "hs_task_body": "string",
    "hs_task_status": "string",
    "hs_task_priority": "string",
    "hs_task_type": "string",
    OWNER: "string",
}
_NONE = "The contact has opted out of e-mail: it gets no task."
_MARK = re.compile(r"leadscore task (\d+)-([0-9a-f]{12})\b")
_TAG = re.compile(r"<[^<>]*>")


def mark_of(contact: str, rise: str) -> str:
    """Return the words that a task's body ends with, which no other task has.

    Examples
    --------
    >>> mark_of("4711", "0123456789ab")
    'leadscore task 4711-0123456789ab'
    """
    return f"leadscore task {contact}-{rise}"


def name_of(prefix: str, rise: str) -> str:
    """Return the name under which a task is a contact's value."""
    return f"{prefix}_task_{rise}"


class TaskTarget:
    """The tasks of ours that contacts have: by rise, each as its properties in JSON.

    They are found by the contacts' associations and the words at the end of their bodies; never by
    search, which lags (HubSpot API docs, "Search": "may take a few moments"). That associations
    are read as they are at once is unverified.

    Parameters
    ----------
    portal : Portal
    about : mapping
        The plan's facts of the action: ``prefix`` and ``tier``.
    undoing : bool, default False
        Whether tasks are to be archived again: then one that somebody has edited or done is not
        the one that was made.
    """

    def __init__(self, portal: Portal, about: Mapping[str, Any], *, undoing: bool = False) -> None:
        portal.require("tasks")
        self.portal, self.undoing = portal, undoing
        self.prefix, self.tier = str(about["prefix"]), str(about["tier"])
        self.whoever = bool(about.get("whoever"))  # also who has no tier of ours in the portal
        self.owner = f"{self.prefix}_task_owner"  # not a rise: those have hex digits
        self._found: dict[str, dict[str, list[str]]] = {}  # by contact and name: the tasks' ids
        self._opted_out: dict[str, bool] = {}

    @property
    def names(self) -> Collection[str]:
        """The one name that is no task's; each task's own begins as our properties do."""
        return (self.owner,)

    def live(self, contacts: Collection[str]) -> dict[str, dict[str, str]]:
        """Return the contacts' tasks, and the owner who may be given one now.

        Nobody may for a contact that has opted out or is no longer in the tier, unless the plan
        is for whoever changed elsewhere.
        """
        tier = f"{self.prefix}_tier"
        facts = read_values(self.portal, "contacts", contacts, [OWNER, OPTED_OUT, tier])
        found: dict[str, dict[str, str]] = {}
        ids: dict[str, dict[str, list[str]]] = {contact: {} for contact in facts}
        for contact, has in facts.items():
            wanted = self.whoever or has.get(tier) == self.tier
            free = wanted and has.get(OPTED_OUT) != "true"
            found[contact] = {self.owner: has[OWNER]} if free and OWNER in has else {}
            self._opted_out[contact] = has.get(OPTED_OUT) == "true"
        for contact, task, values in self._tasks(list(found)):
            if rise := _rise(values.get("hs_task_body", ""), contact):
                name = name_of(self.prefix, rise)
                ids[contact].setdefault(name, []).append(task)
                found[contact].setdefault(name, json.dumps(values, sort_keys=True))
        self._found.update(ids)
        return found

    def _tasks(self, contacts: list[str]) -> list[tuple[str, str, dict[str, str]]]:
        """Return contact, task and its properties, for each task that a contact has."""
        tables = read_associations(self.portal, "contacts", "tasks", contacts)
        rows = [row for table in tables for row in table.to_pylist()]
        pairs = sorted({(row["from_id"], row["to_id"]) for row in rows})
        ids = dict.fromkeys(task for _, task in pairs)
        values = read_values(self.portal, "tasks", ids, list(_KINDS)) if ids else {}
        return [(contact, task, values[task]) for contact, task in pairs if task in values]

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Make the tasks that are not there, archive those that are to go."""
        wanted = {c: task for c, new in changes.items() if (task := self._wanted(c, new))}
        outcomes = {c: Outcome(c, "rejected", _NONE) for c in wanted if self._opted_out.get(c)}
        made = {c: _input(c, task) for c, task in wanted.items() if c not in outcomes}
        if made:
            outcomes |= {o.id: o for o in create_batch(self.portal, "tasks", made)}
        if gone := [task for c, new in changes.items() for task in self._gone(c, new)]:
            for start in range(0, len(gone), 100):
                archive_batch(self.portal, "tasks", gone[start : start + 100])
        return [outcomes.get(contact, Outcome(contact, "written")) for contact in changes]

    def _wanted(self, contact: str, new: Values) -> str:
        """Return the task to be made: none that is there already, whatever a plan says."""
        there = self._found.get(contact, {})
        found = (v for n, v in new.items() if self._is_task(n) and v and n not in there)
        return next(found, "")

    def _gone(self, contact: str, new: Values) -> list[str]:
        names = [name for name, value in new.items() if self._is_task(name) and not value]
        if names and contact not in self._found:
            self.live([contact])
        there = self._found.get(contact, {})
        return [task for name in names for task in there.get(name, [])]

    def _is_task(self, name: str) -> bool:
        return name.startswith(f"{self.prefix}_task_") and name != self.owner

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether the task is there, done or not; or gone, where it is to go."""
        return all(self._has(live.get(n, ""), v) for n, v in new.items() if self._is_task(n))

    def _has(self, live: str, wanted: str) -> bool:
        if not (live and wanted):
            return bool(live) is bool(wanted)
        return _same(live, wanted) if self.undoing else True

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:  # noqa: ARG002
        """Say whether a task may still be made, or is still as it was made.

        It may while the contact has the same owner, is in the tier and has not opted out. One that
        somebody has edited or done is not ours any more.
        """
        tasks = {name: value for name, value in old.items() if self._is_task(name) and value}
        if not tasks:
            return bool(old.get(self.owner)) and live.get(self.owner) == old.get(self.owner)
        return all(_same(live.get(name, ""), value) for name, value in tasks.items())


def _input(contact: str, task: str) -> dict[str, Any]:
    kind = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TASK_TO_CONTACT}
    return {
        "properties": json.loads(task),
        "associations": [{"to": {"id": contact}, "types": [kind]}],
    }


def _rise(body: str, contact: str) -> str:
    """Return the rise that a body's last words name, if they name this contact."""
    marks = _MARK.findall(_text(body))
    return marks[-1][1] if marks and marks[-1][0] == contact else ""


def _text(body: str) -> str:
    """Return what a person reads: HubSpot may write the HTML of a body in its own way."""
    return " ".join(unescape(_TAG.sub(" ", body)).split())


def _same(live: str, made: str) -> bool:
    if not live:
        return False
    has, had = json.loads(live), json.loads(made)
    return _text(has.get("hs_task_body", "")) == _text(had.get("hs_task_body", "")) and all(
        same(has.get(name), had.get(name), kind)
        for name, kind in _KINDS.items()
        if name != "hs_task_body"
    )
