"""A task for the owner of every contact that newly comes into a tier."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import UsageError
from leadscore.followup import Followup, Scored
from leadscore.planfile import Change, new_id
from leadscore.rises import check_tier, enters, rise_of
from leadscore.tasktarget import OPTED_OUT, OWNER, mark_of, name_of

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["PRIORITIES", "TYPES", "Task"]

PRIORITIES = ("LOW", "MEDIUM", "HIGH")  # HubSpot API docs, "Tasks"
TYPES = ("CALL", "EMAIL", "TODO")


class Task(Followup):
    """A task for the owner of every contact that newly comes into a tier.

    Once per contact and rise, whatever happens to the run: it carries words that no other task
    has, and is looked for before it is made. Contacts without an owner, and those that have opted
    out of all e-mail, get none; the plan says how many.

    Undo archives a task that nobody has edited or done since; HubSpot can restore it for 90 days.

    Parameters
    ----------
    tier : str, default "A"
    subject : str, optional
        The task's title; it should name nobody, for the plan keeps it. Default: "New A-lead".
    due : str, default "1D"
        How long after the plan it is due, as pandas reads it: "4h", "2D".
    priority : {"LOW", "MEDIUM", "HIGH"}, default "HIGH"
    type : {"CALL", "EMAIL", "TODO"}, default "CALL"

    Raises
    ------
    UsageError
        HubSpot has no such type or priority, or there is no such tier or time.

    Examples
    --------
    >>> Task(tier="A", due="4h").action
    'task A'
    """

    def __init__(
        self,
        *,
        tier: str = "A",
        subject: str = "",
        due: str = "1D",
        priority: str = "HIGH",
        type: str = "CALL",  # noqa: A002 - HubSpot's word
    ) -> None:
        self.tier = check_tier(tier)
        self.subject = (subject or f"New {tier}-lead").strip()
        self.due, self.priority = _time(due), _one_of(priority, PRIORITIES, "priority")
        self.type = _one_of(type, TYPES, "type")

    @property
    def action(self) -> str:
        """``task A``."""
        return f"task {self.tier}"

    @property
    def reads(self) -> tuple[str, ...]:
        """The owner, and whether the contact has opted out of all e-mail."""
        return (OWNER, OPTED_OUT)

    def prepare(self, portal: Portal, prefix: str) -> None:
        """Begin a plan; the token must be able to read contacts, and later to write tasks."""
        portal.require("tasks")
        self.prefix, self.plan = prefix, new_id()
        self.at = (pd.Timestamp.now("UTC") + self.due).floor("s")
        self.without_owner = self.opted_out = 0

    def about(self) -> dict[str, Any]:
        """Return what the target needs, and how many contacts get no task."""
        who = f"contact that comes into tier {self.tier}"
        notes = [
            f"{n:,} {what} get no task."
            for n, what in (
                (self.without_owner, "without an owner"),
                (self.opted_out, "that have opted out of e-mail"),
            )
            if n
        ]
        return {
            "kind": "task",
            "says": f"A task ({self.type}, {self.priority}) for the owner of every {who}.",
            "notes": notes,
            "prefix": self.prefix,
            "tier": self.tier,
            "without_owner": self.without_owner,
            "opted_out": self.opted_out,
        }

    def changes(self, scored: Sequence[Scored]) -> Iterator[Change]:
        """Return one task for each that comes into the tier and may get one."""
        for one in scored:
            if not enters(one, self.tier):
                continue
            if one.live.get(OPTED_OUT) == "true":
                self.opted_out += 1
            elif not one.live.get(OWNER):
                self.without_owner += 1
            else:
                yield self._change(one)

    def rest(self) -> Iterator[Change]:
        """Return nothing: who was not scored gets no task."""
        return iter(())

    def _change(self, one: Scored) -> Change:
        rise, owner = rise_of(one, prefix=self.prefix, plan=self.plan), one.live[OWNER]
        task = {
            "hs_timestamp": self.at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "hs_task_subject": self.subject,
            "hs_task_body": _body(one, mark_of(one.contact, rise)),
            "hs_task_status": "NOT_STARTED",
            "hs_task_priority": self.priority,
            "hs_task_type": self.type,
            OWNER: owner,
        }
        made = {name_of(self.prefix, rise): json.dumps(task, sort_keys=True)}
        return Change(one.contact, {f"{self.prefix}_task_owner": owner}, made)


def _body(one: Scored, mark: str) -> str:
    """Say why, in HTML: what somebody typed into a form stays text (API docs, "Tasks")."""
    before = f", {one.was} before" if one.was else ""
    score = "" if math.isnan(one.score) else f" Score {one.score:.0f} of 100."
    why = [one.what or f"Tier {one.tier}{before}.{score}", one.reasons, mark]
    return "".join(f"<p>{escape(text)}</p>" for text in why if text)


def _one_of(value: str, known: Sequence[str], what: str) -> str:
    if value not in known:
        raise UsageError(
            f"HubSpot's tasks have no {what} {value!r}.", hint=f"Use one of {', '.join(known)}."
        )
    return value


def _time(due: str) -> pd.Timedelta:
    try:
        found = pd.Timedelta(due)
    except ValueError:
        found = pd.Timedelta(-1)
    if not found >= pd.Timedelta(0):  # NaT is not, either
        raise UsageError(f"A task cannot be due {due!r} after the plan.", hint="Use 4h, 1D or 2D.")
    return found
