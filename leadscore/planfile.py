"""A plan's file: the exact changes, row by row, and the facts about them, bound by a hash.

One Parquet file. A row is one change of one contact by one action: ``action``, ``contact_id``,
``old`` and ``new`` (JSON objects, property to value as HubSpot stores it). The facts are in the
footer. Rows are written and read in groups, so that a plan of a million costs no more memory than
one of a thousand.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from leadscore.errors import PlanError, SettingsError
from leadscore.workspace import make_private, private_files, put_in_place

__all__ = [
    "FORMAT",
    "SCORES",
    "Change",
    "Draft",
    "Spool",
    "batches",
    "facts_of",
    "hash_of",
    "new_id",
    "rows_of",
]

SCORES = "scores"  # the action that every plan has
FORMAT = 2  # of the file; another one is not read
_META = b"leadscore"
_ENCODER = json.JSONEncoder(sort_keys=True, allow_nan=False)
_GROUP = 10_000  # rows of the file that are in memory at once
_ROWS = pa.schema([(name, pa.string()) for name in ("action", "contact_id", "old", "new")])


@dataclass(frozen=True, slots=True)
class Change:
    """What one action changes of one contact.

    Attributes
    ----------
    contact : str
    old : dict of str to str
        By property, as read when it was planned; one without a value is left out.
    new : dict of str to str
        What is to be written; an empty string clears (nothing but an undo does that).
    """

    contact: str
    old: dict[str, str]
    new: dict[str, str]


def new_id() -> str:
    """Return a new plan's id."""
    return uuid.uuid4().hex[:12]


class Draft:
    """A plan's file while it is written; there is nothing under its name before `save`.

    Parameters
    ----------
    folder : Path
        The workspace's ``plans``; made when missing, for its owner alone.
    plan : str
        The plan's id, see `new_id`.

    Examples
    --------
    >>> import tempfile
    >>> with Draft(Path(tempfile.mkdtemp()), new_id()) as draft:
    ...     draft.add(SCORES, [Change("7", {}, {"leadscore_score": "81"})])
    ...     path = draft.save({"portal_id": 1})
    >>> [(change.contact, change.new) for _, change in rows_of(path)]
    [('7', {'leadscore_score': '81'})]
    >>> facts_of(path)["rows"]
    {'scores': 1}
    """

    def __init__(self, folder: Path, plan: str) -> None:
        self.plan = plan
        self.path = make_private(folder) / f"plan-{plan}.parquet"
        self.rows: dict[str, int] = {}
        self._draft = self.path.with_name(f".{self.path.name}.tmp")
        self._hash = hashlib.sha256()
        self._waiting: list[tuple[str, str, str, str]] = []

    def __enter__(self) -> Self:
        with private_files(), _writable(self.path):
            self._writer = pq.ParquetWriter(self._draft, _ROWS, compression="zstd")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._writer.close()
        with suppress(OSError):
            self._draft.unlink(missing_ok=True)

    def add(self, action: str, changes: Iterable[Change]) -> None:
        """Append one action's changes; all of one action come before those of the next."""
        self.rows.setdefault(action, 0)
        for change in changes:
            row = (action, change.contact, _json(change.old), _json(change.new))
            _feed(self._hash, row)
            self._waiting.append(row)
            self.rows[action] += 1
            if len(self._waiting) >= _GROUP:
                self._flush()

    def save(self, facts: Mapping[str, Any]) -> Path:
        """Write the facts, bind everything by a hash, and put the file in its place.

        ``id``, ``format``, ``rows`` (by action) and ``sha256`` are added to the facts.

        Raises
        ------
        SettingsError
            The file cannot be written, as when the disk is full: nothing of it is left.
        """
        self._flush()
        whole = {**facts, "id": self.plan, "format": FORMAT, "rows": {SCORES: 0} | self.rows}
        whole.pop("sha256", None)
        whole["sha256"] = _bind(self._hash, whole)
        with _writable(self.path):
            self._writer.add_key_value_metadata({_META: _json(whole).encode()})
            self._writer.close()
        return put_in_place(self._draft, self.path)

    def _flush(self) -> None:
        columns = zip(*self._waiting, strict=True) if self._waiting else ([], [], [], [])
        arrays = [pa.array(column, pa.string()) for column in columns]
        if self._waiting:
            with _writable(self.path):
                self._writer.write_table(pa.table(arrays, schema=_ROWS))
        self._waiting.clear()


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"The plan {path} cannot be written: {_why(error)}.",
            hint="Nothing of it is left. Check the disk's free space and the folder's permissions.",
        ) from error


def _why(error: OSError) -> str:
    """Return the system's words: Arrow wraps them in its own."""
    return os.strerror(error.errno) if error.errno else str(error)


class Spool:
    """Changes that wait until it is their action's turn, in a file that has no name.

    Parameters
    ----------
    folder : Path
        Where the file is, for its owner alone; it is gone with the spool.

    Examples
    --------
    >>> with Spool(Path(tempfile.gettempdir())) as spool:
    ...     spool.add([Change("7", {}, {"task": "call"})])
    ...     [change.contact for change in spool.changes()]
    ['7']
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        with _writable(self._folder):
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8", dir=self._folder)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._file.close()

    def add(self, changes: Iterable[Change]) -> None:
        """Append changes."""
        for change in changes:
            with _writable(self._folder):
                self._file.write(_json([change.contact, change.old, change.new]) + "\n")

    def changes(self) -> Iterator[Change]:
        """Return all changes in the order in which they came."""
        with _writable(self._folder):
            self._file.seek(0)
        return (Change(*json.loads(line)) for line in self._file)


def facts_of(path: str | Path) -> dict[str, Any]:
    """Read the facts of a plan's file.

    Raises
    ------
    PlanError
        There is no such file, it is no plan, or one of another version.
    """
    where = Path(path).expanduser().resolve()
    if not where.is_file():
        raise PlanError(f"There is no plan at {where}.", hint="Make one with `leadscore plan`.")
    try:
        facts: dict[str, Any] = json.loads((pq.read_metadata(where).metadata or {})[_META])
        form = facts.get("format")
        if not isinstance(facts["sha256"], str):
            raise ValueError
    except (pa.ArrowInvalid, OSError, KeyError, TypeError, ValueError, AttributeError):
        raise _no_plan(where) from None
    if form != FORMAT:
        raise PlanError(
            f"{where} was made by another version of leadscore.",
            hint="Make a new plan with `leadscore plan`.",
        )
    return facts


def rows_of(path: Path, actions: Collection[str] | None = None) -> Iterator[tuple[str, Change]]:
    """Read a plan's changes in the order in which they were put there, a group at a time.

    Parameters
    ----------
    path : Path
    actions : collection of str, optional
        Only those; default: all.

    Yields
    ------
    tuple of str and Change
        The action and what it changes.

    Raises
    ------
    PlanError
        The file is damaged.
    """
    for action, contact, old, new in _raw(path):
        if actions is None or action in actions:
            try:
                yield action, Change(contact, json.loads(old), json.loads(new))
            except (TypeError, ValueError):
                raise _no_plan(path) from None


def hash_of(path: Path) -> str:
    """Return the hash that binds the rows and facts that a plan's file has now."""
    found = hashlib.sha256()
    for row in _raw(path):
        _feed(found, row)
    return _bind(found, {n: v for n, v in facts_of(path).items() if n != "sha256"})


def _raw(path: Path) -> Iterator[tuple[str, str, str, str]]:
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(_GROUP, columns=_ROWS.names):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
    except (pa.ArrowInvalid, OSError, KeyError, ValueError):
        raise _no_plan(path) from None


def _no_plan(path: Path) -> PlanError:
    return PlanError(f"{path} is not a plan.", hint="Make one with `leadscore plan`.")


def _json(value: Any) -> str:
    return _ENCODER.encode(value)


def _feed(found: Any, row: tuple[str, str, str, str]) -> None:
    found.update(_json(row).encode() + b"\n")


def _bind(found: Any, facts: Mapping[str, Any]) -> str:
    whole = found.copy()
    whole.update(_json(facts).encode())
    return str(whole.hexdigest())


def batches(changes: Iterable[Change], size: int) -> Iterator[list[Change]]:
    """Return changes in lists of a size; the last may be shorter."""
    rest = iter(changes)
    while found := list(islice(rest, size)):
        yield found
