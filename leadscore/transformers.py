"""Job titles and mail domains as scikit-learn transformers: one column of 0 and 1 per level.

They learn nothing from the rows, so a column means the same in every model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from leadscore.jobtitles import ROLES, SENIORITIES, role_of, seniority_of
from leadscore.maildomains import KINDS, domain_kind

__all__ = ["JobTitleEncoder", "MailDomainEncoder"]

# What is asked of a text: the name of the question, who answers it, and all its answers.
Question = tuple[str, Callable[[pd.Series], pd.Series], Sequence[str]]


class _LevelEncoder(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """One column per input column and level; a missing text has 0 in all of them."""

    _questions: ClassVar[tuple[Question, ...]] = ()

    def fit(self, X: Any, y: object = None) -> _LevelEncoder:  # noqa: ARG002, N803
        """Note the input's columns.

        Parameters
        ----------
        X : DataFrame or array-like, shape (n_rows, n_columns)
            Columns of text.
        y : ignored
        """
        validate_data(self, X, dtype=None, ensure_all_finite=False)
        return self

    def transform(self, X: Any) -> NDArray[np.float64]:  # noqa: N803  scikit-learn's name
        """Return 1 where a text has the level, else 0.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_columns * n_levels)
            Or a DataFrame, after ``set_output``.
        """
        check_is_fitted(self)
        texts = validate_data(self, X, dtype=None, ensure_all_finite=False, reset=False)
        columns = [
            found == level
            for place in range(texts.shape[1])
            for _, answer, levels in self._questions
            for found in [answer(pd.Series(texts[:, place])).to_numpy(object)]
            for level in levels
        ]
        return np.stack(columns, axis=1).astype("float64")

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns: input column, question and level."""
        check_is_fitted(self, "n_features_in_")
        names = [
            "_".join(filter(None, (column, question, level)))
            for column in super().get_feature_names_out(input_features)
            for question, _, levels in self._questions
            for level in levels
        ]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "n_features_in_")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.allow_nan = True
        return tags


class JobTitleEncoder(_LevelEncoder):
    """Encode job titles by role and seniority.

    Examples
    --------
    >>> titles = pd.DataFrame({"jobtitle": ["VP Sales", None]})
    >>> matrix = JobTitleEncoder().set_output(transform="pandas").fit_transform(titles)
    >>> matrix[["jobtitle_role_sales", "jobtitle_seniority_vp"]].to_numpy().tolist()
    [[1.0, 1.0], [0.0, 0.0]]
    """

    _questions = (("role", role_of, ROLES), ("seniority", seniority_of, SENIORITIES))


class MailDomainEncoder(_LevelEncoder):
    """Encode mail domains, or addresses, by their kind; no part of an address is kept.

    Examples
    --------
    >>> domains = pd.DataFrame({"domain": ["gmail.com", "acme.com"]})
    >>> encoder = MailDomainEncoder().fit(domains)
    >>> encoder.transform(domains)[:, 0].tolist(), encoder.get_feature_names_out()[0]
    ([1.0, 0.0], 'domain_free')
    """

    _questions = (("", domain_kind, KINDS),)
