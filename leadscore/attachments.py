"""Which records a file is attached to, on record, and what became of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.attaching import BATCH, Attached, attach_notes
from leadscore.bars import tqdm
from leadscore.errors import TableError, UsageError
from leadscore.hubspot.batchreading import chunks
from leadscore.hubspot.objecttypes import find_type
from leadscore.hubspot.reading import read_values
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.ledger import Ledger

__all__ = ["STATES", "Attachments", "To", "carried_out", "records_of", "without_missing"]

#: In which a record may end; "ready" is what a dry run would attach to.
STATES = ("attached", "already", "missing", "rejected", "unknown", "ready")
#: A record, several of one type (ids, or a frame of ``id``), or a frame with ``object_type`` too.
To = tuple[str, Any] | str | pd.DataFrame

_JOURNALLED = {"attached": "written", "already": "unchanged", "rejected": "rejected"}


@dataclass(frozen=True)
class Attachments:
    """What became of the records that were to get a file.

    Attributes
    ----------
    id : str or None
        The run, on record in the workspace's ledger; None of a dry run.
    file : str
        The file's id; empty where a dry run would upload it.
    results : DataFrame
        One row per record: ``object_type``, ``id``, ``state`` (one of `STATES`), ``note`` (its id)
        and ``reason`` (str).
    """

    id: str | None
    file: str
    results: pd.DataFrame = field(repr=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many records ended in each of `STATES`."""
        found = self.results["state"].value_counts()
        return {state: int(found.get(state, 0)) for state in STATES}

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        return {"run": self.id, "file": self.file, **self.counts}

    def _repr_html_(self) -> str:
        told = ", ".join(f"{n:,} {state}" for state, n in self.counts.items() if n)
        title = f"Run {escape(self.id)}" if self.id else "Dry run"
        return f"<p>{title}: {told}</p>{self.results.head(20).to_html(border=0)}"  # pandas escapes


def records_of(portal: Portal, to: To) -> dict[str, list[str]]:
    """Return the ids of records by their type, each once.

    Raises
    ------
    UsageError, TableError
        It names no records, or an id is none.
    """
    pairs = list(_pairs(to))
    if not pairs:
        raise UsageError("There is no record to attach the file to.")
    strange = next((one for _, one in pairs if not (one.isascii() and one.isdigit())), None)
    if strange is not None:
        raise UsageError(f"{visible(strange, limit=60)!r} is no id of a record.", hint=_HINT)
    names = {kind: find_type(portal, kind) for kind in dict.fromkeys(kind for kind, _ in pairs)}
    found: dict[str, dict[str, None]] = {}
    for kind, one in pairs:
        found.setdefault(names[kind], {})[one] = None
    return {kind: list(ids) for kind, ids in found.items()}


_HINT = 'Write to=("contacts", "123"), or ("contacts", frame) with a frame that has a column id.'


def _pairs(to: To) -> Iterator[tuple[str, str]]:
    if isinstance(to, pd.DataFrame):
        if missing := [name for name in ("object_type", "id") if name not in to.columns]:
            raise TableError(f"The frame has no column {missing[0]!r}.", hint=_HINT)
        yield from zip(to["object_type"].astype("str"), to["id"].astype("str"), strict=True)
        return
    kind, ids = to.split(":", 1) if isinstance(to, str) and ":" in to else _two(to)
    several = [ids] if isinstance(ids, str | int) else list(_ids(ids))
    yield from ((str(kind).strip(), str(one).strip()) for one in several)


def _ids(given: Any) -> Any:
    if not isinstance(given, pd.DataFrame):
        return given
    if "id" not in given.columns:
        raise TableError("The frame has no column 'id'.", hint=_HINT)
    return given["id"]


def _two(to: Any) -> tuple[Any, Any]:
    if not isinstance(to, tuple) or len(to) != 2:
        raise UsageError("The records cannot be told from `to`.", hint=_HINT)
    return to


def without_missing(portal: Portal, records: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """Return which of the records the portal has."""
    return {
        kind: set(read_values(portal, kind, ids, ["hs_object_id"])) for kind, ids in records.items()
    }


def carried_out(
    portal: Portal,
    ledger: Ledger,
    run: str,
    file_id: str,
    records: Mapping[str, Sequence[str]],
    there: Mapping[str, set[str]],
    *,
    text: str,
    progress: bool,
) -> pd.DataFrame:
    """Attach a file to records, on record, and return what became of each."""
    rows = []
    total = sum(map(len, records.values()))
    with tqdm(total=total, unit="rec", desc="Attaching", disable=not progress) as bar:
        for kind, ids in records.items():
            for batch in chunks(iter(ids), BATCH):
                done = _batch(portal, ledger, run, file_id, kind, batch, there[kind], text)
                rows += [(kind, one.id, one.state, one.note, one.reason) for one in done]
                bar.update(len(batch))
    return frame_of(rows)


def _batch(
    portal: Portal,
    ledger: Ledger,
    run: str,
    file_id: str,
    kind: str,
    batch: list[str],
    there: set[str],
    text: str,
) -> list[Attached]:
    action, left = f"notes on {kind}", [one for one in batch if one in there]
    gone = [Attached(one, "missing") for one in batch if one not in there]
    intents = [{"object_id": one, "old": {}, "new": {"file": file_id}} for one in left]
    ledger.journal_intent(run, intents, action=action, names=("file",))
    done = [one for part in attach_notes(portal, kind, left, file_id, text=text) for one in part]
    ended = [
        {"object_id": one.id, "state": _JOURNALLED[one.state]}
        for one in done
        if one.state in _JOURNALLED
    ]
    ended += [{"object_id": one.id, "state": "missing"} for one in gone]
    ledger.journal_outcome(run, ended, action=action)
    found = {one.id: one for one in [*done, *gone]}
    return [found[one] for one in batch]


def frame_of(rows: Sequence[tuple[str, ...]]) -> pd.DataFrame:
    """Return outcomes as a tidy frame."""
    return pd.DataFrame(rows, columns=["object_type", "id", "state", "note", "reason"], dtype="str")
