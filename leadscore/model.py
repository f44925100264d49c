"""A model: predict with it, and take its predictions apart.

A model is a plain scikit-learn pipeline (encode, logistic regression) and a card that says what it
was made of. Its logit is a sum of one contribution per property, and per pair of properties that
act together, exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.pipeline import Pipeline

from leadscore import modelfiles
from leadscore.encoding import matrix_sources
from leadscore.errors import ModelError
from leadscore.features import mismatches, prepare, prepared_columns
from leadscore.snapshotfacts import KEYS
from leadscore.terms import Carded, Term, term_name, terms_of, weights_by_term

__all__ = ["LeadModel", "check_spread", "load_model", "total"]

_CHUNK = 50_000
_TOLERANCE = 1e-6


class LeadModel(Carded):
    """A fitted model: ``pipeline`` is plain scikit-learn, ``card`` says what it was made of.

    Parameters
    ----------
    pipeline : Pipeline
        Steps ``encode`` and ``logistic`` over the prepared frame (`leadscore.features.prepare`);
        the recalibration is in its coefficients.
    card : dict
        JSON-able: id, goal, features, pairs, means of the terms, exclusions, training rows,
        recalibration, quantiles of the newest rows, versions and, once evaluated, protocol and
        metrics.

    Attributes
    ----------
    terms : dict of str to Term
        The summands of the logit by name: properties, and pairs of them ("a & b").
    """

    def __init__(self, pipeline: Pipeline, card: dict[str, Any]) -> None:
        self.pipeline = pipeline
        self.card = card
        made = prepared_columns(self._types, self._options)
        sources = [
            tuple(made[name].property for name in source)
            for source in matrix_sources(pipeline.named_steps["encode"])
        ]
        self.terms: dict[str, Term] = terms_of(card["features"], sources)
        family = {feature["name"]: feature["property"] for feature in card["features"]}
        self._owners = [term_name(family[name] for name in source) for source in sources]
        coefficients = pipeline.named_steps["logistic"].coef_[0]
        self._weights = weights_by_term(coefficients, list(self.terms), self._owners)

    def __repr__(self) -> str:
        return f"LeadModel({self.id!r}, goal={self.goal!r}, {len(self.features)} features)"

    @property
    def features(self) -> list[str]:
        """The columns that the model reads, in the order of their names."""
        return [feature["name"] for feature in self.card["features"]]

    @property
    def base(self) -> float:
        """The logit of a lead that is average in every property."""
        return float(self.pipeline.named_steps["logistic"].intercept_[0] + self._means.sum())

    @property
    def _means(self) -> NDArray[np.float64]:
        return np.array([self.card["means"][name] for name in self.terms])

    @property
    def _types(self) -> dict[str, str]:
        return {feature["name"]: feature["type"] for feature in self.card["features"]}

    @property
    def _options(self) -> dict[str, list[str]]:
        return {f["name"]: f["options"] for f in self.card["features"] if "options" in f}

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
        """Take each row's logit apart: what every term adds to it, in log-odds.

        Coefficient times (encoded value - its training mean), summed over the columns of a term:
        a property with all that was derived from it, or a pair of properties. With ``base`` they
        add up to the logit; that is checked for every row.

        Returns
        -------
        DataFrame of float64
            Index as `frame`, one column per term; ``attrs["base"]``.

        Raises
        ------
        ModelError
            Columns are missing or of another type.
        """
        self._check(frame)
        parts = [self._chunk(frame.iloc[rows]) for rows in _chunks(len(frame))]
        values = np.concatenate(parts) if parts else np.empty((0, len(self.terms)))
        found = pd.DataFrame(values, index=frame.index, columns=list(self.terms))
        found.attrs = {"base": self.base}
        return found

    def _chunk(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        encode, logistic = (
            self.pipeline.named_steps["encode"],
            self.pipeline.named_steps["logistic"],
        )
        matrix = encode.transform(self.prepared(frame))
        parts: NDArray[np.float64] = (matrix @ self._weights).toarray() - self._means
        off = np.abs(self.base + parts.sum(axis=1) - logistic.decision_function(matrix))
        if not np.all(off < _TOLERANCE):
            raise ModelError(
                f"The reasons of {int(np.sum(~(off < _TOLERANCE)))} leads do not add up.",
                hint="The model is damaged: train it again.",
            )
        return parts

    def prepared(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame as the pipeline takes it: numbers and levels, one row per row.

        Examples
        --------
        ``model.pipeline.predict_proba(model.prepared(frame))`` is plain scikit-learn, and gives
        what `probability` gives.
        """
        limits = {n: tuple(span) for n, span in self.card["limits"].items()}
        return prepare(
            frame, self._types, options=self._options, limits=limits, ahead=self.card["ahead"]
        )

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
        known |= {*KEYS, *frame.attrs.get("families", {}), *frame.attrs.get("not_features", ())}
        extra = sorted(map(str, set(frame.columns) - known))
        faults += [f"not known to the model: {', '.join(extra)}"] if extra else []
        raise ModelError(
            f"The columns do not fit model {self.id}: {'; '.join(faults)}.",
            hint="Sync the missing properties, or train a new model on what is there.",
        )

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


def _chunks(n: int) -> Iterator[slice]:
    return (slice(start, start + _CHUNK) for start in range(0, n, _CHUNK))


def check_spread(probabilities: NDArray[np.float64], features: list[str]) -> None:
    """Refuse probabilities that are no numbers, or one and the same for everybody."""
    if not np.isfinite(probabilities).all():
        raise ModelError("Some probabilities are not finite.", hint="Train the model again.")
    if len(probabilities) >= 100 and float(np.ptp(probabilities)) == 0:
        raise ModelError(
            f"All {len(probabilities)} contacts get one and the same probability.",
            hint=f"Check that the store holds values of {', '.join(features[:5])}; sync again.",
        )
