"""What becomes of each row, seen against the records that it finds and the rows before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from leadscore.planfile import Change
from leadscore.recordkeys import check_key, key_name, matched_key, own_key
from leadscore.recordmatching import IDS, Matching, Wanted
from leadscore.recordmisfits import Misfits
from leadscore.recordplans import NEW
from leadscore.recordtypes import is_back, lacks, word_of
from leadscore.recordvalues import kind_of
from leadscore.scoreproperties import same

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["Asked", "Decisions"]

_STAGE = "lifecyclestage"
_NOT_CLEARED = {
    "email": "email is not cleared: a contact keeps its address.",
    _STAGE: f"{_STAGE} is not cleared: only backwards=True does.",
}
#: What became of a row that has a record, and does not become of the same row once more.
_DONE = ("create", "update", "unchanged")


@dataclass(frozen=True)
class Asked:
    """What is asked for, beside the rows.

    Attributes
    ----------
    how : {"create", "update", "upsert"}
    match : str
        The column that finds a row's record; ``id``, or empty for none.
    columns : sequence of str
        Those of the rows, checked before any row is read; more may come with the rows.
    clear : bool
        Whether a missing value clears the property.
    marketing : bool or None, default False
        Whether new contacts are to be marketing contacts; None: nobody looks.
    backwards : bool
        Whether a lifecycle stage may go back.
    on_error : {"raise", "reject"}
        What a value that does not fit, or a second row with the same key, means.
    max_writes : int, optional
        More records than this are not written (guard ``write_cap``); default: the settings'.
    about : mapping
        More facts for the plan, JSON-able, without personal data.
    """

    how: str = "upsert"
    match: str = ""
    columns: Sequence[str] = ()
    clear: bool = False
    marketing: bool | None = False
    backwards: bool = False
    on_error: str = "raise"
    max_writes: int | None = None
    about: Mapping[str, Any] = field(default_factory=dict)


class Decisions:
    """Decides row by row, in their order; only the keys that were seen are kept.

    Parameters
    ----------
    portal : Portal
    matching : Matching
    asked : Asked
    plan : str
        The plan's id.

    Attributes
    ----------
    kinds : dict of str to str
        The properties that are written, and how their values are compared.
    counts : dict of str to int
        Rows by what becomes of them.
    needs_key, has_key : bool
        Whether a record is created with a key of ours, and whether the portal has that property.
    kept_stages : int
        Records whose lifecycle stage would have gone back.
    cleared, not_cleared : int
        Values that are cleared, and those that are not although the row has none.
    """

    def __init__(self, portal: Portal, matching: Matching, asked: Asked, plan: str) -> None:
        self.portal, self.matching, self.asked, self.plan = portal, matching, asked, plan
        self.type, self.definitions = matching.sheet.type, matching.sheet.definitions
        self.key = key_name(portal.settings.prefix)
        self.stages = _stages(self.definitions)
        self.kinds: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.needs_key, self.has_key, self.kept_stages = False, matching.has_key, 0
        self.cleared = self.not_cleared = 0
        self._seen: dict[str, tuple[int, bytes, str]] = {}
        self._records: dict[str, int] = {}
        self._checked_key = False
        self._input = blake2b(repr((self.type, asked.how, asked.match)).encode(), digest_size=16)

    @property
    def input(self) -> str:
        """A hash of all rows so far: the same call has the same."""
        return self._input.hexdigest()

    def decide(self, one: Wanted) -> tuple[Change | None, Change]:
        """Return what is to be done, if anything, and what becomes of the row."""
        self._input.update(f"{one.row} {sorted(one.values.items())}\n".encode("utf-8", "replace"))
        change, fate = self._decided(one)
        self.counts[fate.new["to"]] = self.counts.get(fate.new["to"], 0) + 1
        return change, fate

    def _decided(self, one: Wanted) -> tuple[Change | None, Change]:
        if one.wrong:
            return None, _fate(one, "", "rejected", one.wrong)
        if self.asked.match and not one.key and self.asked.how != "create":
            return self._misfit(one, f"It has no {self.asked.match} to be found by.")
        before = self._before(one)
        if before is None and self._misfits:
            return None, _fate(one, "", "rejected", "Not looked at: other rows do not fit.")
        return before or self._new(one)

    @property
    def _misfits(self) -> Misfits | None:
        return self.matching.sheet.misfits

    def _misfit(self, one: Wanted, said: str, to: str = "rejected") -> tuple[None, Change]:
        if self._misfits is not None:
            self._misfits.add(one.row, f"Row {one.row}: {said}")
        return None, _fate(one, "", to, said)

    def _before(self, one: Wanted) -> tuple[None, Change] | None:
        """Return what becomes of a row whose key another one had."""
        if not one.key:
            return None
        digest = _digest(one.values)
        first, before, ref = self._seen.setdefault(one.key, (one.row, digest, ""))
        if first == one.row:
            return None
        if before == digest:
            to, _, key = ref.partition(" ")
            to = "duplicate" if to in _DONE else to
            return None, _fate(one, key, to, f"The same as row {first}.")
        said = f"Row {first} has the same {self.asked.match}, and other values."
        return self._misfit(one, said, "duplicate")

    def _new(self, one: Wanted) -> tuple[Change | None, Change]:
        change, fate = self._compared(one)
        if one.key:
            first, digest, _ = self._seen[one.key]
            self._seen[one.key] = (first, digest, f"{fate.new['to']} {fate.contact}")
        return change, fate

    def _compared(self, one: Wanted) -> tuple[Change | None, Change]:
        if one.strayed:
            return None, _fate(one, "", "conflict", one.strayed)
        if len(one.hits) > 1:
            ids = ", ".join(record for record, _ in one.hits[:5])
            said = f"{len(one.hits)} records have this {self.asked.match}: {ids}."
            return None, _fate(one, "", "duplicate", said)
        if not one.hits:
            return self._absent(one)
        record, live = one.hits[0]
        if self.asked.how == "create":
            said = f"There is one with this {self.asked.match} already."
            return None, _fate(one, record, "duplicate", said)
        first = self._records.setdefault(record, one.row)
        if first != one.row:
            return None, _fate(one, record, "duplicate", f"Row {first} is about the same record.")
        return self._update(one, record, live)

    def _update(
        self, one: Wanted, record: str, live: Mapping[str, str]
    ) -> tuple[Change | None, Change]:
        new = {
            name: value
            for name, value in one.values.items()
            if name != self.asked.match and not same(live.get(name), value, self._kind(name))
        }
        said = self._not_cleared(one, live)
        if not self.asked.backwards and is_back(
            live.get(_STAGE, ""), new.get(_STAGE, ""), self.stages
        ):
            del new[_STAGE]
            self.kept_stages += 1
            said.append(f"lifecyclestage stays {live[_STAGE]}: only backwards=True sets it back.")
        self.cleared += sum(not value for value in new.values())
        why = " ".join(said)
        if not new:
            return None, _fate(one, record, "unchanged", why)
        old = {name: live.get(name, "") for name in new}
        return Change(record, old, new), _fate(one, record, "update", why)

    def _not_cleared(self, one: Wanted, live: Mapping[str, str]) -> list[str]:
        """Return why values stay that the row does not have."""
        names = [name for name in one.kept if live.get(name)]
        self.not_cleared += len(names)
        return [_NOT_CLEARED[name] for name in names]

    def _absent(self, one: Wanted) -> tuple[Change | None, Change]:
        word, match = word_of(self.type), self.asked.match
        if self.asked.how == "update" or match in IDS:
            return None, _fate(one, "", "missing", f"The portal has no {word} of this {match}.")
        new = {name: value for name, value in one.values.items() if value}
        if needed := lacks(self.type, new):
            return self._misfit(one, f"A new {word} needs {needed}.")
        for name in new:
            self._kind(name)
        change = Change(f"{NEW}{one.row}", {}, self._with_key(one, new))
        return change, _fate(one, change.contact, "create")

    def _with_key(self, one: Wanted, new: dict[str, str]) -> dict[str, str]:
        """Return a new record's values, with a key of ours where nothing else is unique."""
        if one.key and not self.matching.by_search:
            return new
        if not self._checked_key:
            self.has_key = check_key(
                self.portal, self.type, self.definitions, self.portal.settings.prefix
            )
            self._checked_key = True
        self.needs_key = True
        key = matched_key(self.type, self.asked.match, one.key) if one.key else ""
        return {**new, self.key: key or own_key(self.plan, one.row)}

    def _kind(self, name: str) -> str:
        if name not in self.kinds:
            self.kinds[name] = kind_of(self.definitions[name])
        return self.kinds[name]


def _fate(one: Wanted, key: str, to: str, reason: str = "") -> Change:
    """Return a row of the listing: by its record, or by the creation's key."""
    said = {"reason": reason} if reason else {}
    return Change(key, {}, {"row": str(one.row), "to": to, **said})


def _digest(values: Mapping[str, str]) -> bytes:
    return blake2b(repr(sorted(values.items())).encode("utf-8", "replace"), digest_size=12).digest()


def _stages(definitions: Mapping[str, Mapping[str, Any]]) -> list[str]:
    options = (definitions.get(_STAGE) or {}).get("options") or []
    return [str(option["value"]) for option in sorted(options, key=_place)]


def _place(option: Mapping[str, Any]) -> tuple[bool, int]:
    order = option.get("displayOrder")
    place = order if isinstance(order, int) else -1
    return place < 0, place
