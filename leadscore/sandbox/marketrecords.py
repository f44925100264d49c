"""A world's records in batches: companies, then contacts, then deals."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox import marketfields as field
from leadscore.sandbox import people
from leadscore.sandbox.marketcontacts import record_journeys, record_leak
from leadscore.sandbox.markethistory import Batch, Links, Recorder
from leadscore.sandbox.marketjourneys import NEVER, Journeys, Plan, journeys
from leadscore.sandbox.marketpeople import Ints, stream
from leadscore.sandbox.marketprofile import (
    Names,
    company_city,
    company_domain,
    company_name,
    record_profile,
)
from leadscore.sandbox.marketruns import running
from leadscore.sandbox.marketsales import Deals, deals
from leadscore.sandbox.markettime import DAY_MS

__all__ = ["batches", "contact_ids", "names", "row_of"]

_CONTACTS, _COMPANIES, _DEALS = 100_001, 20_000_000_001, 30_000_000_001
_STEP = 10
_PER_CONTACT = 8  # more deals than one contact has
_INDUSTRIES = np.array(
    [
        *("COMPUTER_SOFTWARE", "MACHINERY", "LOGISTICS_AND_SUPPLY_CHAIN", "FINANCIAL_SERVICES"),
        *("RETAIL", "EDUCATION_MANAGEMENT", "MARKETING_AND_ADVERTISING"),
    ],
    dtype=object,
)
_HEADS = (2, 12, 36, 70, 240, 700, 2500)


def names(leak: str | None) -> dict[str, tuple[str, ...]]:
    """Return the properties of each kind, in the order of their places."""
    return field.NAMES | {"contacts": (*field.NAMES["contacts"], *([leak] if leak else []))}


def contact_ids(rows: Ints) -> Ints:
    """Return the record ids of contacts by their rows."""
    return _CONTACTS + _STEP * rows


def row_of(ids: Ints, contacts: int) -> Ints:
    """Return the rows of contacts by their ids; -1 for ids that are no contact's (any more)."""
    rows, rest = np.divmod(ids - _CONTACTS, _STEP)
    return np.where((rest == 0) & (rows >= 0) & (rows < contacts), rows, -1)


def batches(plan: Plan, *, leak: str | None, history: bool) -> Iterator[Batch]:
    """Give a world's records chunk by chunk; the same again each time."""
    called = Names(plan.seed, plan.who)
    yield from _companies(plan, called, history=history)
    later: list[tuple[Ints, Ints, Deals]] = []
    for chunk in range(plan.chunks):
        found = journeys(plan, chunk)
        sold = deals(found, plan.seed)
        yield _contacts(plan, found, sold, called, leak=leak, history=history)
        later.append((found.who.row[sold.row], found.limit[sold.row], sold))
    for contact, limit, sold in later:
        yield _sold(plan, contact, limit, sold, history=history)


# --------------------------------------------------------------------------- companies


def _companies(plan: Plan, called: Names, *, history: bool) -> Iterator[Batch]:
    who = plan.who
    known = np.flatnonzero(~who.private)
    order = known[np.argsort(who.employer[known], kind="stable")]
    firm, at = who.employer[order], who.created[order]
    count = running(firm)
    created = _first_contact(plan)
    for first in range(0, len(created), plan.chunk):
        rows = np.arange(first, min(first + plan.chunk, len(created)))
        low, high = np.searchsorted(firm, [first, first + plan.chunk])
        book = Recorder(field.NAMES["companies"], np.full(len(rows), plan.now), history=history)
        _record_companies(book, plan, called, rows, created[rows])
        place, joined = firm[low:high] - first, at[low:high]
        book.numbers("num_associated_contacts", place, joined, count[low:high], field.CALCULATED)
        yield Batch("companies", _COMPANIES + rows, created[rows], book.entries(), {}, {}, [])


def _first_contact(plan: Plan) -> Ints:
    """Return when companies came in: with their first contact; the others were there before."""
    created = np.full(len(plan.who.country), NEVER)
    np.minimum.at(created, plan.who.employer, plan.who.created)
    latest = created[created < NEVER].max()
    return np.where(created < NEVER, created, latest)


def _record_companies(book: Recorder, plan: Plan, called: Names, firm: Ints, at: Ints) -> None:
    who, rows = plan.who, np.arange(len(firm))
    size = who.size[firm]
    book.moments("createdate", rows, at, at, field.CALCULATED)
    book.texts("name", rows, at, company_name(called, firm), field.WORKFLOW)
    book.texts("domain", rows, at, company_domain(called, firm), field.WORKFLOW)
    book.texts("city", rows, at, company_city(called, firm), field.WORKFLOW)
    book.texts("country", rows, at, people.COUNTRY_NAMES[who.country[firm]], field.WORKFLOW)
    book.texts("industry", rows, at, _INDUSTRIES[who.industry[firm]], field.WORKFLOW)
    # Not all companies are found in the register.
    listed = np.flatnonzero(firm % 5 > 0)
    heads = np.array(_HEADS)[size] + firm % (1 + np.array(_HEADS)[size] // 3)
    book.numbers("numberofemployees", listed, at[listed], heads[listed], field.WORKFLOW)


# --------------------------------------------------------------------------- contacts


def _contacts(
    plan: Plan, found: Journeys, sold: Deals, called: Names, *, leak: str | None, history: bool
) -> Batch:
    who = found.who
    ids = contact_ids(who.row)
    book = Recorder(names(leak)["contacts"], found.limit, history=history)
    record_profile(book, found, plan.who, called, seed=plan.seed)
    record_journeys(book, found, sold, seed=plan.seed)
    if leak:
        record_leak(book, leak, found, sold, seed=plan.seed)
    firm = _COMPANIES + plan.who.employer[who.row]
    work = np.flatnonzero(~who.private)
    book.numbers("associatedcompanyid", work, who.created[work], firm[work], field.CALCULATED)
    merged = _merged(plan, found, book)
    archived = plan.who.archived[who.row]
    gone = np.flatnonzero(archived <= plan.now)
    return Batch(
        kind="contacts",
        ids=ids,
        created=who.created,
        entries=book.entries(),
        archived=dict(zip(ids[gone].tolist(), archived[gone].tolist(), strict=True)),
        merged=merged,
        links=_linked(ids[work], "companies", firm[work], (1, 279)),
    )


def _merged(plan: Plan, found: Journeys, book: Recorder) -> dict[int, tuple[int, int]]:
    """Return which duplicates were merged into contacts: they leave a phone number behind."""
    who, rng = found.who, stream(plan.seed, 80, found.who.chunk)
    row = np.flatnonzero(rng.random(len(who)) < fixed.MERGED_SHARE)
    life = found.limit[row] - who.created[row]
    at = who.created[row] + (life * (0.1 + 0.9 * rng.random(len(row)))).astype(np.int64)
    phones = np.array([f"+1 900 555 01{r % 100:02d}" for r in who.row[row].tolist()], dtype=object)
    book.texts("phone", row, at, phones, field.MERGE)
    ids = contact_ids(who.row[row])
    pairs = zip((ids + _STEP // 2).tolist(), ids.tolist(), at.tolist(), strict=True)
    return {gone: (stays, moment) for gone, stays, moment in pairs}


def _linked(ids: Ints, kind: str, to: Ints, types: tuple[int, ...]) -> list[Links]:
    return [Links(ids, kind, to, np.full(len(ids), one, dtype=np.int16)) for one in types]


# --------------------------------------------------------------------------- deals


def _sold(plan: Plan, contact: Ints, limit: Ints, sold: Deals, *, history: bool) -> Batch:
    ids = _DEALS + contact * _PER_CONTACT + sold.number
    book = Recorder(field.NAMES["deals"], limit, history=history)
    _record_deals(book, contact, sold)
    firm = _COMPANIES + plan.who.employer[contact]
    work = np.flatnonzero(~plan.who.private[contact])
    return Batch(
        kind="deals",
        ids=ids,
        created=sold.created,
        entries=book.entries(),
        archived={},
        merged={},
        links=[
            *_linked(ids, "contacts", contact_ids(contact), (3,)),
            *_linked(ids[work], "companies", firm[work], (5, 341)),
        ],
    )


def _record_deals(book: Recorder, contact: Ints, sold: Deals) -> None:
    rows, at = np.arange(len(sold.row)), sold.created
    seller = (contact + sold.number) % len(field.OWNERS)
    owner = np.array([str(one[0]) for one in field.OWNERS], dtype=object)[seller]
    setter = field.UI + seller
    label = np.array([f"Deal {n}" for n in (contact + 1).tolist()], dtype=object)
    book.moments("createdate", rows, at, at, field.CALCULATED)
    book.texts("dealname", rows, at, label, setter)
    book.texts("pipeline", rows, at, "default", setter)
    book.texts("dealtype", rows, at, "newbusiness", setter)
    book.texts("hubspot_owner_id", rows, at, owner, setter)
    book.numbers("amount", rows, at, sold.amount // 100, setter)
    _record_moves(book, sold, setter)


def _record_moves(book: Recorder, sold: Deals, setter: Ints) -> None:
    at = sold.created
    open_first = np.flatnonzero(sold.closed > at)
    book.texts("dealstage", open_first, at[open_first], field.DEAL_STAGES[0], setter[open_first])
    book.texts("hs_is_closed", open_first, at[open_first], "false", field.CALCULATED)
    expected = at[open_first] + 60 * DAY_MS
    book.moments("closedate", open_first, at[open_first], expected, setter[open_first])
    for place, moved in enumerate(sold.moves, start=1):
        there = np.flatnonzero(moved < sold.closed)
        book.texts("dealstage", there, moved[there], field.DEAL_STAGES[place], setter[there])
    closed = np.flatnonzero(sold.closed < NEVER)
    stage = np.where(sold.won, field.DEAL_STAGES[5], field.DEAL_STAGES[6]).astype(object)
    won = np.where(sold.won, "true", "false").astype(object)
    end = sold.closed[closed]
    book.texts("dealstage", closed, end, stage[closed], setter[closed])
    book.moments("closedate", closed, end, end, setter[closed])
    book.texts("hs_is_closed", closed, end, "true", field.CALCULATED)
    book.texts("hs_is_closed_won", closed, end, won[closed], field.CALCULATED)
