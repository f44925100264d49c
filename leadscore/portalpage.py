"""The page of a portal: funnel, sources, cohorts, speed, scores and completeness on one sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore import crmplots, outcomeplots
from leadscore.cohorttable import cohorts
from leadscore.errors import DataError
from leadscore.filled import completeness
from leadscore.firsttouch import speed_to_lead
from leadscore.funnels import funnel
from leadscore.htmlpages import picture, write_page
from leadscore.leadages import ages
from leadscore.origins import campaigns, sources
from leadscore.pageparts import card, section, table_of
from leadscore.scoreoutcomes import owners, tiers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["write_portal"]

Frame = pd.DataFrame
_RATE = {
    "contacts": ("Contacts", "count"),
    "judged": ("Judged", "count"),
    "converted": ("Converted", "count"),
    "rate": ("Rate (95 % interval)", "rate"),
    "median_days": ("Median days", "number"),
    "immature": ("Too young", "count"),
    "before": ("Before", "count"),
}
_GIVEN = {
    "judged": ("Judged", "count"),
    "converted": ("Converted", "count"),
    "rate": ("Rate (95 % interval)", "rate"),
    "expected": ("As the scores said", "share"),
    "not_due": ("Not due", "count"),
}


def write_portal(store: Store, goal: Goal, path: str | Path | None = None) -> Path:
    """Write the page of a portal, from the local copy.

    Parameters
    ----------
    store : Store
        A synced store.
    goal : Goal
        What counts as converted, and within how long after a contact's creation.
    path : str or Path, optional
        By default ``reports/portal.html`` in the workspace; replaced in one step, mode 0600.

    Returns
    -------
    Path
        A page without scripts that loads nothing: every report of `leadscore.report` as picture and
        table. A report that cannot be made says why in its place.

    Raises
    ------
    DataError
        The store holds no contacts table, or was never synced completely.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.write_portal(ls.open_store(tempfile.mkdtemp()), ls.reaches("customer"))
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: The store was never synced completely. Run the sync again.
    """
    young = ages(store, goal)
    facts = young.attrs
    known, why = _tried(partial(sources, store, goal))
    context = {
        "title": f"Portal {store.ledger.portal_id or ''}".strip(),
        "made": datetime.now(UTC),
        "headline": f"{facts['contacts']:,} contacts, {facts['open']:,} of them open.",
        "sentences": _sentences(facts, goal),
        "alarm": False,
        "cards": _cards(known, facts),
        "sections": list(_sections(store, goal, known, why)),
    }
    target = store.workspace / "reports" / "portal.html" if path is None else path
    return write_page(target, "page.html.j2", context)


def _sentences(facts: dict[Any, Any], goal: Goal) -> list[str]:
    created = facts["created"]
    period = f"Contacts created {created[0]} to {created[-1]}." if created else ""
    known = f"As of the sync of {str(facts['as_of'])[:16].replace('T', ' ')} UTC."
    return [f"Converted means: {goal}, counted from a contact's creation.", f"{period} {known}"]


def _cards(known: Frame | None, facts: dict[Any, Any]) -> list[dict[str, str]]:
    medians = facts["median_days"]
    made = [
        card("Open", facts["open"], "contacts that have not reached the goal"),
        card("Age", _days(medians["age"]), "median of the open contacts"),
        card("Silence", _days(medians["silence"]), "median since the last activity"),
    ]
    if known is None or not known["judged"].sum():
        return made
    rate = known["converted"].sum() / known["judged"].sum()
    said = f"{known['converted'].sum():,} of {known['judged'].sum():,} whose horizon has passed"
    return [card("Conversion", f"{100 * rate:.1f} %", said), *made]


def _days(value: float) -> str:
    return "unknown" if pd.isna(value) else f"{value:,.0f} days"


def _tried(make: Callable[[], Frame]) -> tuple[Frame | None, str]:
    try:
        return make(), ""
    except DataError as error:
        return None, str(error)


def _sections(store: Store, goal: Goal, known: Frame | None, why: str) -> Iterator[dict[str, Any]]:
    yield _funnels(store)
    yield _section(
        "Sources",
        (known, why),
        crmplots.sources,
        {"source": ("Source", "text"), **_RATE},
        about="Too young: their horizon has not passed, so they count as neither won nor lost."
        " Before: they had reached the goal when they were created, or nobody knows when.",
    )
    yield _section(
        "Campaigns",
        _tried(partial(campaigns, store, goal)),
        crmplots.campaigns,
        {"campaign": ("Campaign", "text"), **_RATE},
        about="Named by the property that stands in the picture's title.",
    )
    yield _cohorts(store, goal)
    yield _speed(store, goal)
    yield from _after_scoring(store, goal)
    yield from _what_is_there(store, goal)


def _after_scoring(store: Store, goal: Goal) -> Iterator[dict[str, Any]]:
    yield _section(
        "Conversion by tier, as scored then",
        _tried(partial(tiers, store, goal)),
        outcomeplots.by_tier,
        {"model": ("Model", "text"), "tier": ("Tier", "text"), **_GIVEN},
        about="What became of leads after they had got their score, within the horizon.",
    )
    yield _section(
        "Conversion by owner, beside what the scores said",
        _tried(partial(owners, store, goal)),
        outcomeplots.by_owner,
        {"model": ("Model", "text"), "owner": ("Owner", "text"), **_GIVEN},
        about="By the present owner. Above the mark, the leads did better than their scores.",
    )


def _what_is_there(store: Store, goal: Goal) -> Iterator[dict[str, Any]]:
    yield _section(
        "Age and silence of the open contacts",
        _tried(partial(ages, store, goal)),
        crmplots.ages,
        {
            "what": ("What", "text"),
            "band": ("Band", "text"),
            "contacts": ("Contacts", "count"),
            "share": ("Share", "share"),
        },
        about="Silence is the time since anything was done by or for the contact.",
    )
    yield _section(
        "Completeness",
        _tried(partial(completeness, store)),
        crmplots.completeness,
        {
            "label": ("Property", "text"),
            "property": ("Internal name", "text"),
            "type": ("Type", "text"),
            "share": ("Filled", "share"),
            "distinct": ("Different values", "count"),
            "newest": ("Newest", "text"),
        },
        about="A property without history cannot be taken back to what was known then.",
        most=200,
    )


def _section(
    heading: str,
    made: tuple[Frame | None, str],
    draw: Callable[[Frame], Figure],
    columns: dict[str, tuple[str, str]],
    *,
    about: str,
    most: int = 40,
) -> dict[str, Any]:
    found, why = made
    if found is None:
        return section(heading, f"Not to be had: {why}")
    pictures = [(picture(heading.lower(), partial(draw, found)), about)]
    rest = "In a notebook, leadscore.report has them all."
    return section(
        heading, pictures=pictures, tables=[table_of(found, columns, most=most, rest=rest)]
    )


def _funnels(store: Store) -> dict[str, Any]:
    heading = "The funnel"
    whole, why = _tried(partial(funnel, store))
    if whole is None:
        return section(heading, f"Not to be had: {why}")
    pictures = [
        (
            picture("the lifecycle funnel", partial(crmplots.funnel, whole)),
            "Who came to a later stage counts as having reached those before it.",
        )
    ]
    for by in ("source", "month"):
        found, _ = _tried(partial(funnel, store, by=by))
        if found is not None:
            words = (
                "Young months may still go on."
                if by == "month"
                else "The largest first, with sizes."
            )
            pictures.append((picture(f"funnel by {by}", partial(crmplots.funnel, found)), words))
    columns = {
        "label": ("Stage", "text"),
        "entered": ("Entered", "count"),
        "reached": ("Reached", "count"),
        "share": ("Of all", "share"),
        "rate": ("Of the stage before (95 % interval)", "rate"),
    }
    named = whole.assign(rate=whole["from_previous"])
    return section(heading, pictures=pictures, tables=[table_of(named, columns)])


def _cohorts(store: Store, goal: Goal) -> dict[str, Any]:
    found, why = _tried(partial(cohorts, store, goal))
    if found is None:
        return section("Cohorts", f"Not to be had: {why}")
    about = "Cumulative share that had converted. A month's cell stays empty until all of the month"
    drawn = picture("cohorts by month and age", partial(crmplots.cohorts, found))
    return section("Cohorts", pictures=[(drawn, f"{about}'s contacts are of that age.")])


def _speed(store: Store, goal: Goal) -> dict[str, Any]:
    heading = "Speed to lead"
    by_owner, why = _tried(partial(speed_to_lead, store, goal))
    if by_owner is None:
        return section(heading, f"Not to be had: {why}")
    bands = speed_to_lead(store, goal, by="band")
    about = "From creation to the first touch by sales that is on record."
    fair = "Fast and slow are no fair trial: sales turns first to who looks best."
    pictures = [
        (picture("speed to lead", partial(crmplots.speed_to_lead, by_owner)), about),
        (picture("conversion by speed", partial(crmplots.speed_to_lead, bands)), fair),
    ]
    columns = {
        "owner": ("Owner (none: all together)", "text"),
        "contacts": ("Contacts", "count"),
        "contacted": ("Contacted", "count"),
        "unknown": ("Time unknown", "count"),
        "median_hours": ("Median hours", "number"),
        "within_1_hour": ("Within 1 hour", "share"),
        "within_1_day": ("Within 1 day", "share"),
        "rate": ("Converted (95 % interval)", "rate"),
    }
    return section(heading, pictures=pictures, tables=[table_of(by_owner, columns)])
