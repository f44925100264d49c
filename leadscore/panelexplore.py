"""The explorer: one contact, its score, why it has it, and what happened to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.arrowtypes import to_frame
from leadscore.contactsearch import MOST, WAYS, ByContact, ContactSearch
from leadscore.errors import DataError
from leadscore.paneldisplay import Panel
from leadscore.paneldrawings import timeline, waterfall_steps, waterfall_svg
from leadscore.panelparts import Raw, image, inert, note, table
from leadscore.settings import HUBSPOT_URL
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.model import LeadModel
    from leadscore.store import Store

__all__ = ["ExplorePanel", "record_url"]

_LATEST = 12  # changes that are listed
# Named so by HubSpot: counters and dates that an activity sets.
_ACTIVITY = (
    *("hs_analytics_", "num_", "hs_email_", "notes_", "engagements_", "hs_sales_", "hs_last_"),
    *("recent_conversion", "first_conversion"),
)


def record_url(portal: Portal | None, contact: str) -> str:
    """Return where HubSpot shows a contact; empty for a portal on this machine, or without one.

    That records are at ``/contacts/PORTAL/record/0-1/ID`` is as HubSpot's pages link to them; its
    API documentation does not say so (unverified).
    """
    if portal is None or portal.base_url != HUBSPOT_URL or not contact.isdecimal():
        return ""
    host = str(portal.details.get("uiDomain") or "app.hubspot.com")
    known = host if host.endswith(".hubspot.com") else "app.hubspot.com"
    return f"https://{known}/contacts/{portal.id}/record/0-1/{contact}"


class ExplorePanel(Panel):
    """One contact after the other.

    Attributes
    ----------
    contact : str
        The id of the one that is shown.
    """

    name = "Contacts"

    def __init__(
        self,
        store: Store,
        scores: pd.DataFrame,
        *,
        model: LeadModel | None = None,
        portal: Portal | None = None,
    ) -> None:
        if scores.empty:
            raise DataError("There are no scored contacts.", hint="Score the contacts first.")
        self._portal, self._scores = portal, scores
        self._places = pd.Index(scores["contact_id"].astype("str"))
        self._base = None if model is None else model.base
        self._search = ContactSearch(store, portal)
        self._history, self._given = self._search.history(), self._search.scores()
        self._labels = _labels(store)
        self.contact = str(self._places[0])

    def page(self) -> str:
        """Return what is known of the contact, with its two pictures."""
        row = self._row(self.contact)
        parts = [self._facts(row), self._why(row), self._past()]
        return f"<div>{''.join(parts)}</div>"

    def text(self) -> str:
        """Return what is known of the contact as text."""
        row = self._row(self.contact)
        if row is None:
            return f"Contact {visible(self.contact)}: no score."
        found = f"Contact {visible(self.contact)}: {', '.join(' '.join(f) for f in _figures(row))}."
        return f"{found}\n{visible(row.get('reasons', ''), limit=1000)}"

    def show(self, contact: str) -> None:
        """Show a contact."""
        self.contact = str(contact)
        if "widget" in self.__dict__:
            self._shown_now()

    def _build(self) -> Any:
        import ipywidgets as w

        self.way = w.Dropdown(options=WAYS, description="Search by", tooltip="What is typed")
        self.search = w.Text(
            description="for",
            placeholder="type, then Enter",
            tooltip="Id, company or e-mail",
            continuous_update=False,
        )
        self.found = w.Select(
            options=[],
            description="Found",
            rows=6,
            tooltip="Contacts: arrow keys move",
            layout=w.Layout(width="620px"),
        )
        self._count, self._details = w.HTML(), w.HTML()
        self.on(self.search, self._look)
        self.on(self.found, self._chosen)
        self._shown_now()
        return w.VBox([w.HBox([self.way, self.search, self._count]), self.found, self._details])

    def _look(self) -> None:
        text, by_mail = self.search.value, self.way.value == "e-mail"
        if not text.strip():
            return
        if by_mail:
            self.search.value = ""  # an address is not kept
        found = self._search.find(self.way.value, text)
        more = ", the first ones" if len(found) == MOST else ""
        self._count.value = note(f"{len(found):,} found{more}.")
        self.say()
        self.found.options = [(self._named(one), one) for one in found]
        if found:
            self.found.value = found[0]
            self.show(found[0])

    def _chosen(self) -> None:
        if self.found.value and self.found.value != self.contact:
            self.show(self.found.value)

    def _shown_now(self) -> None:
        self._details.value = self.page()
        self.refresh()

    def _named(self, contact: str) -> str:
        row = self._row(contact)
        score = "no score" if row is None else f"{row['tier']}, score {_whole(row['score'])}"
        company = visible(self._search.company(contact), limit=40)
        return f"{visible(contact)} · {score}{f' · {company}' if company else ''}"

    def _row(self, contact: str) -> pd.Series[Any] | None:
        if contact not in self._places:
            return None
        place = int(self._places.get_indexer_for(pd.Index([contact]))[0])  # its first row
        return self._scores.iloc[place]

    def _facts(self, row: pd.Series[Any] | None) -> str:
        url = record_url(self._portal, self.contact)
        named = Raw(f"<b>{inert(self.contact)}</b>")
        link = Raw(f'<a href="{url}" target="_blank" rel="noopener">open in HubSpot</a>')
        facts: list[tuple[str, str]] = [("contact", named), *([("record", link)] if url else [])]
        about = {"company": self._search.company(self.contact)}
        about["owner"] = self._search.owner(self.contact)
        facts += [*_figures(row), *((name, value) for name, value in about.items() if value)]
        return table([name for name, _ in facts], [[value for _, value in facts]])

    def _why(self, row: pd.Series[Any] | None) -> str:
        if row is None:
            return "<p>It has no score in this frame.</p>"
        words = f"<p style='line-height:1.4'>{inert(row.get('reasons', ''), limit=1200)}</p>"
        named = [
            (self._label(str(one["property"])), float(one["contribution"]))
            for side in ("reasons_for", "reasons_against")
            for one in _listed(row.get(side))
        ]
        if not named or pd.isna(row["probability"]):
            return words
        start, steps = waterfall_steps(float(row["probability"]), named, base=self._base)
        said = ", ".join(f"{name} {value:+.2f}" for name, value in steps)
        return words + image(waterfall_svg(start, steps), f"Contributions in log-odds: {said}")

    def _label(self, name: str) -> str:
        return self._labels.get(name, name)

    def _past(self) -> str:
        events, given = _events(self._history, self.contact), _given(self._given, self.contact)
        latest = events.sort_values("at", ascending=False).head(_LATEST)
        rows = [
            [f"{at:%Y-%m-%d %H:%M}", self._label(name), visible(value, limit=60)]
            for at, name, value in zip(
                latest["at"], latest["property"], latest["value"], strict=True
            )
        ]
        said = f"{len(events):,} changes and {len(given):,} scores on a line of time"
        listed = table(("when (UTC)", "property", "became"), rows, caption="The latest changes")
        return image(timeline(events, given), said) + (listed if rows else "")


def _labels(store: Store) -> dict[str, str]:
    if not store.has("properties"):
        return {}
    found = store.properties("contacts")
    return dict(zip(found["name"], found["label"].fillna(found["name"]), strict=True))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) or hasattr(value, "tolist") else []


def _figures(row: pd.Series[Any] | None) -> list[tuple[str, str]]:
    if row is None:
        return [("score", "none")]
    chance = row["probability"]
    found = [
        ("score", _whole(row["score"])),
        ("tier", str(row["tier"])),
        ("probability", "" if pd.isna(chance) else f"{100 * float(chance):.1f} %"),
    ]
    return found + [(n, str(row[n])) for n in ("trend",) if n in row and not pd.isna(row[n])]


def _whole(value: Any) -> str:
    return "" if pd.isna(value) else f"{int(value)}"


def _events(history: ByContact, contact: str) -> pd.DataFrame:
    found = to_frame(history.rows(contact)).rename(columns={"timestamp": "at"})
    activity = found["property"].astype("str").str.startswith(_ACTIVITY)
    kinds = activity.map({True: "activities", False: "changes"})
    return found.assign(kind=kinds, value=found["value"].fillna(""))


def _given(scores: ByContact, contact: str) -> pd.DataFrame:
    found = to_frame(scores.rows(contact)).rename(columns={"scored_at": "at"})
    return found.sort_values("at", ignore_index=True)
