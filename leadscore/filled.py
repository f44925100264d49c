"""How complete the records are: by property what is filled, how varied it is, and how fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import UsageError

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["completeness"]

_OBJECTS = ("contacts", "companies", "deals")
_EXACT = 200_000  # rows up to which distinct values are counted, not estimated
_AT_ONCE = 40  # columns in one query: each keeps its distinct values in memory
_COLUMNS = (
    *("property", "label", "group", "type", "filled", "share", "distinct", "newest"),
    "history",
)


def completeness(store: Store, object: str = "contacts") -> pd.DataFrame:  # noqa: A002 - HubSpot's
    """Return which share of the records has each property filled.

    Parameters
    ----------
    store : Store
        A synced store; it is counted by SQL, without loading the records.
    object : {"contacts", "companies", "deals"}

    Returns
    -------
    DataFrame
        One row per property that was synced, the fullest first: ``property``, ``label``,
        ``group``, ``type`` (str), ``filled`` (Int64), ``share`` (float64; missing without records),
        ``distinct`` (Int64: different values; beyond 200,000 records estimated), ``newest`` (UTC:
        the latest entry of its history, missing without), ``history`` (Int64: its entries).
        ``attrs``: report, object, records, distinct ("counted" or "estimated").

    Raises
    ------
    DataError
        The store holds no such table.
    UsageError
        There is no such object type.

    Examples
    --------
    >>> import leadscore as ls, pyarrow as pa, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> store.write("contacts", pa.table({"id": ["1", "2"], "visits": [3.0, None]}))
    2
    >>> ls.report.completeness(store)[["property", "filled", "share"]]
      property  filled  share
    0   visits       1    0.5
    """
    if object not in _OBJECTS:
        raise UsageError(f"There are no {object!r}.", hint=f"Use one of {', '.join(_OBJECTS)}.")
    names = [name for name in store.schema(object).names if name != "id"]
    records = store.rows(object)
    exact = records <= _EXACT
    parts = [names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE)]
    counts = [_counted(store, object, part, exact=exact) for part in parts]
    found = pd.concat(counts) if counts else pd.DataFrame(columns=["filled", "distinct"])
    found = found.join(_about(store, object)).join(_past(store, object))
    found["share"] = found["filled"].astype("float64") / (records or float("nan"))
    found["label"] = found["label"].fillna(pd.Series(found.index, found.index))
    kinds: dict[Any, Any] = dict.fromkeys(("filled", "distinct", "history"), "Int64")
    kinds |= dict.fromkeys(("property", "label", "group", "type"), "str")
    kinds["newest"] = "datetime64[us, UTC]"
    found = found.reset_index(names="property")[list(_COLUMNS)].astype(kinds)
    found = found.sort_values(["filled", "property"], ascending=[False, True], ignore_index=True)
    told = "counted" if exact else "estimated"
    about: dict[Any, Any] = {
        "report": "completeness",
        "object": object,
        "records": records,
        "distinct": told,
    }
    found.attrs = about
    return found


def _counted(store: Store, table: str, names: list[str], *, exact: bool) -> pd.DataFrame:
    count = "count(DISTINCT {})" if exact else "approx_count_distinct({})"
    parts = [(f'"{name.replace(chr(34), chr(34) * 2)}"', place) for place, name in enumerate(names)]
    wanted = ", ".join(
        f"count({quoted}) AS f{place}, {count.format(quoted)} AS d{place}"
        for quoted, place in parts
    )
    row = store.sql(f"SELECT {wanted} FROM {table}").iloc[0]  # noqa: S608 - quoted above
    both = {"filled": "f", "distinct": "d"}
    columns = {k: [row[f"{v}{place}"] for _, place in parts] for k, v in both.items()}
    return pd.DataFrame(columns, index=names)


def _about(store: Store, table: str) -> pd.DataFrame:
    columns = ["label", "group", "type"]
    if not store.has("properties"):
        return pd.DataFrame(columns=columns)
    return store.properties(table).drop_duplicates("name").set_index("name")[columns]


def _past(store: Store, table: str) -> pd.DataFrame:
    if not store.has("history"):
        return pd.DataFrame(columns=["newest", "history"])
    return store.sql(
        "SELECT property, max(timestamp) AS newest, count(*) AS history FROM history"  # noqa: S608
        f" WHERE object = '{table}' GROUP BY property"
    ).set_index("property")
