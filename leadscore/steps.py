"""The job step by step: each step leaves its result in the workspace, for the next to find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.errors import DataError, GuardError, ModelError, UsageError
from leadscore.evaluation import evaluate
from leadscore.goals import Goal
from leadscore.model import LeadModel
from leadscore.promotions import live_id
from leadscore.registry import goal_of, live_or_newest, promote, register
from leadscore.scores import score
from leadscore.settings import load_settings
from leadscore.snapshots import training_set
from leadscore.store import Store
from leadscore.training import train
from leadscore.workspace import make_private, replace_file

if TYPE_CHECKING:
    from leadscore.keptmodels import Model

__all__ = [
    "among",
    "evaluation_line",
    "live_model",
    "newest_scores",
    "promoted",
    "property_names",
    "score_and_keep",
    "train_and_evaluate",
]


def property_names(definitions: Mapping[str, Mapping[str, Any]], given: Sequence[str]) -> list[str]:
    """Return contact properties' names from names or labels.

    The label of a property that was loaded from a table is the column's own name.

    Raises
    ------
    UsageError
        There is no such property; the nearest are suggested.

    Examples
    --------
    >>> property_names({"emp_var_rate": {"label": "emp.var.rate"}}, ["emp.var.rate"])
    ['emp_var_rate']
    """
    labels = {str(about.get("label") or name): name for name, about in definitions.items()}
    known = {name: name for name in definitions} | labels
    return [_named(name, known) for name in given]


def among(data: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Return those names that the frame has; a property without any value is not in it."""
    return [name for name in names if name in data]


def _named(given: str, known: dict[str, str]) -> str:
    if given in known:
        return known[given]
    near = dict.fromkeys(get_close_matches(given, known, n=3))
    also = f"Did you mean {' or '.join(near)}?" if near else "The report lists the names."
    raise UsageError(f"There is no property {given!r} to drop or keep.", hint=also)


def train_and_evaluate(
    store: Store,
    goal: Goal,
    *,
    drop: Sequence[str] = (),
    keep: Sequence[str] = (),
    learner: str = "logistic",
    rules: str | Path | None = None,
) -> dict[str, Any]:
    """Train a model on the store, evaluate it, keep it, and make it live if it is not worse.

    Parameters
    ----------
    store : Store
    goal : Goal
    drop, keep : sequence of str
        Properties or labels: see `leadscore.train`.
    learner : {"logistic", "ebm"}
    rules : path, optional
        Point rules, which stand in where there is too little data for a model.

    Returns
    -------
    dict
        The figures, as `leadscore train` prints them, and whether the model is ``promoted`` now,
        ``why``, and which model is ``live``.
    """
    data = training_set(store, goal)
    about = store.properties("contacts")
    known = {str(row["name"]): {"label": row["label"]} for row in about.to_dict("records")}
    dropped, kept = (among(data, property_names(known, names)) for names in (drop, keep))
    model: Any
    try:
        model = train(data, drop=dropped, keep=kept, learner=learner)
        evaluation = evaluate(model, data)
    except DataError:
        if rules is None:
            raise
        model, evaluation = _by_rules(rules, data)
    register(store, model, data=data)
    line = evaluation_line(model, data, evaluation)
    return line | promoted(store, model.id, data=data)


def live_model(store: Store, goal: Goal, *, retrain: bool = False) -> Model:
    """Return the model that gives the scores; where there is none yet, train it.

    A new model is evaluated, kept, and made live if it is not worse than the live one. Without
    a usable signal none is live: the newest is returned, and a plan to write its scores is blocked.

    Parameters
    ----------
    store : Store
    goal : Goal
    retrain : bool, default False
        Train in any case; the live model stays where the new one is worse.

    Returns
    -------
    LeadModel or PointsModel

    Raises
    ------
    ModelError
        The live model predicts another goal.
    DataError
        There is too little to learn from.

    Examples
    --------
    >>> import leadscore as ls
    >>> def tonight(store):
    ...     model = ls.live_model(store, ls.reaches("customer", within="90D"))
    ...     return ls.score(model, store, capacity=100)
    """
    there = live_id(store.ledger, load_settings().prefix) is not None
    if there:
        _refuse_another_goal(live_or_newest(store), goal)
    if retrain or not there:
        train_and_evaluate(store, goal)
    return live_or_newest(store)


def _refuse_another_goal(model: Model, goal: Goal) -> None:
    if goal_of(model) != goal:
        raise ModelError(
            f"The live model {model.id} predicts {model.goal!r}, and {str(goal)!r} is asked for.",
            hint="Ask for the same, or train and promote a model for it (`leadscore train`, "
            "`leadscore promote`).",
        )


def _by_rules(path: str | Path, data: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    from leadscore import rules

    loaded = rules.load(path)
    model, evaluation = rules.as_model(loaded, data), rules.evaluate(loaded, data)
    model.record(evaluation)
    return model, evaluation


def promoted(store: Store, model: str, *, data: pd.DataFrame) -> dict[str, Any]:
    """Make a model live if it is not worse than the live one; say whether it is, and why."""
    try:
        asked = promote(store, model, data=data)
    except GuardError as error:
        return {"live": live_id(store.ledger, load_settings().prefix)} | {
            "promoted": False,
            "why": error.message,
        }
    return {"live": model, "promoted": True, "why": str(asked.attrs["why"])}


def score_and_keep(
    store: Store,
    *,
    capacity: int | None = None,
    rates: Mapping[str, float] | None = None,
    who: str = "open",
    hold_out: float = 0.0,
    override: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Score contacts with the live model, and keep the scores in the workspace.

    Before any model is live, the newest one scores: nothing is written without a signal.

    Returns
    -------
    dict
        How many contacts, how many in each tier, and the path of the scores (Parquet).
    """
    model: Any = live_or_newest(store)
    asked: dict[str, Any] = {"capacity": capacity, "rates": rates, "who": who}
    scores = score(model, store, **asked, hold_out=hold_out, override=override)
    buffer = BytesIO()
    # pandas cannot read its own nested Arrow columns back (3.1); the text of the reasons stays.
    plain = scores.drop(columns=["reasons_for", "reasons_against"])
    plain.to_parquet(buffer, index=False)
    name = f"scores-{pd.Timestamp.now('UTC'):%Y%m%d-%H%M%S-%f}.parquet"
    path = replace_file(make_private(store.workspace / "scores") / name, buffer.getvalue())
    store.ledger.set_checkpoint("scores", str(path.relative_to(store.workspace)))
    tiers = {str(k): int(v) for k, v in scores["tier"].value_counts().sort_index().items()}
    return {"contacts": len(scores), "tiers": tiers, "scores": str(path)}


def newest_scores(store: Store) -> pd.DataFrame:
    """Read the scores that were given last in this workspace.

    Raises
    ------
    DataError
        None were.
    """
    name = store.ledger.checkpoint("scores")
    if name is None:
        raise DataError("There are no scores in this workspace.", hint="Run `leadscore score`.")
    scores = pd.read_parquet(Path(store.workspace) / name)
    scores.attrs["workspace"] = str(store.workspace)  # the folder may have been moved
    return scores


def evaluation_line(
    model: LeadModel, data: pd.DataFrame, evaluation: pd.DataFrame
) -> dict[str, Any]:
    """Return the figures that `demo` and `train` print."""
    rows = evaluation.set_index("metric").astype(float).round(4).to_dict("index")

    def interval(name: str) -> list[float]:
        return [rows[name]["low"], rows[name]["high"]]

    return {
        "contacts": int(data.attrs.get("contacts", data["contact_id"].nunique())),
        "converted": int(data.loc[data["outcome"].fillna(value=False), "contact_id"].nunique()),
        "model": model.id,
        "features_used": len({f.get("property", f["name"]) for f in model.card["features"]}),
        "excluded": list(model.card["excluded"]),
        "protocol": evaluation.attrs["protocol"],
        "test_rows": int(evaluation.attrs["test_rows"]),
        "roc_auc": rows["roc_auc"]["value"],
        "roc_auc_ci": interval("roc_auc"),
        "average_precision": rows["average_precision"]["value"],
        "lift_top_decile": rows["lift_top_decile"]["value"],
        "lift_top_decile_ci": interval("lift_top_decile"),
        **{name: _figure(rows, name) for name in ("brier_skill", "ece")},
        "signal": bool(evaluation.attrs["signal"]),
    }


def _figure(rows: Mapping[Any, Mapping[Any, float]], name: str) -> float | None:
    """Return a figure, None where it is not defined: points are no probabilities."""
    value = rows[name]["value"] if name in rows else float("nan")
    return value if value == value else None
