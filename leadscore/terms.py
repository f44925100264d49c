"""The terms of a model's sum: a property with all its columns, or two properties together.

What every model tells of itself is here too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Carded", "Term", "term_name", "terms_of", "weights_by_term"]


@dataclass(frozen=True)
class Term:
    """One summand of the logit.

    Attributes
    ----------
    properties : tuple of str
        One property, or two that act together.
    columns : tuple of str
        The columns of the frame that belong to it.
    group : str
        ``fit`` (who they are) or ``engagement`` (what they did); of two properties, engagement if
        either is.
    label : str
        As HubSpot shows the properties.
    """

    properties: tuple[str, ...]
    columns: tuple[str, ...]
    group: str
    label: str


class Carded:
    """What every model tells from its card and its terms.

    Attributes
    ----------
    card : dict
        JSON-able: ``id``, ``goal_text`` and more.
    terms : dict of str to Term
        The summands of the logit by name.

    Examples
    --------
    >>> model = Carded()
    >>> model.card = {"id": "0123456789", "goal_text": "customer within 90 days"}
    >>> model.id, model.goal
    ('0123456789', 'customer within 90 days')
    """

    card: dict[str, Any]
    terms: dict[str, Term]

    @property
    def id(self) -> str:
        """Ten hex digits that the same data and the same recipe or rules always give."""
        return str(self.card["id"])

    @property
    def goal(self) -> str:
        """The outcome that is predicted, in words."""
        return str(self.card["goal_text"])

    @property
    def groups(self) -> dict[str, str]:
        """``fit`` or ``engagement`` for each term."""
        return {name: term.group for name, term in self.terms.items()}

    def record(self, evaluation: pd.DataFrame) -> None:
        """Note an evaluation in the card: protocol, and metrics with their intervals."""
        self.card["protocol"] = evaluation.attrs["protocol"]
        self.card["signal"] = bool(evaluation.attrs["signal"])
        rows = evaluation.astype(object).where(evaluation.notna(), None)
        self.card["metrics"] = rows.to_dict(orient="records")


def term_name(properties: Iterable[str]) -> str:
    """Return the name of the term of some properties, whatever their order.

    Examples
    --------
    >>> term_name({"size", "industry"})
    'industry & size'
    """
    return " & ".join(sorted(set(properties)))


def terms_of(
    features: Sequence[Mapping[str, Any]], sources: Iterable[tuple[str, ...]]
) -> dict[str, Term]:
    """Return the terms by name: the properties in the order of their names, then the pairs.

    Parameters
    ----------
    features : sequence of mapping
        As on a model's card: ``name``, ``property``, ``group``, ``label``.
    sources : iterable of tuple of str
        The frame's columns behind each column of the matrix.

    Examples
    --------
    >>> about = {"group": "fit", "label": "Size"}
    >>> features = [{"name": n, "property": "size", **about} for n in ("size", "size__30d")]
    >>> terms_of(features, [("size",), ("size__30d",)])["size"].columns
    ('size', 'size__30d')
    """
    by_column = {str(feature["name"]): feature for feature in features}
    owner = {name: str(feature["property"]) for name, feature in by_column.items()}
    kinds: set[tuple[str, ...]] = {(owner[name],) for name in by_column}
    kinds |= {tuple(sorted({owner[name] for name in source})) for source in sources}
    ordered = sorted(kinds, key=lambda kind: (len(kind), kind))
    return {term_name(kind): _term(kind, owner, by_column) for kind in ordered}


def _term(
    kind: tuple[str, ...], owner: Mapping[str, str], features: Mapping[str, Mapping[str, Any]]
) -> Term:
    columns = tuple(name for name in features if owner[name] in kind)
    groups = {str(features[name]["group"]) for name in columns}
    labels = [_label(property_, columns, owner, features) for property_ in kind]
    group = "engagement" if "engagement" in groups else "fit"
    return Term(kind, columns, group, " and ".join(labels))


def _label(
    property_: str,
    columns: Sequence[str],
    owner: Mapping[str, str],
    features: Mapping[str, Mapping[str, Any]],
) -> str:
    """Return the property's own label; of one whose value is no feature, its first column's."""
    own = [name for name in columns if owner[name] == property_]
    return str(features[property_ if property_ in own else own[0]]["label"])


def weights_by_term(
    coefficients: NDArray[np.float64], terms: Sequence[str], owners: Sequence[str]
) -> sparse.csr_matrix:
    """Return the matrix that turns encoded rows into one contribution per term.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (n_columns,)
    terms : sequence of str
        The terms' names, in order.
    owners : sequence of str, length n_columns
        The name of each column's term.

    Examples
    --------
    >>> weights_by_term(np.array([2.0, 3.0]), ["a", "b"], ["b", "b"]).toarray().tolist()
    [[0.0, 2.0], [0.0, 3.0]]
    """
    place = {name: i for i, name in enumerate(terms)}
    columns = np.array([place[owner] for owner in owners], dtype=np.int64)
    rows = np.arange(len(columns))
    return sparse.csr_matrix((coefficients, (rows, columns)), shape=(len(columns), len(terms)))
