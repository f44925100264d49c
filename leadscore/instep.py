"""What portal and table held when they were last in step: keyed digests, no values.

They are rows of the store's table ``in_step``, so that an erasure takes a person's out.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from leadscore.threeways import NOTHING

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["TABLE", "Base", "InStep", "Unkept", "most_at_once"]

TABLE = "in_step"
_SCHEMA = pa.schema([(n, pa.string()) for n in ("key", "link", "object", "id", "digests")])
_SHARE = 0.05  # records or rows that may go without more being said
_GONE = "(gone)"  # no property has such a name
_SECRET = "in_step_key"  # noqa: S105 - the name of a checkpoint


def most_at_once(rows: int, asked: int | None) -> int:
    """Return how many records or rows may go at once: 5 % of those in step, but one at least.

    Examples
    --------
    >>> most_at_once(5, None), most_at_once(400, None), most_at_once(5, 3)
    (1, 20, 3)
    """
    return max(1, int(rows * _SHARE)) if asked is None else asked


class Base:
    """What one record was when it was last in step.

    Attributes
    ----------
    id : str
        The record's.
    """

    __slots__ = ("_text", "id")

    def __init__(self, id: str, text: str) -> None:  # noqa: A002 - HubSpot's word
        self.id, self._text = id, text

    @classmethod
    def of(cls, one: str, digests: Mapping[str, str], *, gone: str = "") -> Base:
        """Return what a record is known as from its digests, and whether it left the portal."""
        return cls(one, _json(digests, gone))

    @property
    def digests(self) -> dict[str, str]:
        """The digests of its values, by property."""
        found: dict[str, str] = json.loads(self._text)
        found.pop(_GONE, None)
        return found

    @property
    def gone(self) -> str:
        """What became of its row when it had left the portal; empty where it has not."""
        return str(json.loads(self._text)[_GONE]) if _GONE in self._text else ""


def _json(digests: Mapping[str, str], gone: str = "") -> str:
    return json.dumps({**digests, **({_GONE: gone} if gone else {})}, separators=(",", ":"))


class InStep:
    """The records that a portal's object type and one table elsewhere have in step.

    Parameters
    ----------
    store : Store
    object_type : str
    where : str
        The table's address, without a password.
    match : str, default "id"
        By what rows and records are matched.
    """

    def __init__(self, store: Store, object_type: str, where: str, *, match: str = "id") -> None:
        self.store, self.object_type = store, object_type
        known = store.ledger.checkpoint(_SECRET)
        if known is None:
            known = secrets.token_hex(16)
            store.ledger.set_checkpoint(_SECRET, known)
        self._secret = str(known).encode()
        self.link = self._hash(object_type, where, match)[:16]

    def _hash(self, *parts: str, size: int = 16) -> str:
        text = "\x1f".join(parts).encode()
        return hashlib.blake2b(text, key=self._secret, digest_size=size).hexdigest()

    def key(self, value: str) -> str:
        """Return under what a record is kept: a hash of what it is matched by."""
        return self._hash(self.link, value)

    def digest(self, name: str, value: str | None) -> str:
        """Return the digest of a property's value."""
        return self._hash(name, value, size=6) if value else NOTHING

    def digests(self, values: Mapping[str, str | None]) -> dict[str, str]:
        """Return the digests of a record's values."""
        return {name: self.digest(name, value) for name, value in values.items()}

    def load(self) -> dict[str, Base]:
        """Return all that are in step, by key."""
        if not self.store.has(TABLE):
            return {}
        rows = self.store.arrow(TABLE)
        rows = rows.filter(pc.equal(rows["link"], self.link))
        columns = (rows[name].to_pylist() for name in ("key", "id", "digests"))
        return {key: Base(one, text) for key, one, text in zip(*columns, strict=True)}

    def save(
        self, rows: Iterable[tuple[str, str, Mapping[str, str]]], *, known: Collection[str] = ()
    ) -> None:
        """Keep key, record id and digests of records, in place of what was kept.

        Parameters
        ----------
        rows : iterable of tuple
            Each key once.
        known : collection of str
            The keys that are kept already: all others are new.
        """
        self._write([self._row(key, one, _json(digests)) for key, one, digests in rows], known)

    def save_gone(self, keys: Iterable[str], known: Mapping[str, Base], *, done: str) -> None:
        """Keep of records that they left the portal, and what became of their rows."""
        texts = ((key, known[key].id, _json(known[key].digests, done)) for key in keys)
        self._write([self._row(*each) for each in texts], known)

    def _row(self, key: str, one: str, text: str) -> dict[str, Any]:
        own = {"link": self.link, "object": self.object_type}
        return {"key": key, **own, "id": one, "digests": text}

    def _write(self, made: list[dict[str, Any]], known: Collection[str]) -> None:
        new = [row for row in made if row["key"] not in known]
        if new:
            self.store.write(TABLE, pa.Table.from_pylist(new, schema=_SCHEMA), mode="append")
        old = [row for row in made if row["key"] in known]
        if old:
            self.store.merge(TABLE, pa.Table.from_pylist(old, schema=_SCHEMA), key="key")

    def tidy(self) -> None:
        """Free what versions of the table take that are older than a week."""
        if self.store.has(TABLE):
            self.store.forget_versions(TABLE, older_than="7D")

    def forget(self, keys: Collection[str]) -> None:
        """Keep nothing more of some records."""
        if keys and self.store.has(TABLE):
            self.store.delete(TABLE, list(keys), column="key")

    # how far a reading came ---------------------------------------------------------------------

    def recall(self) -> dict[str, Any]:
        """Return what is on record of the last reading."""
        return dict(self.store.ledger.checkpoint(f"in_step:{self.link}", {}))

    def record(self, **facts: Any) -> None:
        """Put how far a reading came on record."""
        self.store.ledger.set_checkpoint(f"in_step:{self.link}", self.recall() | facts)


class Unkept(InStep):
    """The same for a dry run: what is in step is known, and nothing more is kept."""

    def save(
        self, rows: Iterable[tuple[str, str, Mapping[str, str]]], *, known: Collection[str] = ()
    ) -> None:
        """Keep nothing."""

    def save_gone(self, keys: Iterable[str], known: Mapping[str, Base], *, done: str) -> None:
        """Keep nothing."""

    def forget(self, keys: Collection[str]) -> None:
        """Forget nothing."""

    def record(self, **facts: Any) -> None:
        """Put nothing on record."""

    def tidy(self) -> None:
        """Free nothing."""
