"""Models of either kind in their folders: learnt from data, or made of rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore import modelfiles
from leadscore.errors import ModelError
from leadscore.model import LeadModel, load_model

if TYPE_CHECKING:
    from leadscore.pointsmodel import PointsModel

    Model = LeadModel | PointsModel

__all__ = ["backtest", "check_goal", "evaluate", "is_seen", "load", "read_card"]


def load(folder: Path) -> Model:
    """Read a model of either kind.

    Raises
    ------
    ModelError
        It is damaged or missing, or was made by another scikit-learn.
    """
    return _rules_in(folder) if _is_of_rules(folder) else load_model(folder)


def read_card(folder: Path) -> dict[str, Any]:
    """Read a model's card alone, checked as far as that goes; errors as for `load`."""
    return _rules_in(folder).card if _is_of_rules(folder) else modelfiles.read_card(folder)


def _rules_in(folder: Path) -> PointsModel:
    from leadscore.pointsmodel import PointsModel

    return PointsModel.load(folder)


def _is_of_rules(folder: Path) -> bool:
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        return bool(card["kind"] == "rules")
    except (OSError, ValueError, TypeError, KeyError):
        return False


def backtest(model: Model, data: pd.DataFrame) -> pd.DataFrame:
    """Test a model's recipe, or its rules, as `leadscore.evaluation.backtest` tests recipes.

    What a recipe drops or keeps and the data no longer have is passed over.

    Raises
    ------
    ModelError
        `data` is about another goal.
    DataError
        The rows cannot be split.
    """
    from leadscore import evaluation, rulescoring

    if isinstance(model, LeadModel):
        return evaluation.backtest(_fitting(model, data), data)
    check_goal(model, data)
    return rulescoring.backtest(model.rules, data)


def _fitting(model: LeadModel, data: pd.DataFrame) -> LeadModel:
    """Return the model with a recipe that names nothing which the data do not have."""
    known = {*map(str, data.columns), *data.attrs.get("families", {}).values()}
    known |= {entry["property"] for entry in data.attrs.get("excluded", [])}
    known |= set(data.attrs.get("labels", {}).values())
    recipe = model.card["recipe"]
    named = {key: [name for name in recipe[key] if name in known] for key in ("drop", "keep")}
    return LeadModel(model.pipeline, model.card | {"recipe": recipe | named})


def evaluate(model: Model, data: pd.DataFrame) -> pd.DataFrame:
    """Measure a model of either kind, and note the figures on its card."""
    from leadscore import evaluation, rulescoring

    if isinstance(model, LeadModel):
        return evaluation.evaluate(model, data)
    found = rulescoring.evaluate(model.rules, data)
    model.record(found)
    return found


def check_goal(model: Model, data: pd.DataFrame) -> None:
    """Refuse data about another goal than the model's.

    Raises
    ------
    ModelError
    """
    if data.attrs.get("goal", "") != model.card["goal"]:
        other = data.attrs.get("goal_text", data.attrs.get("goal", ""))
        raise ModelError(
            f"The model predicts {model.goal!r}, and the data are about {other!r}.",
            hint="Give a training set of the model's own goal.",
        )


def is_seen(model: Model) -> bool:
    """Return whether rules were made from a model, and so know rows that a backtest asks about."""
    return not isinstance(model, LeadModel) and "model" in model.rules.about
