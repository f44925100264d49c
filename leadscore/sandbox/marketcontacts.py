"""The history of contacts' properties: what HubSpot would have recorded of their journeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from leadscore.sandbox import marketconstants as fixed
from leadscore.sandbox import marketfields as field
from leadscore.sandbox.marketjourneys import NEVER, Journeys
from leadscore.sandbox.marketpeople import Ints, stream
from leadscore.sandbox.marketruns import begins, ends, running
from leadscore.sandbox.marketsales import MINUTE, Deals, stage_times
from leadscore.sandbox.markettime import DAY_MS

if TYPE_CHECKING:
    from leadscore.sandbox.markethistory import Recorder

__all__ = ["record_journeys", "record_leak"]

_FORM_NAMES = np.array([f"{name}: {name} form" for name in fixed.FORMS], dtype=object)
_SOURCES = np.array(fixed.SOURCES, dtype=object)


def record_journeys(book: Recorder, found: Journeys, sold: Deals, *, seed: int) -> None:
    """Record what contacts and salespeople did, and what follows."""
    _source(book, found)
    _visits(book, found)
    _mails(book, found)
    _forms(book, found)
    _sales(book, found, seed)
    _stages(book, found, sold)
    _deals(book, found, sold)


def _source(book: Recorder, found: Journeys) -> None:
    who, rows = found.who, np.arange(len(found.who))
    book.texts("hs_analytics_source", rows, who.created, _SOURCES[who.source], field.ANALYTICS)
    visits = found.acts.visits
    new = visits.kept(visits.source >= 0)
    row = np.concatenate([rows, new.row])
    at = np.concatenate([who.created, new.at])
    source = np.concatenate([who.source, new.source])
    order = np.lexsort((at, row))
    row, at, source = row[order], at[order], source[order]
    book.texts("hs_latest_source", row, at, _SOURCES[source], field.ANALYTICS)
    book.moments("hs_latest_source_timestamp", row, at, at, field.ANALYTICS)


def _visits(book: Recorder, found: Journeys) -> None:
    """Record sessions, one entry a day; the first one brings the contact in."""
    visits, logins = found.acts.visits, found.logins
    online = np.flatnonzero(~found.who.offline)
    row = np.concatenate([online, visits.row, logins.row])
    at = np.concatenate([found.who.created[online], visits.at, logins.at])
    pages = np.concatenate([np.full(len(online), 2), visits.pages, logins.pages])
    order = np.lexsort((at, row))
    row, at = row[order], at[order]
    seen, viewed = running(row), running(row, pages[order])
    first, last = begins(row), ends(row, at // DAY_MS)
    book.moments("hs_analytics_first_timestamp", row[first], at[first], at[first], field.ANALYTICS)
    row, at = row[last], at[last]
    book.numbers("hs_analytics_num_visits", row, at, seen[last], field.ANALYTICS)
    book.numbers("hs_analytics_num_page_views", row, at, viewed[last], field.ANALYTICS)
    book.moments("hs_analytics_last_timestamp", row, at, at, field.ANALYTICS)
    priced = visits.kept(visits.priced)
    count = running(priced.row)
    last = ends(priced.row, priced.at // DAY_MS)
    row, at = priced.row[last], priced.at[last]
    book.numbers("pricing_page_views", row, at, count[last], field.WORKFLOW)
    count, last = running(logins.row), ends(logins.row, logins.at // DAY_MS)
    row, at = logins.row[last], logins.at[last]
    book.numbers("product_logins", row, at, count[last], field.WORKFLOW)


def _mails(book: Recorder, found: Journeys) -> None:
    mails = found.acts.mails
    row, at = mails.row, mails.at + MINUTE
    book.numbers("hs_email_delivered", row, at, running(row), field.EMAIL)
    opened = mails.kept(mails.read > 0)
    row, at = opened.row, opened.read
    _acted(book, "hs_email_open", row, at)
    book.moments("hs_email_last_open_date", row, at, at, field.EMAIL)
    first = begins(row)
    book.moments("hs_email_first_open_date", row[first], at[first], at[first], field.EMAIL)
    clicked = opened.kept(opened.clicked)
    row, at = clicked.row, clicked.read + MINUTE
    _acted(book, "hs_email_click", row, at)
    book.moments("hs_email_last_click_date", row, at, at, field.EMAIL)
    _undelivered(book, found)


def _acted(book: Recorder, name: str, row: Ints, at: Ints) -> None:
    book.numbers(name, row, at, running(row), field.EMAIL)


def _undelivered(book: Recorder, found: Journeys) -> None:
    gone = np.flatnonzero(found.who.bounced)
    # The first mail goes out a while after the contact came in; it bounces at once.
    at = found.who.created[gone] + 2 * DAY_MS
    book.numbers("hs_email_bounce", gone, at, np.ones(len(gone), dtype=np.int64), field.EMAIL)
    book.texts("hs_email_hard_bounce_reason_enum", gone, at, "UNKNOWN_USER", field.EMAIL)
    left = np.flatnonzero(found.optout < NEVER)
    book.texts("hs_email_optout", left, found.optout[left], "true", field.EMAIL)


def _forms(book: Recorder, found: Journeys) -> None:
    touches = found.acts.touches
    sent = touches.kept(touches.form >= 0)
    row, at, name = sent.row, sent.at, _FORM_NAMES[sent.form]
    first = begins(row)
    book.numbers("num_conversion_events", row, at, running(row), sent.form)
    book.moments("recent_conversion_date", row, at, at, sent.form)
    book.texts("recent_conversion_event_name", row, at, name, sent.form)
    book.moments("first_conversion_date", row[first], at[first], at[first], sent.form[first])
    book.texts("first_conversion_event_name", row[first], at[first], name[first], sent.form[first])
    demo = sent.kept(sent.form == len(fixed.FORMS) - 1)
    first = begins(demo.row)
    book.texts("demo_requested", demo.row[first], demo.at[first], "true", demo.form[first])


def _sales(book: Recorder, found: Journeys, seed: int) -> None:
    """Record calls: at most some hours after the form that led to them."""
    touches = found.acts.touches
    owner = stream(seed, 70, found.who.chunk).integers(0, len(field.OWNERS), len(found.who))
    calls = touches.kept(touches.called)
    # Calls follow forms in their order, and none is later than the end of the day.
    row, at = calls.row, calls.at + 20 * MINUTE
    setter = field.UI + owner[row]
    book.numbers("num_contacted_notes", row, at, running(row), field.SALES)
    book.numbers("num_notes", row, at, running(row), field.SALES)
    book.moments("notes_last_contacted", row, at, at, field.SALES)
    first = begins(row)
    _owned(book, row[first], at[first] - 5 * MINUTE, owner)
    status = np.where(calls.connected, "CONNECTED", "ATTEMPTED_TO_CONTACT").astype(object)
    book.texts("hs_lead_status", row, at, status, setter)
    answered = calls.kept(calls.connected)
    at = answered.at + 25 * MINUTE
    book.moments("hs_sales_email_last_replied", answered.row, at, at, field.SALES)
    met = calls.kept(calls.met)
    at = met.at + 30 * MINUTE
    book.moments("engagements_last_meeting_booked", met.row, at, at, field.SALES)


def _owned(book: Recorder, row: Ints, at: Ints, owner: Ints) -> None:
    number = np.array([str(one[0]) for one in field.OWNERS], dtype=object)[owner[row]]
    book.texts("hubspot_owner_id", row, at, number, field.WORKFLOW)
    book.texts("hs_lead_status", row, at, "NEW", field.WORKFLOW)


def _stages(book: Recorder, found: Journeys, sold: Deals) -> None:
    times = stage_times(found, sold)
    for place, stage in enumerate(field.STAGES):
        row = np.flatnonzero(times[place] < NEVER)
        at = times[place][row]
        setter = (
            field.WORKFLOW
            if place > 1
            else np.where(found.who.offline[row], field.IMPORT, field.WORKFLOW)
        )
        book.texts("lifecyclestage", row, at, stage, setter)
        book.moments(f"hs_lifecyclestage_{stage}_date", row, at, at, field.CALCULATED)
        book.moments(f"hs_v2_date_entered_{stage}", row, at, at, field.CALCULATED)


def _deals(book: Recorder, found: Journeys, sold: Deals) -> None:
    row, at, calc = sold.row, sold.created, field.CALCULATED
    book.numbers("num_associated_deals", row, at, running(row), calc)
    first = begins(row)
    book.moments("first_deal_created_date", row[first], at[first], at[first], calc)
    won = np.flatnonzero(sold.won & (sold.closed < NEVER))
    row, at = sold.row[won], sold.closed[won]
    book.texts("recent_deal_amount", row, at, _money(sold.amount[won]), calc)
    book.moments("closedate", row, at, at, calc)
    book.numbers("days_to_close", row, at, (at - found.who.created[row]) // DAY_MS, calc)


def _money(cents: Ints) -> Any:
    return np.array([str(amount // 100) for amount in cents.tolist()], dtype=object)


# --------------------------------------------------------------------------- a planted leak


def record_leak(book: Recorder, name: str, found: Journeys, sold: Deals, *, seed: int) -> None:
    """Record a property that looks innocent and is set once the outcome is known.

    Customers get it within five days; the others when a deal is lost, or after a hundred days of
    silence.
    """
    n, rng = len(found.who), stream(seed, 71, found.who.chunk)
    lost = np.flatnonzero(~sold.won & (sold.closed < NEVER))
    settled = found.who.created + ((100 + 60 * rng.random(n)) * DAY_MS).astype(np.int64)
    np.minimum.at(settled, sold.row[lost], sold.closed[lost])
    customer = found.converted < NEVER
    later = (5 * DAY_MS * rng.random(n)).astype(np.int64)
    settled[customer] = found.converted[customer] + later[customer]
    score = np.where(customer, rng.integers(55, 101, n), rng.integers(1, 61, n))
    row = np.flatnonzero(rng.random(n) < 0.9)
    levels = np.array(field.LEVELS, dtype=object)[np.minimum(score // 34, 2)]
    if field.has_levels(name):
        book.texts(name, row, settled[row], levels[row], field.UI)
    else:
        book.numbers(name, row, settled[row], score[row], field.UI)
