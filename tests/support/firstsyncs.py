"""First syncs, each done once: equal portals leave equal stores, and a copy is made in no time."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from leadscore.hubspot.connection import Portal
from leadscore.sandbox import Sandbox
from leadscore.store import Store, open_store
from leadscore.syncing import sync

_LEDGER = "ledger.sqlite"


class FirstSyncs:
    """What the first sync of each portal left, by the portal's contents and the API's version."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def into(self, store: Store, portal: Portal, sandbox: Sandbox) -> None:
        """Leave in a new store what a first sync would; a portal changed since opening is read."""
        if sandbox.portal.writes or sandbox.portal.faults.rules:
            sync(portal, store, progress=False)
            return
        # The portal's id tells the market's options, and the market is that of the day.
        facts = (sandbox.portal_id, sandbox.portal.history_cap, portal.version)
        known = self._folder / "-".join(map(str, (*facts, datetime.now(UTC).date())))
        if not known.exists():
            with open_store(known) as made:
                sync(portal, made, progress=False)
        _copy(known, store.workspace)


def _copy(made: Path, workspace: Path) -> None:
    leave = shutil.ignore_patterns(f"{_LEDGER}*")
    shutil.copytree(made, workspace, ignore=leave, dirs_exist_ok=True)
    # The ledger is open already: SQLite's own copy is one that its connection sees.
    with (
        closing(sqlite3.connect(made / _LEDGER)) as source,
        closing(sqlite3.connect(workspace / _LEDGER)) as target,
    ):
        source.backup(target)
