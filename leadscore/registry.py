"""The models of a workspace: register, compare, promote, roll back.

Every model has a folder ``models/ID``. Under each prefix (the beginning of the names of the
properties that are written) one model is live: its scores are those that the portal shows. Which
one, since when and why is in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from leadscore.comparing import compare, judge
from leadscore.drifting import lost_properties
from leadscore.errors import DataError, GuardError, ModelError
from leadscore.goals import Goal, parse_goal
from leadscore.keptmodels import evaluate, load
from leadscore.modellist import models
from leadscore.promotions import earlier, live_id, note_promotion
from leadscore.reference import reference_of
from leadscore.settings import load_settings
from leadscore.snapshots import training_set
from leadscore.store import Store

if TYPE_CHECKING:
    from leadscore.keptmodels import Model

__all__ = [
    "compare_models",
    "goal_of",
    "live_or_newest",
    "load_live",
    "promote",
    "register",
    "roll_back",
]


def register(
    store: Store, model: Model, *, data: pd.DataFrame | None = None, prefix: str | None = None
) -> Path:
    """Save a model in the workspace, for `promote` to make it the live one.

    Parameters
    ----------
    store : Store
    model : LeadModel or PointsModel
        Best evaluated before: its figures are in the list of models then.
    data : DataFrame, optional
        Its training frame. With it the card keeps what the rows looked like (see
        `leadscore.reference`), so that `monitor` can tell later rows from them.
    prefix : str, optional
        The prefix that it is meant for; by default that of the settings (``LEADSCORE_PREFIX``).

    Returns
    -------
    Path
        The model's folder.
    """
    model.card["prefix"] = _prefix(prefix)
    if data is not None:
        model.card["reference"] = reference_of(model, data)
    return model.save(_folder(store, model.id))


def load_live(store: Store, *, prefix: str | None = None) -> Model:
    """Load the live model of a prefix.

    Parameters
    ----------
    store : Store
    prefix : str, optional
        By default that of the settings (``LEADSCORE_PREFIX``).

    Raises
    ------
    DataError
        No model was promoted under this prefix.
    ModelError
        Its folder is damaged or gone, or it was made by another scikit-learn.
    """
    name = live_id(store.ledger, _prefix(prefix))
    if name is None:
        raise DataError(
            f"No model is live under the prefix {_prefix(prefix)!r}.",
            hint="Run `leadscore train`, or promote a model of `leadscore models`.",
        )
    return load(_folder(store, name))


def live_or_newest(store: Store, *, prefix: str | None = None) -> Model:
    """Load the live model of a prefix or, where none is live, the newest one meant for it.

    A model without a signal is never promoted by itself. Its scores can be looked at all the same;
    a plan to write them is blocked (guard ``no_signal``).

    Raises
    ------
    DataError
        There is no model for this prefix.
    ModelError
        The live one cannot be loaded.
    """
    name = _prefix(prefix)
    if live_id(store.ledger, name) is not None:
        return load_live(store, prefix=name)
    listed = models(store)
    own = listed.loc[(listed["prefix"] == name) & (listed["problem"] == ""), "id"]
    return load(_folder(store, own.iloc[-1])) if len(own) else load_live(store, prefix=name)


def compare_models(
    store: Store, a: str, b: str, *, data: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Set the figures of two models side by side.

    Parameters
    ----------
    store : Store
    a, b : str
        Their ids, or the first digits of them.
    data : DataFrame, optional
        A training frame. With it both recipes are refitted on its past and judged by the same
        newest rows, the difference with its interval; without it the figures are those of the
        cards, which stem from each model's own test rows and are no fair comparison.

    Returns
    -------
    DataFrame
        ``metric``, ``first``, ``second``, ``difference`` (second - first), ``low``, ``high`` (95 %
        by a paired bootstrap over contacts; missing without `data`). ``attrs``: ``first``,
        ``second`` (ids), ``same_rows``.

    Raises
    ------
    DataError
        There is no such model.
    ModelError
        A model cannot be loaded, or the data are about another goal.
    """
    pair = [_load(store, name) for name in (a, b)]
    if data is not None:
        return compare(pair[0], pair[1], data)
    first, second = ({r["metric"]: r["value"] for r in m.card["metrics"] or []} for m in pair)
    names = list({**first, **second})
    found = pd.DataFrame(
        {"metric": names, "first": map(first.get, names), "second": map(second.get, names)}
    ).astype({"metric": "str", "first": "float64", "second": "float64"})
    found = found.assign(difference=found["second"] - found["first"], low=float("nan"))
    found["high"] = found["low"]
    found.attrs = {"first": pair[0].id, "second": pair[1].id, "same_rows": False}
    return found


def promote(
    store: Store,
    model_id: str,
    *,
    data: pd.DataFrame | None = None,
    prefix: str | None = None,
    override: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Make a model the live one of a prefix, if it is not worse than the one that is.

    The recipes of both are refitted on the older rows and judged by the same newest rows; the new
    one must keep 95 % of the live one's skill (see `leadscore.comparing.judge`). The first model
    of a prefix needs a signal and no more.

    Parameters
    ----------
    store : Store
    model_id : str
        Its id, or the first digits of it.
    data : DataFrame, optional
        A training frame of its goal; by default made from the store.
    prefix : str, optional
        By default that of the settings (``LEADSCORE_PREFIX``).
    override : mapping of str to str, optional
        Guards to pass over, by name, each with the reason, which is kept: ``no_signal``,
        ``worse_ranking``, ``worse_probability``, ``seen``, ``lost_property`` (the data no longer
        have a property on which the live model rests), ``other_goal`` (the live model predicts
        another outcome, so nothing can be compared).

    Returns
    -------
    DataFrame
        What was asked: ``guard``, ``value``, ``least``, ``passed``, ``why``. Empty when the model
        was live already. ``attrs``: ``model``, ``before`` (empty for the first), ``prefix``,
        ``why``.

    Raises
    ------
    GuardError
        A guard blocks the promotion; the live model stays.
    DataError
        There is no such model, or the data cannot be split.
    ModelError
        The model cannot be loaded.

    Examples
    --------
    >>> import leadscore as ls, tempfile
    >>> store = ls.open_store(tempfile.mkdtemp())
    >>> ls.promote(store, "c0ffee1234")
    Traceback (most recent call last):
    ...
    leadscore.errors.DataError: There is no model 'c0ffee1234'. There is none in this workspace yet.
    """
    model, name = _load(store, model_id), _prefix(prefix)
    before = live_id(store.ledger, name)
    asked = _asked(store, model, before, data) if before != model.id else _NOTHING_ASKED.copy()
    passed_over = override or {}
    blocking = asked[~asked["passed"] & ~asked["guard"].isin(list(passed_over))]
    if len(blocking):
        raise GuardError(
            f"Model {model.id} is not promoted: {' '.join(blocking['why'])}",
            hint="The live model stays. Promote it all the same with --override and --reason.",
            guards=list(blocking["guard"]),
        )
    why = _why(asked, passed_over)
    if before != model.id:
        note_promotion(store.ledger, model.id, prefix=name, kind="promote", why=why)
    asked.attrs = {"model": model.id, "before": before or "", "prefix": name, "why": why}
    return asked


_NOTHING_ASKED = pd.DataFrame(
    {
        "guard": pd.Series(dtype="str"),
        "value": pd.Series(dtype="float64"),
        "least": pd.Series(dtype="float64"),
        "passed": pd.Series(dtype="bool"),
        "why": pd.Series(dtype="str"),
    }
)


def _asked(
    store: Store, model: Model, before: str | None, data: pd.DataFrame | None
) -> pd.DataFrame:
    live = _loadable(store, before)
    if live is None:
        said = f"The live model {before} cannot be loaded." if before else "It is the first model."
        return _first(store, model, data, said=said)
    if live.card["goal"] != model.card["goal"]:
        said = f"It predicts {model.goal!r}, and the live model {live.goal!r}."
        other = _one("other_goal", passed=False, why=said)
        return pd.concat([other, _first(store, model, data, said="")], ignore_index=True)
    rows = _data(store, model, data)
    asked = judge(compare(live, model, rows))
    if said := lost_properties(live, _later(rows, live)):
        asked = pd.concat([asked, _one("lost_property", passed=False, why=said)], ignore_index=True)
    return asked


def _later(rows: pd.DataFrame, live: Model) -> pd.DataFrame:
    """Return the rows after those that the live model learnt from; all where there are none."""
    later = rows[rows["snapshot_at"] > pd.Timestamp(live.card["training"]["until"])]
    return later if len(later) else rows


def _data(store: Store, model: Model, data: pd.DataFrame | None) -> pd.DataFrame:
    return training_set(store, goal_of(model)) if data is None else data


def _first(store: Store, model: Model, data: pd.DataFrame | None, *, said: str) -> pd.DataFrame:
    if "signal" not in model.card:
        evaluate(model, _data(store, model, data))
    auc = {row["metric"]: row["value"] for row in model.card["metrics"] or []}.get("roc_auc")
    how = "is better than chance" if model.card["signal"] else "cannot be told from chance"
    why = f"{said} Its ranking of the newest leads {how}.".strip()
    return _one("no_signal", passed=model.card["signal"], why=why, value=auc, least=0.5)


def _one(
    guard: str,
    *,
    passed: bool,
    why: str,
    value: float | None = None,
    least: float | None = None,
) -> pd.DataFrame:
    row = {"guard": guard, "value": value, "least": least, "passed": bool(passed), "why": why}
    return pd.DataFrame([row]).astype({"value": "float64", "least": "float64"})


def _why(asked: pd.DataFrame, override: Mapping[str, str]) -> str:
    if asked.empty:
        return "It was live already."
    over = asked[~asked["passed"]]
    if len(over):
        return " ".join(f"{g} passed over: {override[g]}." for g in over["guard"])
    return " ".join(asked["why"])


def roll_back(store: Store, *, prefix: str | None = None, reason: str = "") -> str:
    """Make the model live again that was live before; models that cannot be loaded are passed over.

    Parameters
    ----------
    store : Store
    prefix : str, optional
        By default that of the settings (``LEADSCORE_PREFIX``).
    reason : str, optional
        Kept with the promotion.

    Returns
    -------
    str
        The id of the model that is live now.

    Raises
    ------
    DataError
        There was none before.
    """
    name = _prefix(prefix)
    before = next((i for i in earlier(store.ledger, name) if _loadable(store, i)), None)
    if before is None:
        raise DataError(
            f"There is no earlier model to go back to under the prefix {name!r}.",
            hint="See `leadscore models`; promote another one.",
        )
    why = f"Rolled back from {live_id(store.ledger, name)}. {reason}".strip()
    note_promotion(store.ledger, before, prefix=name, kind="roll_back", why=why)
    return before


def goal_of(model: Model) -> Goal:
    """Return the goal that a model predicts, from its card."""
    kept = model.card["goal"]
    return Goal.from_dict(kept) if isinstance(kept, dict) else parse_goal(str(kept))


def _loadable(store: Store, name: str | None) -> Model | None:
    try:
        return None if name is None else load(_folder(store, name))
    except ModelError:
        return None


def _load(store: Store, given: str) -> Model:
    folders = [path.name for path in sorted((store.workspace / "models").glob("*"))]
    found = [name for name in folders if given and name.startswith(given)]
    if len(found) != 1:
        known = ", ".join(found or folders[-5:])
        said = f"There is no model {given!r}" if not found else f"{given!r} begins several models"
        hint = f"Known are: {known}." if known else "There is none in this workspace yet."
        raise DataError(f"{said}.", hint=hint)
    return load(_folder(store, found[0]))


def _folder(store: Store, name: str) -> Path:
    return store.workspace / "models" / name


def _prefix(given: str | None) -> str:
    return load_settings(prefix=given).prefix
