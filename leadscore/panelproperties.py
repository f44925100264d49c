"""The property picker: which contact properties, with label, type and share filled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.paneldisplay import Panel
from leadscore.panelparts import plain_table, table
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["PropertiesPanel", "filled_properties"]

_HEAD = ("property", "label", "type", "filled")
_SHOWN = 40


def filled_properties(store: Store) -> pd.DataFrame:
    """Return the contact properties of a store and how many contacts have a value.

    Returns
    -------
    DataFrame
        ``name``, ``label``, ``type`` (str), ``filled`` (float64, 0 to 1; NaN without contacts), the
        fullest first.
    """
    table_ = store.arrow("contacts")
    known = store.properties("contacts")
    here = known[known["name"].isin(table_.column_names)]
    n = table_.num_rows
    share = [1 - table_[name].null_count / n if n else float("nan") for name in here["name"]]
    found = here[["name", "label", "type"]].assign(filled=share)
    found["label"] = found["label"].fillna(found["name"])
    return found.sort_values(["filled", "name"], ascending=[False, True], ignore_index=True)


class PropertiesPanel(Panel):
    """Which properties.

    Attributes
    ----------
    chosen : list of str
        The internal names of the chosen ones, in the order of choice.
    """

    name = "Properties"

    def __init__(self, store: Store, chosen: Iterable[str] = ()) -> None:
        self._known = filled_properties(store)
        names = set(self._known["name"])
        self.chosen = [name for name in dict.fromkeys(map(str, chosen)) if name in names]

    def page(self) -> str:
        """Return the chosen properties; all where none is chosen."""
        return table(_HEAD, self._rows(), caption=self._said())

    def text(self) -> str:
        """Return the chosen properties as text."""
        return f"{self._said()}\n{plain_table(_HEAD, self._rows())}"

    def _said(self) -> str:
        return f"{len(self.chosen):,} of {len(self._known):,} properties are chosen"

    def _rows(self) -> list[list[str]]:
        known = self._known.set_index("name", drop=False)
        shown = known.loc[self.chosen] if self.chosen else known.head(_SHOWN)
        return [[r.name_, r.label, r.type, _share(r.filled)] for r in _tuples(shown)]

    def _build(self) -> Any:
        import ipywidgets as w

        self.search = w.Text(
            description="Search", placeholder="a part of name or label", tooltip="Narrow the list"
        )
        self.list = w.SelectMultiple(
            description="Properties",
            rows=14,
            tooltip="Arrow keys and Ctrl or Shift choose several",
            layout=w.Layout(width="620px"),
        )
        self._picked_now = w.HTML()
        self.on(self.search, self._narrow)
        self.on(self.list, self._picked)
        self._narrow()
        return w.VBox([self.search, self.list, self._picked_now])

    def _narrow(self) -> None:
        wanted = self.search.value.strip().lower()
        text = (self._known["name"] + " " + self._known["label"]).str.lower()
        kept = self._known[text.str.contains(wanted, regex=False)]
        self._busy = True
        try:
            self.list.options = [(_line(r), r.name_) for r in _tuples(kept)]
            there = set(kept["name"])
            self.list.value = [name for name in self.chosen if name in there]
        finally:
            self._busy = False
        self._shown_now()

    def _picked(self) -> None:
        if self._busy:
            return
        there = {value for _, value in self.list.options}
        kept = [one for one in self.chosen if one not in there or one in self.list.value]
        self.chosen = list(dict.fromkeys([*kept, *self.list.value]))
        self._shown_now()

    def _shown_now(self) -> None:
        self._picked_now.value = table(
            _HEAD, self._rows() if self.chosen else [], caption=self._said()
        )
        self.refresh()


def _tuples(found: pd.DataFrame) -> Iterable[Any]:
    return found.rename(columns={"name": "name_"}).itertuples(index=False)


def _line(row: Any) -> str:
    return visible(f"{row.label} · {row.name_} · {row.type} · {_share(row.filled)}", limit=110)


def _share(value: float) -> str:
    return "" if pd.isna(value) else f"{100 * value:.0f} %"
