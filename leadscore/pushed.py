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
        The run that wrote, which `undo` takes; None where nothing was to write.
    source : str
        The table, without a password.
    dry_run : bool
    counts : dict of str to int
        Rows by state, and ``conflicts`` (values that both sides changed), ``gone`` (records that
        were in step, and whose row is gone), ``archived``, ``held_back``.
    results : DataFrame
        One row per row of the table: ``id``, ``state``, ``reason``. ``unchanged``: nothing of the
        table's was new, or it is in the portal already.
    conflicts : DataFrame
        ``row``, ``id``, ``property``, and which side ``won``.
    gone : DataFrame
        ``id`` and what was ``done``: "kept", "archived", "held back", or "changed in the portal".
    plan : RecordPlan or None
        Of a dry run: what would be written.
    """

    run: str | None
    source: str
    dry_run: bool
    results: pd.DataFrame = field(repr=False)
    conflicts: pd.DataFrame = field(repr=False)
    gone: pd.DataFrame = field(repr=False)
    plan: Any = field(default=None, repr=False)

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
        }

    def as_dict(self) -> dict[str, Any]:
        """Return what the command line prints as JSON."""
        about = {"run": self.run, "source": self.source, "dry_run": self.dry_run}
        return {**about, **self.counts}
