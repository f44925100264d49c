"""The matrix that a model sees: one scikit-learn transformer of a prepared frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer

from leadscore.blocks import Hinges, Levels
from leadscore.pairs import Pairs

__all__ = ["bends_of", "encoder", "matrix_sources"]


def encoder(
    types: Mapping[str, str],
    pairs: Sequence[tuple[str, str]] = (),
    *,
    weight: float = 1.0,
    bend: float = 0.25,
) -> ColumnTransformer:
    """Return the unfitted transformer of a prepared frame: numbers, levels, pairs of columns.

    Parameters
    ----------
    types : mapping
        Column of the prepared frame to ``number``, ``bool`` or ``level``.
    pairs : sequence of (str, str)
        Columns of the prepared frame that act together.
    weight : float
        See `Pairs`.
    bend : float
        See `Hinges`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [1.0, None, 3.0]})
    >>> encoder({"age": "number"}).fit_transform(frame).shape
    (3, 2)
    """
    numbers = [name for name, type_ in types.items() if type_ != "level"]
    levels = [name for name, type_ in types.items() if type_ == "level"]
    both = list(dict.fromkeys(name for pair in pairs for name in pair))
    places = [(both.index(a), both.index(b)) for a, b in pairs]
    blocks = [
        ("numbers", Hinges(bend=bend), numbers),
        ("levels", Levels(), levels),
        ("pairs", Pairs(places, weight=weight), both),
    ]
    used = [block for block in blocks if block[2]]
    return ColumnTransformer(used, remainder="drop", sparse_threshold=1.0)


def matrix_sources(fitted: ColumnTransformer) -> list[tuple[str, ...]]:
    """Return the prepared column, or the pair of them, behind each column of the matrix.

    Parameters
    ----------
    fitted : ColumnTransformer
        A fitted `encoder`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [1.0, None, 3.0]})
    >>> matrix_sources(encoder({"age": "number"}).fit(frame))
    [('age',), ('age',)]
    """
    return [
        tuple(str(columns[place]) for place in source)
        for _, block, columns in fitted.transformers_
        if hasattr(block, "sources_")
        for source in block.sources_
    ]


def bends_of(fitted: ColumnTransformer) -> NDArray[np.bool_]:
    """Return which columns of the matrix are bends: those that `bend` scales.

    Parameters
    ----------
    fitted : ColumnTransformer
        A fitted `encoder`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"age": [1.0, None, 3.0]})
    >>> bends_of(encoder({"age": "number"}).fit(frame)).tolist()
    [False, False]
    """
    bends = [
        isinstance(block, Hinges) and what.startswith("above")
        for _, block, _ in fitted.transformers_
        if hasattr(block, "sources_")
        for what in block.what_
    ]
    return np.array(bends, dtype=bool)
