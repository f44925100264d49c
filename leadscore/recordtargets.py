"""Records that are changed, created and archived, as values that a run's engine reads and sets.

What makes a creation safe to be asked for twice is a value that only one record can have: the
e-mail address of a contact, a unique property, or the key that leadscore gives it. Before anything
is sent again the portal is asked for that value, by a batch read, which does not lag behind as
search does; and if all else fails HubSpot refuses the second one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import PlanError
from leadscore.hubspot.creating import archive_batch, create_batch
from leadscore.hubspot.holders import read_by_key, search_by_key
from leadscore.hubspot.keyreading import key_of
from leadscore.hubspot.properties import definitions
from leadscore.hubspot.reading import read_history, read_ids, read_values
from leadscore.hubspot.writing import Outcome, update_batch
from leadscore.recordkeys import OWN_KEY
from leadscore.recordtypes import is_back, word_of
from leadscore.scoreproperties import same
from leadscore.targets import RECORD, WHY, Values

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["ARCHIVED", "MADE_AT", "ArchiveTarget", "CreationTarget", "RecordTarget"]

_STAGE, _STATUS = "lifecyclestage", "hs_marketable_status"
#: Names of what is no property: whether a record is archived, and when it was made.
ARCHIVED, MADE_AT = "(archived)", "(made at)"


class _Records:
    """Records of one type, and how their values are compared.

    Parameters
    ----------
    portal : Portal
    about : mapping
        The plan's facts of the action: ``object_type``, ``properties`` (name to kind), ``stages``
        (the lifecycle stages in their order) and ``by`` (the properties that say which it is).
    """

    def __init__(self, portal: Portal, about: Mapping[str, Any]) -> None:
        self.portal, self.type = portal, str(about["object_type"])
        self.kinds: dict[str, str] = dict(about["properties"])
        self.stages = list(about.get("stages", []))
        self.by = list(about.get("by", []))

    @property
    def names(self) -> Collection[str]:
        """The properties' names."""
        return self.kinds.keys()

    def live(self, wanted: Collection[str]) -> dict[str, dict[str, str]]:
        """Return what records have now."""
        return read_values(self.portal, self.type, wanted, list(self.kinds))

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether every value that is to be written is there."""
        return all(self._same(live, name, value) for name, value in new.items())

    def _same(self, live: Values, name: str, value: str) -> bool:
        return same(live.get(name), value, self.kinds.get(name, "string"))


class RecordTarget(_Records):
    """Properties of records that are there: each has its own, so only those are compared."""

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Set the properties; a lifecycle stage that goes back is cleared first.

        HubSpot moves it only forward otherwise (API docs, "Contacts").
        """
        back = self._going_back(changes)
        cleared = update_batch(self.portal, self.type, back, clear=True) if back else []
        failed = {o.id: o for o in cleared if o.state != "written"}
        rest = {one: new for one, new in changes.items() if one not in failed}
        sent = update_batch(self.portal, self.type, rest, clear=True) if rest else []
        done = {o.id: o for o in sent}
        return [failed.get(one) or done[one] for one in changes]

    def _going_back(self, changes: Mapping[str, Values]) -> dict[str, Values]:
        moving = {one: new[_STAGE] for one, new in changes.items() if new.get(_STAGE)}
        live = read_values(self.portal, self.type, moving, [_STAGE]) if moving else {}
        there = {one: live.get(one, {}).get(_STAGE, "") for one in moving}
        back = (one for one, to in moving.items() if is_back(there[one], to, self.stages))
        return {one: {_STAGE: ""} for one in back}

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:
        """Say whether the properties that are to be written are as they were."""
        return all(
            self._same(live, name, value) or (sent and name == _STAGE and not live.get(name))
            for name, value in old.items()
        )


class CreationTarget(_Records):
    """Records that are to be there: none yet, or the one that has the value that says which.

    Where rows find their records by search, it is searched once more before they are created: what
    somebody else has made since the plan is not made a second time. Search may lag behind by
    moments, and what it does not see yet nobody can know of.

    Whether new contacts are marketing contacts, which cost money, is a setting of the portal; no
    call can choose (HubSpot knowledge base, "Manage marketing contacts settings for your
    integrations"). So those that were created first are looked at, and it goes no further where
    they are not what was asked for. That the status is there at once is unverified: a contact
    without one stops nothing.
    """

    def __init__(self, portal: Portal, about: Mapping[str, Any]) -> None:
        super().__init__(portal, about)
        asked = about.get("marketing")
        self.marketing = None if asked is None else str(bool(asked)).lower()
        self.searched = str(about.get("searched") or "")
        self._made: set[str] = set()

    def live(self, wanted: Mapping[str, Values]) -> dict[str, dict[str, str]]:  # type: ignore[override]
        """Return what has been created; of what has not, nothing, so that it may be."""
        found: dict[str, dict[str, str]] = {key: {} for key in wanted}
        for name in self.by:
            keys = {
                key_of(new[name], name): key
                for key, new in wanted.items()
                if self._name(new) == name
            }
            hits = read_by_key(self.portal, self.type, name, list(keys), self._read)
            found |= {keys[v]: hit[0][1] | {RECORD: hit[0][0]} for v, hit in hits.items() if hit}
        self._check_status(found[key] for key in found.keys() & self._made)
        return found | self._foreign({k: new for k, new in wanted.items() if not found[k]})

    def _foreign(self, wanted: Mapping[str, Values]) -> dict[str, dict[str, str]]:
        """Return the records of others that are what is to be created, as far as search sees."""
        name, word = self.searched, word_of(self.type)
        keys = {key_of(new[name], name): key for key, new in wanted.items() if new.get(name)}
        hits = search_by_key(self.portal, self.type, name, list(keys), []) if keys else {}
        said = f"Somebody else made a {word} with this {name} since the plan."
        return {keys[v]: {RECORD: hit[0][0], WHY: said} for v, hit in hits.items() if hit}

    @property
    def _read(self) -> list[str]:
        return [*self.kinds, *([_STATUS] if self.marketing else [])]

    def _check_status(self, made: Iterable[Values]) -> None:
        other = {"true": "false", "false": "true"}.get(self.marketing or "")
        if other and any(values.get(_STATUS) == other for values in made):
            kind = "marketing" if other == "true" else "non-marketing"
            raise PlanError(
                f"HubSpot made the first new contacts {kind} contacts: no more are created.",
                hint="It is a setting of the portal for this app (Settings, Integrations, "
                f"Marketing contacts). Change it there, or ask with marketing={other == 'true'}.",
            )

    def _name(self, new: Values) -> str:
        """Return the property that says which record it is."""
        return next(str(name) for name in self.by if new.get(name))

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Create the records."""
        wanted = {key: {"properties": dict(new)} for key, new in changes.items()}
        outcomes = create_batch(self.portal, self.type, wanted)
        self._made |= {o.id for o in outcomes if o.state == "written"}
        unnamed = {o.id: changes[o.id] for o in outcomes if o.state == "written" and not o.record}
        live = self.live(unnamed) if unnamed else {}
        return [
            Outcome(o.id, o.state, o.reason, o.changed_at, live[o.id].get(RECORD, ""))
            if o.id in live
            else o
            for o in outcomes
        ]

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether the record is there as it is to be; what is a run's own, in any case."""
        if RECORD not in live or WHY in live:
            return False
        own = new.get(self._name(new), "").startswith(OWN_KEY)
        return own or super().holds(live, new)

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:  # noqa: ARG002
        """Say whether there is no such record yet."""
        return RECORD not in live


class ArchiveTarget(_Records):
    """Records that a run created, which are archived again unless somebody has changed them.

    HubSpot changes records by itself all the time, so the time of the last change says nothing.
    The history of every property that a person, a form or an app could set does: an entry younger
    than the creation means that the record is not the run's alone any more. HubSpot can restore
    archived records for 90 days, by hand (knowledge base, "Restore deleted records").
    """

    @property
    def names(self) -> Collection[str]:
        """The properties' names, and those of what is no property."""
        return {*self.kinds, ARCHIVED, MADE_AT}

    def live(self, wanted: Collection[str]) -> dict[str, dict[str, str]]:
        """Return what the records have now, and which are archived already."""
        found = read_values(self.portal, self.type, wanted, list(self.kinds))
        if gone := [one for one in wanted if one not in found]:
            rows = read_ids(self.portal, self.type, gone, [], archived=True).rows
            found |= {str(one): {ARCHIVED: "true"} for one in rows.column("id").to_pylist()}
        there = [one for one in found if ARCHIVED not in found[one]]
        for one, moment in self._changed(there).items():
            found[one][MADE_AT] = moment
        return found

    @cached_property
    def _settable(self) -> list[str]:
        """The properties that a person, a form or an app could set."""
        return [n for n, d in definitions(self.portal, self.type).items() if _is_settable(d)]

    def _changed(self, ids: list[str]) -> dict[str, str]:
        """Return when each record was last changed by anybody but HubSpot itself."""
        last: dict[str, pd.Timestamp] = {}
        for table in read_history(self.portal, self.type, ids, self._settable) if ids else ():
            frame = table.select(["id", "timestamp"]).to_pandas().dropna()
            for one, moment in frame.groupby("id")["timestamp"].max().items():
                last[str(one)] = max(moment, last.get(str(one), moment))
        return {one: moment.isoformat() for one, moment in last.items()}

    def send(self, changes: Mapping[str, Values]) -> list[Outcome]:
        """Archive the records."""
        archive_batch(self.portal, self.type, list(changes))
        return [Outcome(one, "written") for one in changes]

    def holds(self, live: Values, new: Values) -> bool:
        """Say whether the record is archived, as it is to be."""
        return live.get(ARCHIVED, "") == new.get(ARCHIVED, "")

    def untouched(self, live: Values, old: Values, *, sent: bool) -> bool:  # noqa: ARG002
        """Say whether nobody has changed the record since it was made."""
        values = {name: value for name, value in old.items() if name in self.kinds}
        made, last = (side.get(MADE_AT, "") for side in (old, live))
        later = bool(made and last) and pd.Timestamp(last) > pd.Timestamp(made)
        return ARCHIVED not in live and not later and super().holds(live, values)


def _is_settable(definition: Mapping[str, Any]) -> bool:
    read_only = (definition.get("modificationMetadata") or {}).get("readOnlyValue")
    return not read_only and not definition.get("calculated")
