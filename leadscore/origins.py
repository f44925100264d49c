"""Where contacts came from, and how well those from there convert: sources and campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.conversions import SHARES, conversions, facts_of, rates, report_facts
from leadscore.errors import DataError
from leadscore.optionlabels import option_labels

if TYPE_CHECKING:
    from leadscore.goals import Goal
    from leadscore.store import Store

__all__ = ["campaigns", "sources"]

SOURCE = "hs_analytics_source"
# HubSpot has no one property for the campaign: of these the first that is filled. Their names are
# in HubSpot's definitions of contact properties; utm_campaign is a custom property's usual name.
CAMPAIGNS = (
    "utm_campaign",
    "hs_analytics_first_touch_converting_campaign",
    "hs_analytics_source_data_2",
    "hs_analytics_source_data_1",
    "first_conversion_event_name",
)


def sources(store: Store, goal: Goal, *, by: str = SOURCE) -> pd.DataFrame:
    """Return how contacts from each traffic source convert.

    Parameters
    ----------
    store : Store
        A synced store.
    goal : Goal
        What counts, and within how long after a contact's creation.
    by : str, default "hs_analytics_source"
        The contact property that names the source ("Original traffic source").

    Returns
    -------
    DataFrame
        One row per source, the most contacts first: ``source`` (str: its label; missing for those
        without one), ``value`` (str, internal), ``contacts``, ``judged`` (their horizon has
        passed), ``converted`` (Int64, of the judged), ``rate``, ``low``, ``high`` (float64, 95 %
        interval by Wilson), ``median_days`` (float64, from creation to the goal), ``immature`` (not
        judged yet: no losses), ``before`` (Int64: the goal was reached when they were created, or
        at an unknown time). ``attrs``: report, property, label, goal, horizon_days, as_of,
        contacts, created (first and last day), time_zone.

    Raises
    ------
    DataError
        The store lacks the property, the goal's, or a complete sync.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> ls.report.sources(ls.open_store(tempfile.mkdtemp()), ls.reaches("customer"))
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: The store was never synced completely. Run the sync again.
    """
    return _by(store, goal, by, "source")


def campaigns(store: Store, goal: Goal, *, by: str | None = None) -> pd.DataFrame:
    """Return how contacts from each campaign convert.

    Parameters
    ----------
    store, goal
        As for `sources`.
    by : str, optional
        The contact property that names the campaign. By default the first with a value of
        ``utm_campaign``, ``hs_analytics_first_touch_converting_campaign``, the second and first
        drill-down of the original traffic source (``hs_analytics_source_data_2`` and ``_1``; for
        paid search HubSpot puts the campaign into the first, unverified for other sources), and
        ``first_conversion_event_name``, the first form. ``attrs["property"]`` says which it is.

    Returns
    -------
    DataFrame
        As `sources`, with ``campaign`` in place of ``source``.

    Raises
    ------
    DataError
        No such property is filled, or as for `sources`.
    """
    return _by(store, goal, by or _campaign_property(store), "campaign")


def _campaign_property(store: Store) -> str:
    there = [name for name in CAMPAIGNS if name in store.schema("contacts").names]
    if there:
        counts = ", ".join(f'count("{name}")' for name in there)
        filled = store.sql(f"SELECT {counts} FROM contacts").iloc[0].tolist()  # noqa: S608
        for name, count in zip(there, filled, strict=True):
            if count:
                return name
    raise DataError(
        "No contact property that names a campaign is filled.",
        hint='Name one of yours: campaigns(store, goal, by="utm_campaign").',
    )


def _by(store: Store, goal: Goal, name: str, word: str) -> pd.DataFrame:
    rows = conversions(store, goal, (name,))
    if name not in rows:
        raise DataError(
            f"The store's contacts have no {name}.", hint="Sync that property, or use another one."
        )
    values = rows[name].map(_text, na_action="ignore").astype("str")
    counted = rates(rows.assign(**{word: values.fillna("")}), word)[list(SHARES)]
    counted = counted.reset_index(names="value")
    labels = labels_of(store, name)
    shown = [labels.get(value, value) or None for value in counted["value"]]
    counted.insert(0, word, pd.Series(shown, index=counted.index, dtype="str"))
    counted["value"] = counted["value"].astype("str").mask(counted["value"] == "")
    order = counted.sort_values(["contacts", "value"], ascending=[False, True])
    found = order.reset_index(drop=True)
    about: dict[str, Any] = {"report": f"{word}s", "property": name, "label": label_of(store, name)}
    found.attrs = report_facts(store, rows, **about, **facts_of(goal))
    return found


def _text(value: object) -> str:
    return ";".join(map(str, value)) if isinstance(value, list) else str(value)


def labels_of(store: Store, name: str) -> dict[str, str]:
    """Return the labels of a contact property's options, by internal value."""
    if not store.has("properties"):
        return {}
    return option_labels(store.properties("contacts")).get(name, {})


def label_of(store: Store, name: str) -> str:
    """Return a contact property's label, or its name where the store has no definition."""
    if not store.has("properties"):
        return name
    about = store.properties("contacts")
    own = about.loc[about["name"] == name, "label"]
    return str(own.iloc[0]) if len(own) else name
