"""Values that do not fit their property's type: kept aside, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["SCHEMA", "TABLE", "keep"]

TABLE = "misfits"
SCHEMA = pa.schema([(name, pa.string()) for name in ("object", "property", "id", "value", "why")])


def keep(
    store: Store, object_type: str, misfits: pa.Table, *, among: pa.Array | None = None
) -> None:
    """Put misfits of an object type in the place of the former ones.

    Parameters
    ----------
    store : Store
    object_type : str
    misfits : pyarrow.Table
        Columns as in `SCHEMA`.
    among : pyarrow.Array of str, optional
        Only the misfits of these records are replaced; all of the object type when None.
    """
    if not store.has(TABLE):
        if misfits.num_rows:
            store.write(TABLE, misfits.select(SCHEMA.names))
        return
    before = store.arrow(TABLE, SCHEMA.names)
    replaced = pc.equal(before["object"], object_type)
    if among is not None:
        replaced = pc.and_(replaced, pc.is_in(before["id"], value_set=among))
    if misfits.num_rows or pc.any(replaced).as_py():
        kept = before.filter(pc.invert(replaced))
        store.write(TABLE, pa.concat_tables([kept, misfits.select(SCHEMA.names)]))
