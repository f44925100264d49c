"""The goal picker: the outcome and its horizon, with how many reached it, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.conversions import conversions
from leadscore.errors import LeadscoreError
from leadscore.goals import Goal, deal_won, property_equals, reaches
from leadscore.paneldisplay import Panel
from leadscore.panelparts import note, warning_note
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.store import Store

__all__ = ["GoalPanel", "counted", "stages_of"]

_KINDS = ("lifecycle stage", "deal won", "property equals")
_ANY = ("any pipeline", "")
_FEW = 40  # conversions below which rules stand in for a model


def counted(store: Store, goal: Goal) -> dict[str, int]:
    """Return how many contacts reached a goal within its horizon after creation.

    Returns
    -------
    dict of str to int
        ``contacts``; ``mature``: their horizon has passed; ``converted``: mature, and reached
        within it; ``reached``: by now, whenever that was.
    """
    rows = conversions(store, goal)
    mature = rows[rows["state"] == "judged"]
    return {
        "contacts": len(rows),
        "mature": len(mature),
        "converted": int(mature["outcome"].fillna(value=False).sum()),
        "reached": int(rows["reached"].sum()),
    }


def stages_of(store: Store) -> list[tuple[str, str]]:
    """Return label and internal name of the portal's lifecycle stages."""
    found = store.properties("contacts").set_index("name")
    if "lifecyclestage" not in found.index:
        return [("customer", "customer")]
    row = found.loc["lifecyclestage"]
    pairs = zip(row["option_labels"], row["options"], strict=True)
    return [(visible(label, limit=60), str(value)) for label, value in pairs]


class GoalPanel(Panel):
    """What is predicted.

    Attributes
    ----------
    goal : Goal
    """

    name = "Goal"

    def __init__(self, store: Store, goal: Goal | None = None) -> None:
        self._store = store
        self.goal = goal or reaches("customer")

    def page(self) -> str:
        """Return the goal, and how many reached it."""
        try:
            return note(self._said(), strong=True)
        except LeadscoreError as error:
            return warning_note(f"{self.goal}: {error}")

    def text(self) -> str:
        """Return the goal, and how many reached it, as text."""
        try:
            return self._said()
        except LeadscoreError as error:
            return visible(f"{self.goal}: {error}", limit=600)

    def _said(self) -> str:
        n = counted(self._store, self.goal)
        rate = f" ({100 * n['converted'] / n['mature']:.1f} %)" if n["mature"] else ""
        few = "" if n["converted"] >= _FEW else " Too few for a model: point rules will stand in."
        return (
            f"{visible(self.goal)}: {n['converted']:,} of {n['mature']:,} mature contacts{rate} "
            f"reached it in time. {n['contacts']:,} contacts in all, {n['reached']:,} are there by "
            f"now.{few}"
        )

    def _build(self) -> Any:
        import ipywidgets as w

        self.kind = w.Dropdown(options=_KINDS, value=_kind(self.goal), description="Goal")
        stages = stages_of(self._store)
        self.stage = w.Dropdown(options=stages, description="Stage", tooltip="Lifecycle stage")
        self.pipeline = w.Dropdown(options=self._pipelines(), description="Pipeline")
        self.property = w.Combobox(
            options=self._names(), description="Property", tooltip="Internal name of a property"
        )
        self.value = w.Text(description="equals", tooltip="As HubSpot writes it")
        self.days = w.BoundedIntText(
            min=1, max=3650, value=_days(self.goal), description="Days", tooltip="The horizon"
        )
        self._result = w.HTML()
        self._preset()
        for one in (*self._choices, self.kind, self.days):
            if hasattr(one, "continuous_update"):
                one.continuous_update = False
            self.on(one, self._changed)
        self._shown_now()
        return w.VBox([w.HBox([self.kind, self.days]), w.HBox(self._choices), self._result])

    @property
    def _choices(self) -> list[Any]:
        return [self.stage, self.pipeline, self.property, self.value]

    def _preset(self) -> None:
        goal = self.goal
        if goal.of_deals:
            known = [value for _, value in self.pipeline.options]
            self.pipeline.value = goal.value if goal.value in known else ""
        elif goal.is_stage and goal.value in [value for _, value in self.stage.options]:
            self.stage.value = goal.value
        elif not goal.is_stage:
            self.property.value, self.value.value = goal.property_name, goal.value

    def _pipelines(self) -> list[tuple[str, str]]:
        if not self._store.has("pipelines"):
            return [_ANY]
        found = self._store.read("pipelines")
        deals = found[found["object"] == "deals"].drop_duplicates("pipeline")
        pairs = zip(deals["pipeline_label"], deals["pipeline"], strict=True)
        return [_ANY, *((visible(label, limit=60), str(value)) for label, value in pairs)]

    def _names(self) -> list[str]:
        return [str(name) for name in self._store.properties("contacts")["name"]]

    def _changed(self) -> None:
        within = f"{self.days.value}D"
        if self.kind.value == _KINDS[0]:
            self.goal = reaches(self.stage.value, within=within)
        elif self.kind.value == _KINDS[1]:
            self.goal = deal_won(within=within, pipeline=self.pipeline.value or None)
        elif self.property.value.strip() and self.value.value.strip():
            name, value = self.property.value.strip(), self.value.value.strip()
            self.goal = property_equals(name, value, within=within)
        self._shown_now()

    def _shown_now(self) -> None:
        for place, controls in enumerate(([self.stage], [self.pipeline], self._choices[2:])):
            for one in controls:
                one.layout.display = None if self.kind.value == _KINDS[place] else "none"
        self._result.value = self.page()
        self.refresh()


def _kind(goal: Goal) -> str:
    if goal.of_deals:
        return _KINDS[1]
    return _KINDS[0] if goal.is_stage else _KINDS[2]


def _days(goal: Goal) -> int:
    return 90 if goal.within is None else max(1, int(goal.within / pd.Timedelta(days=1)))
