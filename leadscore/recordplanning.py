"""Rows against the records that a portal has: what would be created, what changed, what left.

Rows are streamed: a hundred at a time are converted, looked up and compared, and what is to be done
goes into the plan's file. Only the keys that were seen are kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.bars import tqdm
from leadscore.guards import accepted, finding
from leadscore.hubspot.ahead import several
from leadscore.hubspot.objecttypes import find_type
from leadscore.hubspot.permissions import require_records
from leadscore.hubspot.properties import definition_digest
from leadscore.hubspot.reading import chunks
from leadscore.planfile import Draft, Spool, facts_of, new_id
from leadscore.recorddecisions import Asked, Decisions
from leadscore.recordkeys import check_key, key_definition, key_name
from leadscore.recordmatching import Matching, Sheet, Wanted, is_unique
from leadscore.recordplans import CREATIONS, ROWS, UPDATES, RecordPlan
from leadscore.recordtypes import properties_of
from leadscore.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from leadscore.hubspot.connection import Portal

__all__ = ["VALID_FOR", "Asked", "plan_rows"]

VALID_FOR = pd.Timedelta(hours=24)
Given = tuple[int, Mapping[str, Any]]


def plan_rows(
    portal: Portal,
    object_type: str,
    rows: Iterable[Given],
    asked: Asked,
    *,
    workspace: str | Path | None = None,
    total: int | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> RecordPlan:
    """Compare rows with the portal, and write down what would be created and changed.

    Reads only. It is what `create`, `update` and `upsert` do for a frame, for whoever has a stream.

    Parameters
    ----------
    portal : Portal
    object_type : str
    rows : iterable of (int, mapping)
        The row's number, from 0 up, and its values by property; read as they are needed.
    asked : Asked
    workspace : path, optional
        Where the plan and the record of its run are; by default that of the settings.
    total : int, optional
        How many rows there are, for the progress bar.
    override : mapping of str to str, optional
        Guards to pass over, each with the reason.
    progress : bool, default True

    Returns
    -------
    RecordPlan

    Raises
    ------
    UsageError
        No such object type or property, a value that does not fit, two rows with one key.
    PlanError
        The portal has no room for the key that keeps records from being created twice.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     rows = [(0, {"email": "new@example.com", "firstname": "Ada"})]
    ...     plan_rows(
    ...         portal,
    ...         "contacts",
    ...         rows,
    ...         Asked(match="email"),
    ...         workspace=tempfile.mkdtemp(),
    ...         progress=False,
    ...     ).counts["create"]
    1
    """
    overridden = accepted(override)
    kind = find_type(portal, object_type)
    require_records(portal.scopes, kind)
    store = open_store(workspace or portal.settings.workspace)
    portal.pool.share(store.workspace)
    plan = new_id()
    comparison = _Comparison(portal, kind, asked, plan)
    with Draft(store.workspace / "plans", plan) as draft:
        comparison.write(draft, rows, total=total, progress=progress)
        path = draft.save(comparison.facts(draft.rows, overridden))
    return RecordPlan(path, facts_of(path))


class _Comparison:
    """Rows against the portal, a hundred at a time, while both are read."""

    def __init__(self, portal: Portal, object_type: str, asked: Asked, plan: str) -> None:
        self.portal, self.type, self.asked = portal, object_type, asked
        there = properties_of(portal, object_type)
        prefix = portal.settings.prefix
        refuse, match = asked.on_error == "raise", asked.match
        self.sheet = Sheet(
            object_type,
            there,
            match,
            clear=asked.clear,
            refuse=refuse,
            backwards=asked.backwards,
            portal=portal,
        )
        self.sheet.check(list(asked.columns))
        self.matching = Matching(portal, self.sheet, has_key=key_name(prefix) in there)
        if self.matching.by_search and asked.how != "update":
            check_key(portal, object_type, there, prefix)
        self.decisions = Decisions(portal, self.matching, asked, plan)

    def write(
        self, draft: Draft, rows: Iterable[Given], *, total: int | None, progress: bool
    ) -> None:
        """Put into a plan's file what is to be done, and what becomes of each row."""
        with ExitStack() as stack:
            folder = draft.path.parent
            creations, listing = (stack.enter_context(Spool(folder)) for _ in range(2))
            for one in self._looked_up(rows, total=total, progress=progress):
                change, fate = self.decisions.decide(one)
                listing.add([fate])
                if change and fate.new["to"] == "create":
                    creations.add([change])
                elif change:
                    draft.add(UPDATES, [change])
            if self.sheet.misfits:
                self.sheet.misfits.refuse()
            draft.add(UPDATES, ())
            draft.add(CREATIONS, creations.changes())
            draft.add(ROWS, listing.changes())

    def _looked_up(
        self, rows: Iterable[Given], *, total: int | None, progress: bool
    ) -> Iterator[Wanted]:
        with tqdm(total=total, unit="rec", desc="Comparing", disable=not progress) as bar:
            for batch in several(self._look_up, chunks(self._taken(rows))):
                yield from batch
                bar.update(len(batch))

    def _taken(self, rows: Iterable[Given]) -> Iterator[Given]:
        """Check the columns before they are used in several threads at once."""
        known: set[str] = set()
        for row, given in rows:
            if not given.keys() <= known:
                self.sheet.check([one for one in given if one not in known])
                known |= given.keys()
            yield row, given

    def _look_up(self, batch: list[Given]) -> list[Wanted]:
        found = [self.sheet.wanted(row, given) for row, given in batch]
        if not self.sheet.misfits:  # else nothing is done, and it only goes on to tell them all
            self.matching.find(found)
        return found

    # facts ----------------------------------------------------------------------------------------

    def facts(self, rows: Mapping[str, int], overridden: Mapping[str, str]) -> dict[str, Any]:
        """Return what the plan says of itself."""
        now = pd.Timestamp.now("UTC").floor("ms")
        did, there = self.decisions, self.sheet.definitions
        guards = list(self._guards(rows[UPDATES] + rows[CREATIONS]))
        return {
            **self.asked.about,
            "kind": "records",
            "object_type": self.type,
            "how": self.asked.how,
            "match": self.asked.match,
            "portal_id": self.portal.id,
            "model": "",
            "created_at": now.isoformat(),
            "expires_at": (now + VALID_FOR).isoformat(),
            "prefix": self.portal.settings.prefix,
            "properties": sorted(did.kinds),
            "creates_properties": [did.key] if did.needs_key and not did.has_key else [],
            "definitions": {name: definition_digest(there[name]) for name in did.kinds},
            "signal": True,
            "guards": guards,
            "overridden": {
                n: why for n, why in overridden.items() if n in {g["guard"] for g in guards}
            },
            "notes": list(self._notes(rows[CREATIONS])),
            "counts": did.counts,
            "input": did.input,
            "actions": self._actions(),
        }

    def _actions(self) -> list[dict[str, Any]]:
        """Return what each action's target needs to know."""
        did, match = self.decisions, self.asked.match
        unique = [match] if match and is_unique(self.type, match, self.sheet.definitions) else []
        key = [did.key] if did.needs_key else []
        common = {"object_type": self.type, "stages": did.stages}
        updates = {"action": UPDATES, "kind": "records", "properties": did.kinds}
        creations = {
            "action": CREATIONS,
            "kind": "creations",
            "properties": did.kinds | dict.fromkeys(key, "string"),
            "by": [*unique, *key],
            "searched": match if self.matching.by_search else "",
            "marketing": self.asked.marketing if self.type == "contacts" else None,
            "definitions": [key_definition(self.portal.settings.prefix)] if key else [],
        }
        return [common | updates, common | creations]

    def _guards(self, writes: int) -> Iterator[dict[str, Any]]:
        most = self.asked.max_writes
        most = self.portal.settings.max_writes if most is None else most
        if writes > most:
            said = f"{writes:,} records would be written, and {most:,} may be."
            yield finding("write_cap", blocks=True, value=writes, limit=most, says=said)

    def _notes(self, creations: int) -> Iterator[str]:
        if kept := self.decisions.kept_stages:
            yield (
                f"The lifecycle stage of {kept:,} records would go back, and stays; "
                "backwards=True sets it."
            )
        if cleared := self.decisions.cleared:
            yield f"Values that will be cleared: {cleared:,}."
        if kept := self.decisions.not_cleared:
            yield (
                f"Values that are not cleared: {kept:,}; an e-mail address never is, a lifecycle "
                "stage only with backwards=True."
            )
        if creations and self.type == "contacts" and self.asked.marketing is not None:
            kind = "marketing" if self.asked.marketing else "non-marketing"
            yield (
                f"New contacts are to be {kind} contacts, which is a setting of the portal: it "
                "stops after the first ones where they are not."
            )
        if self.matching.by_search:
            yield f"Found by search, which may not see what is new: {self.asked.match}."
