"""Pairs against the associations that a portal has: what would be added, ended, or left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.bars import tqdm
from leadscore.guards import accepted, finding
from leadscore.hubspot.ahead import several
from leadscore.hubspot.associationtypes import (
    AssociationType,
    association_types,
    default_type,
    type_of_label,
)
from leadscore.hubspot.objecttypes import find_type
from leadscore.hubspot.pairwriting import PAIRS as BATCH
from leadscore.hubspot.pairwriting import pair_of_key
from leadscore.hubspot.reading import chunks
from leadscore.pairinput import PairRow
from leadscore.pairplans import PAIRS, PairPlan
from leadscore.pairtarget import HAS, types_of_pairs
from leadscore.planfile import Change, Draft, Spool, facts_of, new_id
from leadscore.recordplans import ROWS
from leadscore.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from leadscore.hubspot.connection import Portal

__all__ = ["plan_pairs"]

VALID_FOR = pd.Timedelta(hours=24)
_WORKERS = 4
_ALREADY = {"associate": "They are associated already.", "dissociate": "They are not associated."}
_NO_LABEL = "They are associated, without this label."
_AGAIN = "The same row comes before."
_PRIMARY, _HUBSPOTS = "primary", "HUBSPOT_DEFINED"


def plan_pairs(
    portal: Portal,
    ends: tuple[str, str],
    rows: Iterable[PairRow],
    *,
    how: str,
    workspace: str | Path | None = None,
    max_writes: int | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> PairPlan:
    """Compare pairs with the portal, and write down what would be associated or dissociated.

    Reads only.

    Parameters
    ----------
    portal : Portal
    ends : tuple of str
        The object types.
    rows : iterable of PairRow
    how : {"associate", "dissociate"}
    workspace, max_writes, override, progress
        As for `associate`.

    Raises
    ------
    UsageError
        No such object type or label; those that there are are listed.
    """
    passed = accepted(override)
    kinds = find_type(portal, ends[0]), find_type(portal, ends[1])
    comparison = _Comparison(portal, kinds, how)
    wanted = comparison.read(rows)
    store = open_store(workspace or portal.settings.workspace)
    portal.pool.share(store.workspace)
    most = portal.settings.max_writes if max_writes is None else max_writes
    with Draft(store.workspace / "plans", new_id()) as draft:
        comparison.write(draft, wanted, progress=progress)
        path = draft.save(comparison.facts(draft.rows[PAIRS], most, passed))
    return PairPlan(path, facts_of(path))


class _Comparison:
    """Rows by their pairs, against what the portal has."""

    def __init__(self, portal: Portal, kinds: tuple[str, str], how: str) -> None:
        self.portal, self.kinds, self.how = portal, kinds, how
        self.types = association_types(portal, *kinds)
        self.default = default_type(self.types)
        self.labels: dict[str, AssociationType] = {}
        self.rows: list[tuple[PairRow, str]] = []
        self.fates: Counter[str] = Counter()

    def read(self, rows: Iterable[PairRow]) -> dict[str, list[str]]:
        """Return the labels that are wanted of each pair, and remember the rows."""
        wanted: dict[str, list[str]] = {}
        given = list(rows)
        for label in dict.fromkeys(row.label for row in given if row.label):
            self.labels[label] = type_of_label(self.types, label, between=self.kinds)
        last = self._last_primaries(given)
        for row in given:
            labels = wanted.setdefault(row.key, [])
            why = _AGAIN if row.label in labels else self._outdone(row, last)
            self.rows.append((row, why))
            if not why:
                labels.append(row.label)
        return {key: labels for key, labels in wanted.items() if labels}

    def _last_primaries(self, rows: Iterable[PairRow]) -> dict[str, str]:
        """Return, by record, the last pair that makes another record its primary one."""
        if self.how != "associate":
            return {}
        return {self._ends(row.key)[0]: row.key for row in rows if self._is_primary(row.label)}

    def _is_primary(self, label: str) -> bool:
        """Say whether a record can have one of a label alone: HubSpot's primary company."""
        kind = self.labels.get(label)
        if kind is None or kind.category != _HUBSPOTS:
            return False
        return _PRIMARY in kind.label.casefold().split()

    def _ends(self, key: str) -> tuple[str, str]:
        """Return the record of a pair that has one primary company, and the company."""
        one, other = pair_of_key(key)
        return (other, one) if self.kinds[0] == "companies" else (one, other)

    def _outdone(self, row: PairRow, last: Mapping[str, str]) -> str:
        key = last.get(self._ends(row.key)[0], row.key)
        if not self._is_primary(row.label) or key == row.key:
            return ""
        return f"One record is the primary one, and a later row names {self._ends(key)[1]}."

    def write(self, draft: Draft, wanted: Mapping[str, list[str]], *, progress: bool) -> None:
        """Put into a plan's file what is to be done, and what becomes of each row."""
        right: dict[tuple[str, str], str] = {}
        draft.add(PAIRS, ())
        with tqdm(total=len(wanted), unit="pair", desc="Comparing", disable=not progress) as bar:
            for some, live in several(self._live, chunks(wanted, BATCH), workers=_WORKERS):
                for key in some:
                    draft.add(PAIRS, self._changes(key, wanted[key], live[key], right))
                bar.update(len(some))
        with ExitStack() as stack:
            listing = stack.enter_context(Spool(draft.path.parent))
            listing.add(self._listed(right))
            draft.add(ROWS, listing.changes())

    def _live(self, keys: list[str]) -> tuple[list[str], dict[str, dict[str, str]]]:
        return keys, types_of_pairs(self.portal, *self.kinds, keys)

    def _changes(
        self,
        key: str,
        labels: Iterable[str],
        live: Mapping[str, str],
        right: dict[tuple[str, str], str],
    ) -> Iterator[Change]:
        new: dict[str, str] = {}
        for label in labels:
            found = self._wanted(label, live)
            new |= found
            if not found:
                unlabelled = self.how == "dissociate" and label and live
                right[key, label] = _NO_LABEL if unlabelled else _ALREADY[self.how]
        if new:
            yield Change(key, {name: live.get(name, "") for name in new}, new)

    def _wanted(self, label: str, live: Mapping[str, str]) -> dict[str, str]:
        """Return what has to change for one label, or for no label, to be as it is to be."""
        own = self.labels[label].name if label else ""
        if self.how == "dissociate":
            names = [own] if own else list(live)
            return {name: "" for name in names if name in live}
        names = [name for name in (self._plain, own) if name]
        return {name: HAS for name in names if name not in live}

    @property
    def _plain(self) -> str:
        return self.default.name if self.default else ""

    def _listed(self, right: Mapping[tuple[str, str], str]) -> Iterator[Change]:
        for number, (row, why) in enumerate(self.rows):
            to, reason = self.how, ""
            if why:
                to, reason = "duplicate", why
            elif (row.key, row.label) in right:
                to, reason = "unchanged", right[row.key, row.label]
            self.fates[to] += 1
            about = {"row": str(number), "to": to, "label": row.label}
            yield Change(row.key, {}, about | ({"reason": reason} if reason else {}))

    # facts ----------------------------------------------------------------------------------------

    def facts(self, writes: int, most: int, overridden: Mapping[str, str]) -> dict[str, Any]:
        """Return what the plan says of itself."""
        now = pd.Timestamp.now("UTC").floor("ms")
        said = f"{writes:,} pairs would be written, and {most:,} may be."
        cap = finding("write_cap", blocks=True, value=writes, limit=most, says=said)
        guards = [cap] if writes > most else []
        return {
            "kind": "pairs",
            "object_type": self.kinds[0],
            "how": self.how,
            "match": "",
            "portal_id": self.portal.id,
            "model": "",
            "created_at": now.isoformat(),
            "expires_at": (now + VALID_FOR).isoformat(),
            "prefix": self.portal.settings.prefix,
            "properties": [],
            "creates_properties": [],
            "definitions": {},
            "signal": True,
            "guards": guards,
            "overridden": {n: why for n, why in overridden.items() if guards and n == "write_cap"},
            "notes": [],
            "counts": dict(self.fates),
            "contacts": len(self.rows),
            "actions": [self._action()],
        }

    def _action(self) -> dict[str, Any]:
        one, other = self.kinds
        return {
            "action": PAIRS,
            "kind": "pairs",
            "from_type": one,
            "to_type": other,
            "types": [each.name for each in self.types],
            "default": self._plain,
            "says": f"{self.how.capitalize()} {one} and {other}.",
            "notes": [],
        }
