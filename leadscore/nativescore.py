"""A points table as a draft of HubSpot's own lead score: shown first, sent only when asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import SettingsError, UsageError
from leadscore.metrics import roc_auc
from leadscore.model import LeadModel
from leadscore.nativebody import native_body
from leadscore.pointsmodel import PointsModel
from leadscore.pointtables import from_model
from leadscore.ruleset import Rules
from leadscore.visibletext import visible

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal

__all__ = ["DraftScore", "to_hubspot"]

BETA = "lead-scoring"
_PARTS = ("fit", "engagement")
_WARNING = "BETA: HubSpot's Lead Scoring API is a beta, and this use is untested against HubSpot."


class DraftScore(dict[str, Any]):
    """The body of the request that makes a draft of a lead score, as HubSpot would get it.

    A dict that shows itself readably, with what cannot be said in HubSpot's tool.

    Attributes
    ----------
    path : str
        Where it goes: ``POST``.
    left_out : list of tuple
        Rule, points, and why it is not in the body.
    notes : list of str
        What else to know.
    sent : str
        The id of the draft in HubSpot; empty while nothing was sent.
    """

    path: str = ""
    sent: str = ""

    def __init__(self, body: Mapping[str, Any]) -> None:
        super().__init__(body)
        self.left_out: list[tuple[str, float, str]] = []
        self.notes: list[str] = []

    def __repr__(self) -> str:
        state = f"Sent: draft {self.sent}, not published." if self.sent else "Not sent."
        out = [f"Left out: {visible(rule)} ({points:g}): {why}." for rule, points, why in self.left]
        lines = [_WARNING, state, *self.notes, *out, f"POST {self.path}"]
        return "\n".join([*lines, json.dumps(self, indent=2, ensure_ascii=True)])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"

    @property
    def left(self) -> list[tuple[str, float, str]]:
        """The same as `left_out`, those that cost most first."""
        return sorted(self.left_out, key=lambda one: -abs(one[1]))


def to_hubspot(
    portal: Portal,
    table: Rules | PointsModel | LeadModel,
    *,
    name: str,
    data: pd.DataFrame | None = None,
    part: str | None = None,
    send: bool = False,
) -> DraftScore:
    """Turn a points table into a draft of HubSpot's own lead score, for review.

    **Beta, and untested against HubSpot.** Nothing is sent unless `send` is true and the setting
    ``LEADSCORE_BETA=lead-scoring`` allows it; what is sent is a draft, which counts for nobody
    until a person publishes it in HubSpot.

    HubSpot's tool has no pairs, no curves, no job roles and no points per unit: what it cannot say
    is left out, and named.

    Parameters
    ----------
    portal : Portal
        Its contact properties say how a rule is asked. Sending needs the scope
        ``mh-lead-scoring-edit`` and a subscription with lead scoring.
    table : Rules, PointsModel or LeadModel
        A model is turned into points first (`leadscore.rules.from_model`), which needs `data`.
    name : str
        Of the score in HubSpot.
    data : DataFrame, optional
        A training frame: what is left out is then also told in skill.
    part : {"fit", "engagement"}, optional
        One side alone; both together are a combined score, which needs Enterprise (HubSpot
        knowledge base, secondary sources).
    send : bool, default False

    Returns
    -------
    DraftScore
        The request's body, whether it was sent or not.

    Raises
    ------
    UsageError
        No rule can be said in HubSpot's tool, or an argument does not fit.
    SettingsError
        `send`, and the beta is not allowed.
    HubSpotError
        HubSpot refuses it.

    Notes
    -----
    HubSpot's public API specification, "Lead Scoring" 2026-09-beta: groups with a category (FIT or
    INTENT) and limits, rules with a ``CONDITIONAL`` calculator.

    Examples
    --------
    >>> import leadscore as ls
    >>> rules = ls.rules.parse(
    ...     "groups: {Fit: {rules: [{property: jobtitle, contains: [sales], points: 20}]}}")
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     draft = ls.rules.to_hubspot(portal, rules, name="Fit, by leadscore")
    >>> draft["groupConfigs"][0]["ruleConfigurations"][0]["configuration"]["calculation"]["value"]
    20
    >>> draft.sent
    ''
    """
    from leadscore.hubspot.leadscores import SCORES_PATH, make_draft_score
    from leadscore.hubspot.properties import definitions

    if send:
        _check_allowed(portal)
    rules = _side(_rules(table, data), part)
    native = native_body(rules, name, definitions(portal, "contacts"))
    draft = DraftScore(native.body)
    draft.path, draft.left_out = SCORES_PATH, native.left_out
    draft.notes = [*native.notes, *_notes(rules, native.kept, data)]
    if send:
        draft.sent = make_draft_score(portal, dict(draft))
    return draft


def _check_allowed(portal: Portal) -> None:
    if BETA not in portal.settings.beta:
        raise SettingsError(
            "Nothing was sent: HubSpot's Lead Scoring API is a beta, and untested from here.",
            hint=f"Review the body, then set LEADSCORE_BETA={BETA} and connect again.",
        )
    portal.require("lead scoring")


def _rules(table: Rules | PointsModel | LeadModel, data: pd.DataFrame | None) -> Rules:
    if isinstance(table, PointsModel):
        return table.rules
    if isinstance(table, Rules):
        return table
    if data is None:
        raise UsageError(
            "A model becomes points by its training frame, and there is none.",
            hint="Give data=, or the rules that ls.rules.from_model returned.",
        )
    return from_model(table, data)


def _side(rules: Rules, part: str | None) -> Rules:
    if part is None:
        return rules
    if part not in _PARTS:
        raise UsageError(f"There is no part {part!r}.", hint="Use fit or engagement.")
    return replace(rules, groups=tuple(g for g in rules.groups if g.kind == part))


def _notes(rules: Rules, kept: Rules, data: pd.DataFrame | None) -> Iterator[str]:
    """Say what the points cost in skill, as far as that is known."""
    if "summary" in rules.about:
        yield str(rules.about["summary"])
    lost = len(list(rules.rules)) - len(list(kept.rules))
    if not lost:
        return
    counted = f"{lost} of {len(list(rules.rules))} rules are left out"
    known = None if data is None else data[data["outcome"].notna()]
    if known is None or known["outcome"].nunique() < 2:
        yield f"{counted}; what that costs in skill was not measured: give data=."
        return
    y = known["outcome"].to_numpy("float64")
    whole, less = (roc_auc(y, each.points(known).to_numpy("float64")) for each in (rules, kept))
    yield (
        f"{counted}: on the {len(known):,} rows given, which the points may have been made from,"
        f" the ROC AUC falls from {whole:.3f} to {less:.3f}."
    )
