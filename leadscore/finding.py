"""Look records up in a portal: by id, e-mail address, any property, or words; frames come back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from leadscore.arrowtypes import to_frame
from leadscore.bars import tqdm
from leadscore.errors import UsageError
from leadscore.filtergroups import LINKED, check_limits, groups_of
from leadscore.filtervalues import is_missing
from leadscore.filterwords import alternatives_of, check_known
from leadscore.hubspot.keyreading import key_of, read_keys
from leadscore.hubspot.objecttypes import default_properties, find_type
from leadscore.hubspot.ownerids import with_owner_ids
from leadscore.hubspot.pages import rows_schema
from leadscore.hubspot.properties import definitions
from leadscore.hubspot.questions import Question, answers, first_answers, fits_question
from leadscore.hubspot.reading import read_ids
from leadscore.hubspot.wiretypes import typed_rows

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["find", "ids_of"]

Filter = dict[str, Any]


def find(
    portal: Portal,
    object_type: str,
    *,
    id: Any = None,  # noqa: A002 - the record's
    ids: Any = None,
    email: Any = None,
    query: str | None = None,
    where: Any = None,
    associated_with: tuple[str, Any] | None = None,
    properties: Sequence[str] | None = None,
    sort: str | None = None,
    limit: int | None = None,
    progress: bool = True,
    **filters: Any,
) -> pd.DataFrame:
    """Find records of a portal.

    Parameters
    ----------
    portal : Portal
    object_type : str
        ``contacts``, ``companies``, ``deals``, ``tasks``, …, or a custom type by its name, its
        full name or its id (``2-123``).
    id, ids : str, int, or a list or Series of them
        Record ids, read directly in batches of 100: any number.
    email : str, or a list or Series of them
        E-mail addresses of contacts, read in the same way. With other filters it is one of them.
        Missing and empty ones are passed over, among ids too.
    query : str
        Words, which HubSpot looks for in the properties that it searches by default.
    where : dict or list
        Filters as HubSpot writes them: one, a list of them (all must hold), or ``filterGroups``
        (one group must hold).
    associated_with : tuple of str and str
        ``("companies", "123")``: only records that are associated with that one. HubSpot cannot
        do it for custom types.
    properties : sequence of str, optional
        The columns; the properties that HubSpot shows unasked and those that are searched by,
        unless given. For contacts that is e-mail address and name too.
    sort : str, optional
        A property, ``"-createdate"`` for the highest first; by id unless given.
    limit : int, optional
        So many at most; all of them unless given, also more than the 10,000 that a search of
        HubSpot's ends at.
    progress : bool, default True
        A progress bar, where it takes more than a moment.
    **filters
        ``property=value`` or ``property__operator=value``; all must hold, beside `where`.
        Operators: ne, lt, lte, gt, gte, between, in, not_in, has, contains (words; ``"ann*"``),
        not_contains. A list finds any of its values; None finds records without a value, in a
        list too: ``hs_lead_status=["OPEN", None]``. Dates and times are ISO 8601
        (``"2026-01-31"``), date, datetime or Timestamp objects, or epoch milliseconds. A day
        alone, asked of a property that holds times, is the whole day in the portal's time zone;
        times without a zone are the portal's. An owner may be given by e-mail address.

    Returns
    -------
    DataFrame
        One row per record: ``id`` (str), then a typed column per property, as the store has them
        (float64, boolean, str, datetime64[us, UTC], lists of several choices). Records come in
        the order of `ids` or `email`, each once, else by `sort`.
        ``attrs["missing"]`` lists the ids or addresses that the portal has no record for;
        ``attrs["misfits"]`` the values that are not of their property's type, and are missing
        in the frame.

    Raises
    ------
    UsageError
        An unknown property, operator, option or object type; a value of the wrong type; more
        filters than HubSpot takes. Nothing was searched.

    Notes
    -----
    HubSpot API docs, "Search the CRM": 5 searches of 200 records a second, so 100,000 records
    take about two minutes; what was created or changed in the last moments may be missing;
    archived records are never found. By id and e-mail address there is no such lag. To read
    beyond 10,000 records each group of filters needs room for one more: a group of six filters
    ends there, with an error.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=50) as sandbox, ls.connect(sandbox) as portal:
    ...     leads = ls.find(portal, "contacts", lifecyclestage="lead", createdate__gte="2020-01-01")
    >>> list(leads.columns[-2:]), leads["createdate"].dtype
    (['lastmodifieddate', 'lifecyclestage'], datetime64[us, UTC])
    """
    wanted = _Wanted(id if ids is None else ids, email, query, where, associated_with, filters)
    wanted.check(given_both=id is not None and ids is not None, limit=limit)
    finding = _Finding(portal, object_type)
    groups = finding.groups(wanted)
    columns, order = finding.columns(properties, groups), finding.order(sort)
    rows, missing = finding.read(wanted, groups, columns, order, limit=limit, progress=progress)
    frame = finding.frame(rows, missing)
    if order:
        frame = frame.sort_values(
            order[0], ascending=not order[1], kind="stable", ignore_index=True
        )
    return (frame if limit is None else frame.head(limit))[["id", *columns]]


@dataclass
class _Wanted:
    """What a call of `find` asks for."""

    ids: Any
    email: Any
    query: str | None
    where: Any
    linked: tuple[str, Any] | None
    filters: dict[str, Any]

    def check(self, *, given_both: bool, limit: int | None) -> None:
        """Refuse what does not go together."""
        searched = [self.query, self.where, self.linked, self.filters or None]
        if self.email is not None and (
            self.ids is not None or any(o is not None for o in searched)
        ):
            self.filters["email"], self.email = _one_or_several(self.email), None
        if given_both or (self.ids is not None and (self.filters or any(map(_given, searched)))):
            raise UsageError(
                "Records are read by id, or they are searched for: not both in one call.",
                hint="Leave the ids out, or filter the frame that comes back.",
            )
        if limit is not None and (not isinstance(limit, int) or limit < 1):
            raise UsageError(f"limit={limit!r} is no number of records.", hint="Use 1 or more.")


def _given(value: Any) -> bool:
    return value is not None


class _Finding:
    """The records of one type: what there is to ask for, and how it is read."""

    def __init__(self, portal: Portal, object_type: str) -> None:
        self.portal, self.kind = portal, find_type(portal, object_type)
        self.known = definitions(portal, self.kind)

    def groups(self, wanted: _Wanted) -> list[list[Filter]]:
        """Return all filters, in groups as HubSpot takes them."""
        zone = self.portal.time_zone
        common = [] if wanted.linked is None else [_linked(self.portal, wanted.linked)]
        words = alternatives_of(wanted.filters, self.known, object_type=self.kind, zone=zone)
        groups: list[list[Filter]] = [[]]
        if wanted.where is not None:
            groups = groups_of(wanted.where, self.known, object_type=self.kind, zone=zone)
        groups = [[*group, *common, *each] for group in groups for each in words]
        check_limits(groups)
        return with_owner_ids(self.portal, groups, self.known)

    def columns(
        self, properties: Sequence[str] | None, groups: Iterable[Iterable[Filter]]
    ) -> list[str]:
        """Return the properties to read."""
        if isinstance(properties, str):
            properties = [properties]
        if properties is not None:
            for name in properties:
                check_known(name, self.known, self.kind)
            return list(dict.fromkeys(properties))
        searched = [str(one["propertyName"]) for group in groups for one in group]
        names = dict.fromkeys([*default_properties(self.kind), *searched])
        return [name for name in names if name in self.known]

    def order(self, sort: str | None) -> tuple[str, bool] | None:
        """Return the property to sort by, and whether backward."""
        if sort is None:
            return None
        name = sort.removeprefix("-")
        check_known(name, self.known, self.kind)
        return name, sort.startswith("-")

    def read(
        self,
        wanted: _Wanted,
        groups: list[list[Filter]],
        columns: list[str],
        order: tuple[str, bool] | None,
        *,
        limit: int | None,
        progress: bool,
    ) -> tuple[pa.Table, list[str]]:
        """Read the records in one of the ways that there are."""
        names = list(dict.fromkeys([*columns, *([order[0]] if order else [])]))
        if wanted.ids is not None:
            found = read_ids(self.portal, self.kind, ids_of(wanted.ids), names)
            return found.rows, found.missing
        if wanted.email is not None:
            return self._by_email(wanted.email, names)
        question = Question(tuple(tuple(group) for group in groups if group), wanted.query or "")
        few = names if fits_question(names) else []
        rows = self._first(question, few, order, limit) if order and limit else None
        if rows is None:
            rows = self._all(question, few, None if order else limit, progress=progress)
        return (rows if few else self._values(rows, names)), []

    def _by_email(self, email: Any, names: list[str]) -> tuple[pa.Table, list[str]]:
        check_known("email", self.known, self.kind)
        asked = list(map(key_of, _texts(email)))
        found = read_keys(
            self.portal, self.kind, "email", [one for one in asked if "@" in one], names
        )
        missing = [one for one in dict.fromkeys(asked) if one not in set(found.keys)]
        return _once(found.rows), missing

    def _first(
        self, question: Question, names: list[str], order: tuple[str, bool], limit: int
    ) -> pa.Table | None:
        by, down = order
        return first_answers(
            self.portal, self.kind, question, names, sort=by, descending=down, limit=limit
        )

    def _all(
        self, question: Question, names: list[str], limit: int | None, *, progress: bool
    ) -> pa.Table:
        """Read every answer, in the order of ids; the bar shows after a moment."""
        with tqdm(unit="rec", desc="Finding", disable=not progress, delay=2, leave=False) as bar:

            def told(total: int | None) -> None:
                bar.total = bar.total or total

            found = [rows_schema(names).empty_table()]
            for page in answers(self.portal, self.kind, question, names, limit=limit, told=told):
                bar.update(page.num_rows)
                found.append(page)
        rows = pa.concat_tables(found)
        numbers = pc.cast(rows["id"], pa.int64())
        return rows.take(pc.sort_indices(numbers)).slice(0, limit)

    def _values(self, rows: pa.Table, names: list[str]) -> pa.Table:
        """Read what did not fit beside the filters."""
        return read_ids(self.portal, self.kind, rows["id"].to_pylist(), names).rows

    def frame(self, rows: pa.Table, missing: list[str]) -> pd.DataFrame:
        """Return typed rows."""
        made = typed_rows(rows, self.known)
        frame = to_frame(made.table)
        frame.attrs = {"missing": missing, "misfits": made.misfits.to_pylist()}
        return frame


def _linked(portal: Portal, linked: tuple[str, Any]) -> Filter:
    try:
        kind, record = linked
        (value,) = ids_of(record)
    except (TypeError, ValueError):
        raise UsageError(
            f"associated_with={linked!r} does not name one record.",
            hint='Use associated_with=("companies", "123").',
        ) from None
    name = find_type(portal, kind)
    word = {"companies": "company"}.get(name, name.removesuffix("s"))
    return {"propertyName": f"{LINKED}{word}", "operator": "EQ", "value": value}


def _once(rows: pa.Table) -> pa.Table:
    """Return rows of which none comes twice."""
    places = {one: n for n, one in reversed(list(enumerate(rows["id"].to_pylist())))}
    return rows.take(pa.array(sorted(places.values()), pa.int64()))


def _one_or_several(email: Any) -> str | list[str]:
    found = _texts(email)
    return found[0] if isinstance(email, str) and found else found


def _texts(values: Any) -> list[str]:
    if isinstance(values, pd.DataFrame):
        raise UsageError("A frame names no records.", hint='Give one of its columns: frame["id"].')
    many = isinstance(values, Iterable) and not isinstance(values, str | bytes)
    texts = [str(one).strip() for one in (values if many else [values]) if not is_missing(one)]
    return [text for text in texts if text]


def ids_of(values: Any) -> list[str]:
    """Return record ids as strings; missing ones are passed over, whole numbers written as such.

    Examples
    --------
    >>> ids_of([7, "8", 9.0, None])
    ['7', '8', '9']
    """
    return [text.removesuffix(".0") for text in _texts(values)]
