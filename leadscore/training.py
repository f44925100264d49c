"""Train a model on the rows of a training frame whose outcome is known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from leadscore.auditing import IDLE_CLOCK, audit
from leadscore.boosting import need_interpret
from leadscore.card import make_card, quantiles
from leadscore.errors import DataError, ModelError, UsageError
from leadscore.features import (
    Selection,
    prepare,
    prepared_columns,
    select,
    value_limits,
)
from leadscore.fitting import Fit, Rows, fit_recalibrated
from leadscore.holdouts import groups_of
from leadscore.model import LeadModel, total
from leadscore.snapshotfacts import KEYS

__all__ = ["FEWEST_CONVERSIONS", "LEARNERS", "fit", "train"]

LEARNERS = ("logistic", "ebm")
FEWEST_CONVERSIONS = 40  # as Dynamics 365 Sales: 40 qualified and 40 disqualified leads


def train(
    data: pd.DataFrame,
    *,
    drop: Collection[str] = (),
    keep: Collection[str] = (),
    seed: int = 0,
    learner: str = "logistic",
) -> LeadModel:
    """Train a model on all rows whose outcome is known.

    Parameters
    ----------
    data : DataFrame
        A training frame: ``contact_id``, ``snapshot_at``, ``outcome`` and typed properties. Rows
        without an outcome are never trained on.
    drop, keep : collection of str
        Properties (or their labels) to leave out, or to use although the audit excludes them.
    seed : int
        The same data, in any order of rows and columns, and the same seed give the same model.
    learner : {"logistic", "ebm"}
        The default recipe, or the challenger, which needs ``leadscore[ebm]``: see
        `leadscore.challenging.challenge` for whether it is worth it.

    Raises
    ------
    DataError
        Fewer than 40 contacts converted, or fewer than 40 did not; nothing is left to learn from.
    UsageError
        `drop` or `keep` names a property that is not there; there is no such learner, or what it
        needs is not installed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> visits = rng.poisson(3, 600).astype(float)
    >>> data = pd.DataFrame({
    ...     "contact_id": [str(i) for i in range(600)],
    ...     "snapshot_at": pd.date_range("2026-01-01", periods=600, freq="h", tz="UTC"),
    ...     "outcome": rng.random(600) < visits / 20, "visits": visits})
    >>> model = train(data)
    >>> model.probability(data.head(2)).round(1).tolist()
    [0.1, 0.0]
    """
    _check_learner(learner)
    known = _known(data)
    for value, word in ((True, "converted"), (False, "did not convert")):
        found = known.loc[known["outcome"] == value, "contact_id"].nunique()
        if found < FEWEST_CONVERSIONS:
            raise DataError(
                f"Only {found} contacts {word} within the horizon; a model needs"
                f" {FEWEST_CONVERSIONS}.",
                hint="Wait for more outcomes, sync a longer history, or choose an earlier goal.",
            )
    return fit(data, drop=drop, keep=keep, seed=seed, learner=learner)


def fit(
    data: pd.DataFrame,
    *,
    drop: Collection[str] = (),
    keep: Collection[str] = (),
    seed: int = 0,
    learner: str = "logistic",
) -> LeadModel:
    """Fit the recipe without asking for a minimum of conversions, as the backtest needs it.

    See `train`. Exclusions, encoding, strength and recalibration see no row but those of `data`.
    """
    _check_learner(learner)
    known = _known(data)
    choice = _choose(known, drop=_named(data, drop), keep=_named(data, keep))
    usable = choice.usable
    selection = _select(usable, keep=_named(data, keep))
    ahead = bool(known.attrs.get("history"))
    prepared = prepare(usable, selection.types, options=selection.options, ahead=ahead)
    limits = value_limits(prepared)
    fitted = _fit(_rows(known, prepared, selection), known.attrs, seed, learner)
    card = make_card(
        usable,
        fitted,
        selection=selection,
        limits=limits,
        excluded=[*choice.excluded, *_whole_properties(selection, known.attrs.get("families", {}))],
        set_aside=choice.set_aside,
        recipe={"drop": sorted(drop), "keep": sorted(keep), "seed": seed, "learner": learner},
    )
    return _centred(LeadModel(fitted.pipeline, card), usable, fitted)


def _check_learner(learner: str) -> None:
    if learner not in LEARNERS:
        raise UsageError(
            f"There is no learner {learner!r}.", hint=f"Choose one of {', '.join(LEARNERS)}."
        )
    if learner == "ebm":
        need_interpret()


def _rows(known: pd.DataFrame, prepared: pd.DataFrame, selection: Selection) -> Rows:
    columns = prepared_columns(selection.types, selection.options)
    return Rows(
        frame=prepared,
        outcome=known["outcome"].to_numpy("int64"),
        contacts=groups_of(known),
        times=known["snapshot_at"],
        types={name: column.type for name, column in columns.items()},
    )


def _centred(model: LeadModel, usable: pd.DataFrame, fitted: Fit) -> LeadModel:
    """Note on the card what is average, and what the newest rows' sums are."""
    parts = model.contributions(usable)
    means = parts.mean().to_numpy()
    model.card["means"] = dict(zip(model.terms, means.tolist(), strict=True))
    newest = parts[fitted.newest] - means
    newest.attrs = {"base": model.base}
    model.card["quantiles"] = quantiles(newest, total(newest), groups=model.groups)
    return model


def _whole_properties(selection: Selection, families: dict[str, str]) -> list[dict[str, str]]:
    """Return the exclusions of properties of which no column is left."""
    left = {families.get(name, name) for name in selection.types}
    return [e for e in selection.excluded if families.get(e["property"], e["property"]) not in left]


def _select(usable: pd.DataFrame, *, keep: set[str]) -> Selection:
    selection = select(usable, keep=keep)
    if not selection.types:
        raise DataError(
            "No property is left to learn from.",
            hint="Sync more properties, or overrule an exclusion with keep.",
        )
    return selection


def _fit(rows: Rows, facts: dict[Any, Any], seed: int, learner: str) -> Fit:
    if len(np.unique(rows.outcome)) < 2:
        raise DataError(
            f"All {len(rows.outcome)} rows have one outcome: there is nothing to learn.",
            hint="Choose a goal that some contacts have reached and some have not.",
        )
    gap = pd.Timedelta(days=facts.get("horizon_days") or 0)
    time_known = bool(facts.get("time_known", True))
    fitted = fit_recalibrated(rows, time_known=time_known, gap=gap, seed=seed, learner=learner)
    classes = fitted.pipeline.named_steps["logistic"].classes_.tolist()
    if classes != [0, 1]:
        raise ModelError(f"The model has the classes {classes}, not [0, 1].")
    return fitted


def _known(data: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a known outcome in an order that does not depend on how they came."""
    absent = [name for name in ("contact_id", "snapshot_at", "outcome") if name not in data]
    if absent:
        raise DataError(
            f"The training frame has no column {', '.join(absent)}.",
            hint="Make it with training_set, or add contact_id, snapshot_at and outcome.",
        )
    known = data[data["outcome"].notna()]
    known = known.sort_values(["contact_id", "snapshot_at"], kind="stable", ignore_index=True)
    known.attrs = dict(data.attrs)
    return known


@dataclass(frozen=True)
class _Choice:
    """The rows to learn from, and which properties were left out of them for which reason.

    ``excluded`` are those that were asked for, or that know the outcome; ``set_aside`` the clocks
    that did not help to forecast newer rows.
    """

    usable: pd.DataFrame
    excluded: list[dict[str, str]]
    set_aside: list[dict[str, str]]


def _choose(known: pd.DataFrame, *, drop: set[str], keep: set[str]) -> _Choice:
    """Apply what was asked for and what the audit found."""
    families = known.attrs.get("families", {})
    asked = _without(known, drop, families)
    findings = audit(asked)
    findings = findings[~findings["property"].isin(keep)].drop_duplicates(["property", "check"])
    bad = findings[findings["verdict"] == "exclude"].drop_duplicates("property")
    idle = findings[findings["check"] == IDLE_CLOCK]
    idle = idle[~idle["property"].isin(bad["property"])]
    excluded = [{"property": name, "why": "left out on request"} for name in sorted(drop)]
    excluded += _reasons(bad)
    told = {entry["property"] for entry in excluded}
    before = [e for e in known.attrs.get("excluded", []) if e["property"] not in told]
    usable = _without(asked, {*bad["property"], *idle["property"]}, families)
    return _Choice(usable, [*before, *excluded], _reasons(idle))


def _reasons(findings: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {"property": str(found.property), "why": f"{found.check}: {found.evidence}"}
        for found in findings.itertuples()
    ]


def _without(frame: pd.DataFrame, out: set[str], families: dict[str, str]) -> pd.DataFrame:
    """Leave out properties, with the columns that were derived from them."""
    return frame[[n for n in frame.columns if n not in out and families.get(n) not in out]]


def _named(data: pd.DataFrame, names: Collection[str]) -> set[str]:
    """Return properties by name or label, or say which are there."""
    known = {entry["property"]: entry["property"] for entry in data.attrs.get("excluded", [])}
    known |= {name: name for name in map(str, data.columns) if name not in KEYS}
    known |= {family: family for family in data.attrs.get("families", {}).values()}
    labels = {label: name for name, label in data.attrs.get("labels", {}).items()}
    for name in names:
        if name not in known and name not in labels:
            near = get_close_matches(name, [*known, *labels], n=3, cutoff=0.5)
            raise UsageError(
                f"There is no property {name!r}.",
                hint=f"Did you mean {', '.join(near)}?" if near else "See the frame's columns.",
            )
    return {known.get(name) or labels[name] for name in names}
