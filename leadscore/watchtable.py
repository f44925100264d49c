"""What a column of a frame held last time, by contact: the store's table ``watched``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["TABLE", "Known", "remember", "remembered"]

TABLE = "watched"
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("key", "contact_id", "watch", "value")]
    + [("since", pa.timestamp("us", "UTC"))]
)
#: A value, and since when it is known, as ISO 8601.
Known = tuple[str, str]


def remembered(store: Store, watch: str) -> dict[str, Known] | None:
    """Return what was remembered under a name, by contact; None if nothing ever was.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> remembered(store, "tier") is None
    True
    >>> remember(store, "tier", {"7": "A"})
    >>> remembered(store, "tier")["7"][0]
    'A'
    """
    if not store.has(TABLE):
        return None
    rows = store.arrow(TABLE, ["contact_id", "watch", "value", "since"])
    rows = rows.filter(pc.equal(rows["watch"], watch))
    if not rows.num_rows:
        return None
    since = [moment.isoformat() for moment in rows["since"].to_pylist()]
    told = zip(rows["value"].to_pylist(), since, strict=True)
    return dict(zip(rows["contact_id"].to_pylist(), told, strict=True))


def remember(store: Store, watch: str, values: Mapping[str, str]) -> None:
    """Keep values for the next time; those of other contacts stay."""
    if not values:
        return
    columns = {
        "key": [f"{watch}:{contact}" for contact in values],
        "contact_id": list(values),
        "watch": [watch] * len(values),
        "value": list(values.values()),
        "since": [pd.Timestamp.now("UTC").floor("ms")] * len(values),
    }
    store.merge(TABLE, pa.table(columns, schema=_SCHEMA), key="key")
