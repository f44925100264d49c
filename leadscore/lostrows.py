"""Records whose row is gone from a table: told, or archived within a cap, each on record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from leadscore.errors import UsageError
from leadscore.hubspot.creating import archive_batch
from leadscore.hubspot.reading import chunks, read_values
from leadscore.instep import Base, InStep, most_at_once

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.sources import Source
    from leadscore.store import Store

__all__ = ["ARCHIVED", "DELETIONS", "LostRows", "check_deletions"]

DELETIONS = ("keep", "archive")
#: The journal's action under which what was archived is on record.
ARCHIVED = "archived"
Digests = Mapping[str, str]


def check_deletions(deletions: str, source: Source, called: str | None) -> None:
    """Refuse what cannot be meant.

    Raises
    ------
    UsageError
        It is no such option, or nothing tells a frame's rows from those of another frame.
    """
    if deletions not in DELETIONS:
        raise UsageError(f"deletions is {deletions!r}.", hint='Use "keep" or "archive".')
    if deletions != "keep" and source.kind == "frame" and not called:
        raise UsageError(
            "Nothing tells this frame from others, so no row of it is known to be gone.",
            hint='Give the table a name that stays: called="crm".',
        )


class LostRows:
    """The records that were in step with a table and have no row there any more.

    Parameters
    ----------
    portal : Portal
    store : Store
    kind : str
        The object type.
    step : InStep
    gone : mapping of str to Base
        What they were, by key.

    Attributes
    ----------
    told : list of tuple
        Id, and what is done.
    run : str or None
        The run that archived.
    """

    def __init__(
        self, portal: Portal, store: Store, kind: str, step: InStep, gone: Mapping[str, Base]
    ) -> None:
        self.portal, self.store, self.kind, self.step = portal, store, kind, step
        self.gone = gone
        self.told: list[tuple[str, str]] = []
        self.run: str | None = None
        self._archive: list[str] = []
        self._left: list[str] = []

    def judge(
        self,
        deletions: str,
        *,
        rows: int,
        most: int | None,
        names: Sequence[str],
        read: Callable[[list[dict[str, str]]], list[Digests]],
        table_wins: bool,
    ) -> None:
        """Say what is to become of each.

        Parameters
        ----------
        deletions : {"keep", "archive"}
        rows : int
            How many are in step.
        most : int, optional
            How many may be archived.
        names : sequence of str
            The properties that are in step.
        read : callable
            Values as on the wire -> digests.
        table_wins : bool
            Whether those go too that somebody has changed in the portal.
        """
        if deletions == "keep" or not self.gone:
            self.told = [(base.id, "kept") for base in self.gone.values()]
            return
        ids = [base.id for base in self.gone.values()]
        live = read_values(self.portal, self.kind, ids, names)
        now = read([live.get(one, {}) for one in ids])
        self._left = [key for key, base in self.gone.items() if base.id not in live]
        moved = set() if table_wins else self._moved(now)
        moved -= {*self._left}
        self._archive = [key for key in self.gone if key not in moved | {*self._left}]
        held = len(self._archive) > most_at_once(rows, most)
        self._tell("left the portal", self._left)
        self._tell("changed in the portal", [key for key in self.gone if key in moved])
        self._tell("held back" if held else ARCHIVED, self._archive)
        self._archive = [] if held else self._archive

    def _moved(self, now: Sequence[Digests]) -> set[str]:
        """Return the keys of records that somebody has changed since."""
        return {
            key
            for (key, base), digests in zip(self.gone.items(), now, strict=True)
            if any(base.digests.get(name, one) != one for name, one in digests.items())
        }

    def _tell(self, done: str, keys: Collection[str]) -> None:
        self.told += [(self.gone[key].id, done) for key in keys]

    def carry_out(self) -> None:
        """Archive, each with an intent before and an outcome after; forget who has left."""
        if self._archive:
            self._on_record([self.gone[key].id for key in self._archive])
        self.step.forget([*self._archive, *self._left])

    def _on_record(self, ids: list[str]) -> None:
        from leadscore.runrecords import on_record

        ledger = self.store.ledger
        ledger.close_runs("push")
        self.run = ledger.start_run("push", object_type=self.kind)
        with on_record(self.portal, self.store, self.run) as facts:
            for some in chunks(ids):
                intents = [{"object_id": one, "old": {}, "new": {}} for one in some]
                ledger.journal_intent(self.run, intents, action=ARCHIVED)
                archive_batch(self.portal, self.kind, some)
                ended = [{"object_id": one, "state": "written"} for one in some]
                ledger.journal_outcome(self.run, ended, action=ARCHIVED)
            facts["archived"] = len(ids)
