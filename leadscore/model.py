"""Train a model, predict with it, and take its predictions apart.

A model is a plain scikit-learn pipeline (encode, centre, logistic regression) and a card that
says what it was made of. Its logit is a sum of one contribution per property, exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.pipeline import Pipeline

from leadscore import modelfiles
from leadscore.auditing import audit
from leadscore.card import make_card, quantiles
from leadscore.errors import DataError, ModelError, UsageError
from leadscore.features import (
    KEYS,
    Selection,
    matrix_sources,
    mismatches,
    prepare,
    prepared_columns,
    select,
    value_limits,
)
from leadscore.fitting import Fit, Rows, fit_recalibrated

__all__ = ["FEWEST_CONVERSIONS", "LeadModel", "fit", "load_model", "total", "train"]

FEWEST_CONVERSIONS = 40  # as Dynamics 365 Sales: 40 qualified and 40 disqualified leads
_CHUNK = 50_000
_TOLERANCE = 1e-6


class LeadModel:
    """A fitted model: ``pipeline`` is plain scikit-learn, ``card`` says what it was made of.

    Parameters
    ----------
    pipeline : Pipeline
        Steps ``encode``, ``centre`` and ``logistic`` over the prepared frame
        (`leadscore.features.prepare`); the recalibration is in its coefficients.
    card : dict
        JSON-able: id, goal, features, exclusions, training rows, recalibration, quantiles of the
        newest rows, versions and, once evaluated, protocol and metrics.
    """

    def __init__(self, pipeline: Pipeline, card: dict[str, Any]) -> None:
        self.pipeline = pipeline
        self.card = card
        self._columns = prepared_columns(self._types, self._options)
        sources = [column.property for column in self._columns.values()]
        self._sources = np.array(matrix_sources(pipeline.named_steps["encode"], sources))

    def __repr__(self) -> str:
        return f"LeadModel({self.id!r}, goal={self.goal!r}, {len(self.features)} features)"

    @property
    def id(self) -> str:
        """Ten hex digits that the same data and recipe always give."""
        return str(self.card["id"])

    @property
    def goal(self) -> str:
        """The outcome that the model predicts, in words."""
        return str(self.card["goal_text"])

    @property
    def features(self) -> list[str]:
        """The properties that the model reads, in the order of their names."""
        return [feature["name"] for feature in self.card["features"]]

    @property
    def groups(self) -> dict[str, str]:
        """``fit`` or ``engagement`` for each feature."""
        return {feature["name"]: feature["group"] for feature in self.card["features"]}

    @property
    def base(self) -> float:
        """The logit of a lead that is average in every property."""
        return float(self.pipeline.named_steps["logistic"].intercept_[0])

    @property
    def _types(self) -> dict[str, str]:
        return {feature["name"]: feature["type"] for feature in self.card["features"]}

    @property
    def _options(self) -> dict[str, list[str]]:
        return {f["name"]: f["options"] for f in self.card["features"] if f["options"]}

    def probability(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Return the calibrated probability that each row reaches the goal within the horizon.

        Parameters
        ----------
        frame : DataFrame
            A training or scoring frame; column order does not matter.

        Returns
        -------
        ndarray of float64, shape (n_rows,)
            The same for a row whatever rows stand beside it.

        Raises
        ------
        ModelError
            Columns are missing or of another type, or every row gets one and the same value.
        """
        logits = total(self.contributions(frame))
        probabilities: NDArray[np.float64] = expit(logits)
        check_spread(probabilities, self.features)
        return probabilities

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Take each row's logit apart: what every property adds to it, in log-odds.

        Coefficient times (encoded value - its training mean), summed over a property's columns.
        With ``base`` they add up to the logit; that is checked for every row.

        Returns
        -------
        DataFrame of float64
            Index as `frame`, one column per property; ``attrs["base"]``.

        Raises
        ------
        ModelError
            Columns are missing or of another type.
        """
        self._check(frame)
        parts = [self._chunk(frame.iloc[rows]) for rows in _chunks(len(frame))]
        values = np.concatenate(parts) if parts else np.empty((0, len(self.features)))
        found = pd.DataFrame(values, index=frame.index, columns=self.features)
        found.attrs = {"base": self.base}
        return found

    def _chunk(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        limits = {n: tuple(span) for n, span in self.card["limits"].items()}
        prepared = prepare(frame, self._types, options=self._options, limits=limits)
        matrix = self.pipeline[:-1].transform(prepared)
        logistic = self.pipeline.named_steps["logistic"]
        starts = np.searchsorted(self._sources, self.features)
        parts: NDArray[np.float64] = np.add.reduceat(matrix * logistic.coef_[0], starts, axis=1)
        off = np.abs(self.base + parts.sum(axis=1) - logistic.decision_function(matrix))
        if not np.all(off < _TOLERANCE):
            raise ModelError(
                f"The reasons of {int(np.sum(~(off < _TOLERANCE)))} leads do not add up.",
                hint="The model is damaged: train it again.",
            )
        return parts

    def _check(self, frame: pd.DataFrame) -> None:
        missing = [name for name in self.features if name not in frame.columns]
        if "snapshot_at" not in frame.columns:
            missing.append("snapshot_at")
        present = {name: t for name, t in self._types.items() if name in frame.columns}
        faults = [f"missing: {', '.join(missing)}"] if missing else []
        faults += mismatches(frame, present)
        if not faults:
            return
        known = {*self.features, *(e["property"] for e in self.card["excluded"])}
        extra = sorted(map(str, set(frame.columns) - known - {"contact_id", "outcome"}))
        faults += [f"not known to the model: {', '.join(extra)}"] if extra else []
        raise ModelError(
            f"The columns do not fit model {self.id}: {'; '.join(faults)}.",
            hint="Sync the missing properties, or train a new model on what is there.",
        )

    def record(self, evaluation: pd.DataFrame) -> None:
        """Note an evaluation in the card: protocol, and metrics with their intervals."""
        self.card["protocol"] = evaluation.attrs["protocol"]
        self.card["signal"] = bool(evaluation.attrs["signal"])
        rows = evaluation.astype(object).where(evaluation.notna(), None)
        self.card["metrics"] = rows.to_dict(orient="records")

    def save(self, folder: str | Path) -> Path:
        """Write ``model.skops`` and ``card.json`` into `folder`, for the owner's eyes only.

        Each file is complete or absent: it is written beside its place and moved there.
        """
        return modelfiles.save(self.pipeline, self.card, Path(folder))

    @classmethod
    def load(cls, folder: str | Path) -> LeadModel:
        """Read a model that `save` wrote; nothing in the files is executed.

        Raises
        ------
        ModelError
            A file is missing, damaged, too large, made by another scikit-learn, or holds anything
            but the types of a leadscore model.
        """
        return cls(*modelfiles.load(Path(folder)))


def total(contributions: pd.DataFrame) -> NDArray[np.float64]:
    """Return the logit of each row: base and contributions added up.

    Examples
    --------
    >>> parts = pd.DataFrame({"visits": [0.5], "source": [-0.25]})
    >>> parts.attrs["base"] = -2.0
    >>> total(parts).tolist()
    [-1.75]
    """
    # One memory layout gives one order of summation, so that a row's sum has the same last bit
    # whatever rows stand beside it.
    values = np.ascontiguousarray(contributions.to_numpy("float64"))
    logits: NDArray[np.float64] = contributions.attrs["base"] + values.sum(axis=1)
    return logits


def load_model(folder: str | Path) -> LeadModel:
    """Read a model from its folder; see `LeadModel.load`."""
    return LeadModel.load(folder)


def train(
    data: pd.DataFrame, *, drop: Collection[str] = (), keep: Collection[str] = (), seed: int = 0
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

    Raises
    ------
    DataError
        Fewer than 40 contacts converted, or fewer than 40 did not; nothing is left to learn from.
    UsageError
        `drop` or `keep` names a property that is not there.

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
    known = _known(data)
    for value, word in ((True, "converted"), (False, "did not convert")):
        found = known.loc[known["outcome"] == value, "contact_id"].nunique()
        if found < FEWEST_CONVERSIONS:
            raise DataError(
                f"Only {found} contacts {word} within the horizon; a model needs"
                f" {FEWEST_CONVERSIONS}.",
                hint="Wait for more outcomes, sync a longer history, or choose an earlier goal.",
            )
    return fit(data, drop=drop, keep=keep, seed=seed)


def fit(
    data: pd.DataFrame, *, drop: Collection[str] = (), keep: Collection[str] = (), seed: int = 0
) -> LeadModel:
    """Fit the recipe without asking for a minimum of conversions, as the backtest needs it.

    See `train`. Exclusions, encoding, strength and recalibration see no row but those of `data`.
    """
    known = _known(data)
    usable, excluded = _choose(known, drop=_named(data, drop), keep=_named(data, keep))
    selection = _select(usable, keep=_named(data, keep))
    prepared = prepare(usable, selection.types, options=selection.options)
    columns = prepared_columns(selection.types, selection.options)
    rows = Rows(
        frame=prepared,
        outcome=known["outcome"].to_numpy("int64"),
        contacts=pd.factorize(known["contact_id"])[0],
        times=known["snapshot_at"],
        types={name: column.type for name, column in columns.items()},
    )
    fitted = _fit(rows, known.attrs, seed)
    card = make_card(
        usable,
        fitted,
        selection=selection,
        limits=value_limits(prepared),
        excluded=[*excluded, *selection.excluded],
        recipe={"drop": sorted(drop), "keep": sorted(keep), "seed": seed},
    )
    model = LeadModel(fitted.pipeline, card)
    parts = model.contributions(usable[fitted.newest])
    card["quantiles"] = quantiles(parts, total(parts), groups=model.groups)
    return model


def _select(usable: pd.DataFrame, *, keep: set[str]) -> Selection:
    selection = select(usable, keep=keep)
    if not selection.types:
        raise DataError(
            "No property is left to learn from.",
            hint="Sync more properties, or overrule an exclusion with keep.",
        )
    return selection


def _fit(rows: Rows, facts: dict[Any, Any], seed: int) -> Fit:
    if len(np.unique(rows.outcome)) < 2:
        raise DataError(
            f"All {len(rows.outcome)} rows have one outcome: there is nothing to learn.",
            hint="Choose a goal that some contacts have reached and some have not.",
        )
    gap = pd.Timedelta(days=facts.get("horizon_days") or 0)
    time_known = bool(facts.get("time_known", True))
    fitted = fit_recalibrated(rows, time_known=time_known, gap=gap, seed=seed)
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


def _choose(
    known: pd.DataFrame, *, drop: set[str], keep: set[str]
) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Apply what was asked for and what the audit found; return the frame and the exclusions."""
    asked = known.drop(columns=[name for name in known.columns if name in drop])
    findings = audit(asked)
    bad = findings[(findings["verdict"] == "exclude") & ~findings["property"].isin(keep)]
    bad = bad.drop_duplicates("property")
    excluded = [{"property": name, "why": "left out on request"} for name in sorted(drop)]
    excluded += [{"property": str(r.property), "why": _why(r)} for r in bad.itertuples()]
    told = {entry["property"] for entry in excluded}
    before = [e for e in known.attrs.get("excluded", []) if e["property"] not in told]
    usable = asked.drop(columns=list(bad["property"]))
    return usable, [*before, *excluded]


def _why(finding: Any) -> str:
    return f"{finding.check}: {finding.evidence}"


def _named(data: pd.DataFrame, names: Collection[str]) -> set[str]:
    """Return properties by name or label, or say which are there."""
    from difflib import get_close_matches

    known = {entry["property"]: entry["property"] for entry in data.attrs.get("excluded", [])}
    known |= {name: name for name in map(str, data.columns) if name not in KEYS}
    labels = {label: name for name, label in data.attrs.get("labels", {}).items()}
    for name in names:
        if name not in known and name not in labels:
            near = get_close_matches(name, [*known, *labels], n=3, cutoff=0.5)
            raise UsageError(
                f"There is no property {name!r}.",
                hint=f"Did you mean {', '.join(near)}?" if near else "See the frame's columns.",
            )
    return {known.get(name) or labels[name] for name in names}


def _chunks(n: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, n, _CHUNK))


def check_spread(probabilities: NDArray[np.float64], features: list[str]) -> None:
    if not np.isfinite(probabilities).all():
        raise ModelError("Some probabilities are not finite.", hint="Train the model again.")
    if len(probabilities) >= 100 and float(np.ptp(probabilities)) == 0:
        raise ModelError(
            f"All {len(probabilities)} contacts get one and the same probability.",
            hint=f"Check that the store holds values of {', '.join(features[:5])}; sync again.",
        )
