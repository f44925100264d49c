"""The comparison of models: which is live, the figures side by side, and what a promotion needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.comparing import judge
from leadscore.errors import DataError
from leadscore.modellist import models
from leadscore.paneldisplay import Panel
from leadscore.panelparts import note, plain_table, table
from leadscore.registry import compare_models, promote
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["ComparePanel"]

_HEAD = ("model", "live", "goal", "trained", "ROC AUC (95 %)", "Brier skill", "signal")
_BESIDE = ("figure", "first", "second", "second - first", "95 % interval")
_ASKED = ("asked for promotion", "found", "at least", "passed", "why")


class ComparePanel(Panel):
    """The models of a workspace, two of them side by side.

    Attributes
    ----------
    promoted : str
        The id of the model that was promoted here; empty for none.
    """

    name = "Models"

    def __init__(self, store: Store, data: pd.DataFrame | None = None) -> None:
        self._store, self._data, self.promoted = store, data, ""
        self._take()
        if self._models.empty:
            raise DataError("There is no model in this workspace.", hint="Train one first.")
        ids = list(self._models["id"])
        live = list(self._models.loc[self._models["live"], "id"])
        self.first = live[-1] if live else ids[0]
        self.second = next((one for one in reversed(ids) if one != self.first), self.first)
        self._compared: dict[tuple[str, str], pd.DataFrame] = {}

    def _take(self) -> None:
        found = models(self._store)
        self._models = found[found["problem"] == ""].drop_duplicates("id", keep="last")

    def page(self) -> str:
        """Return the models, and two of them side by side."""
        parts = [table(_HEAD, self._rows())]
        if self.first != self.second:
            parts.append(table(_BESIDE, self._beside(), caption=self._said()))
            if asked := self._asked():
                parts.append(table(_ASKED, asked))
        return f"<div>{''.join(parts)}</div>"

    def text(self) -> str:
        """Return the same as text."""
        found = plain_table(_HEAD, self._rows())
        if self.first == self.second:
            return found
        return f"{found}\n{self._said()}\n{plain_table(_BESIDE, self._beside())}"

    def _said(self) -> str:
        how = "on the same newest rows" if self._data is not None else "each on its own test rows"
        more = "" if self._data is not None else ": no fair comparison, give data= for one"
        return f"first {self.first}, second {self.second}, {how}{more}"

    def _rows(self) -> list[list[str]]:
        return [
            [
                str(row.id),
                "live" if row.live else "",
                visible(row.goal, limit=60),
                f"{row.created:%Y-%m-%d %H:%M}",
                f"{_figure(row.roc_auc)} ({_figure(row.roc_auc_low)}-{_figure(row.roc_auc_high)})",
                _figure(row.brier_skill),
                "unknown" if pd.isna(row.signal) else "yes" if row.signal else "no",
            ]
            for row in _each(self._models)
        ]

    def _pair(self) -> pd.DataFrame:
        pair = (self.first, self.second)
        if pair not in self._compared:
            self._compared[pair] = compare_models(self._store, *pair, data=self._data)
        return self._compared[pair]

    def _beside(self) -> list[list[str]]:
        return [
            [
                visible(row.metric),
                _figure(row.first),
                _figure(row.second),
                _figure(row.difference),
                "" if pd.isna(row.low) else f"{_figure(row.low)} to {_figure(row.high)}",
            ]
            for row in _each(self._pair())
        ]

    def _asked(self) -> list[list[str]]:
        """Return what a promotion of the second would ask, where both saw the same rows."""
        if self._data is None:
            return []
        return [
            [
                str(row.guard),
                _figure(row.value),
                _figure(row.least),
                "yes" if row.passed else "no",
                visible(row.why, limit=300),
            ]
            for row in _each(judge(self._pair()))
        ]

    def _build(self) -> Any:
        import ipywidgets as w

        ids = list(self._models["id"])
        self.left = w.Dropdown(options=ids, value=self.first, description="First")
        self.right = w.Dropdown(options=ids, value=self.second, description="Second")
        self.ask = w.Button(tooltip="Asks once more", layout=w.Layout(width="260px"))
        self.confirm = w.Button(button_style="warning", layout=w.Layout(width="360px"))
        self.cancel = w.Button(description="Cancel")
        self._shown_figures = w.HTML()
        self.on(self.left, self._chosen)
        self.on(self.right, self._chosen)
        self.on(self.ask, lambda: self._asking(now=True))
        self.on(self.cancel, lambda: self._asking(now=False))
        self.on(self.confirm, self._promote)
        self._shown_now()
        rows = ([self.left, self.right], [self.ask, self.confirm, self.cancel])
        return w.VBox([*(w.HBox(row) for row in rows), self._shown_figures])

    def _chosen(self) -> None:
        self.first, self.second = self.left.value, self.right.value
        self._shown_now()

    def _asking(self, *, now: bool) -> None:
        self.confirm.description = f"Confirm: make {self.second} live"
        for control, shown in ((self.ask, not now), (self.confirm, now), (self.cancel, now)):
            control.layout.display = None if shown else "none"
        if now:
            self.say("Nothing is changed yet. The next scores would come from this model.")

    def _promote(self) -> None:
        wanted = self.second
        self._asking(now=False)
        found = promote(self._store, wanted, data=self._data)
        self.promoted = str(found.attrs["model"])
        self._take()
        self._shown_now()
        self.say(f"Model {self.promoted} is live. leadscore promote --back takes that back.")

    def _shown_now(self) -> None:
        live = set(self._models.loc[self._models["live"], "id"])
        self.ask.description = f"Promote {self.second} …"
        self.ask.disabled = self.second in live
        self._asking(now=False)
        self._shown_figures.value = note("Comparing.") if self._data is not None else ""
        self._shown_figures.value = self.page()
        self.refresh()


def _each(found: pd.DataFrame) -> Iterator[Any]:
    return iter(found.itertuples())


def _figure(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.3f}"
