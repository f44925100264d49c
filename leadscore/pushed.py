"""What a push did: every row accounted for, every conflict and every missing row told."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

__all__ = ["Pushed"]


@dataclass(frozen=True)
class Pushed:
    """What a push did, or would do.

    Attributes
    ----------
    run : str or None
        The run that wrote, which `undo` takes; where records were archived and nothing written,
        the run that did that; None where neither was.
    source : str
        The table, without a password.
    dry_run : bool
    counts : dict of str to int
        Rows by state, and ``conflicts`` (values that both sides changed), ``gone`` (records that
        were in step, and whose row is gone), ``archived``, ``held_back``, and ``unread`` (cells
        that are not empty, of which no value could be made).
    results : DataFrame
        One row per row of the table: ``id``, ``state``, ``reason``. ``unchanged``: nothing of the
        table's was new, or it is in the portal already.
    conflicts : DataFrame
        ``row``, ``id``, ``property``, and which side ``won``.
    gone : DataFrame
        ``id`` and what was ``done``: "kept", "archived", "held back", "changed in the portal", or
        "left the portal".
    plan : RecordPlan or None
        Of a dry run: what would be written.
    archive_run : str or None
        The run that archived, whose record has the ids (``leadscore runs RUN --contacts``).
    unread : int
    """

    run: str | None
    source: str
    dry_run: bool
    results: pd.DataFrame = field(repr=False)
    conflicts: pd.DataFrame = field(repr=False)
    gone: pd.DataFrame = field(repr=False)
    plan: Any = field(default=None, repr=False)
    archive_run: str | None = None
    unread: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """Rows by state, and what else there is to count."""
        done = Counter(self.gone["done"])
        return {
            **Counter(self.results["state"]),
            "conflicts": len(self.conflicts),
            "gone": len(self.gone),
            "archived": done["archived"],
            "held_back": done["held back"],
            "unread": self.unread,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        about = {"run": self.run, "source": self.source, "dry_run": self.dry_run}
        if self.archive_run:
            about["archive_run"] = self.archive_run
        return {**about, **self.counts}
