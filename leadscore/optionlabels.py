"""HubSpot's internal option values replaced by the labels that people see in the portal."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

__all__ = ["option_labels", "with_labels"]


def with_labels(frame: pd.DataFrame, definitions: pd.DataFrame) -> pd.DataFrame:
    """Replace the values of enumeration properties by their labels.

    Parameters
    ----------
    frame : DataFrame
        Columns are internal property names.
    definitions : DataFrame
        ``name``, ``type``, ``options`` (lists of values) and, where known, ``option_labels``
        (lists, in the same order); without them the values stay as they are.

    Returns
    -------
    DataFrame
        Enumerations as categoricals, the categories in the portal's order; lists of several
        checkboxes as lists of labels. A value that is no option (any more) stays as it is, after
        the others.

    Examples
    --------
    >>> stages = pd.DataFrame({"lifecyclestage": ["opportunity", "lead"]})
    >>> about = pd.DataFrame(
    ...     {
    ...         "name": ["lifecyclestage"],
    ...         "type": ["enumeration"],
    ...         "options": [["lead", "opportunity"]],
    ...         "option_labels": [["Lead", "Opportunity"]],
    ...     }
    ... )
    >>> with_labels(stages, about)["lifecyclestage"].cat.categories.tolist()
    ['Lead', 'Opportunity']
    """
    labels = option_labels(definitions)
    columns = {name: _column(frame[name], labels[name]) for name in labels if name in frame}
    return frame.assign(**columns)


def option_labels(definitions: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return the label of every option of every enumeration, by property and internal value.

    Parameters
    ----------
    definitions : DataFrame
        As for `with_labels`.

    Examples
    --------
    >>> about = {"name": "size", "type": "enumeration", "options": ["s"], "option_labels": ["S"]}
    >>> option_labels(pd.DataFrame([about]))
    {'size': {'s': 'S'}}
    """
    return {
        str(row["name"]): _labels(row)
        for row in definitions.to_dict("records")
        if row["type"] == "enumeration" and _listed(row["options"])
    }


def _labels(row: dict[Any, Any]) -> dict[str, str]:
    values = [str(value) for value in row["options"]]
    given: Any = row.get("option_labels")
    if not _listed(given) or len(given) != len(values):
        given = values
    labels = [str(label or value) for label, value in zip(given, values, strict=True)]
    times = Counter(labels)
    return {
        value: label if times[label] == 1 else f"{label} ({value})"
        for value, label in zip(values, labels, strict=True)
    }


def _listed(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _column(values: pd.Series[Any], labels: dict[str, str]) -> pd.Series[Any]:
    if values.map(lambda value: isinstance(value, list)).any():
        return values.map(
            lambda value: [labels.get(v, v) for v in value] if isinstance(value, list) else value
        )
    if not isinstance(values.dtype, pd.StringDtype):
        return values
    named = values.map(lambda value: labels.get(value, value), na_action="ignore")
    categories = list(dict.fromkeys([*labels.values(), *sorted(named.dropna().unique())]))
    return pd.Series(pd.Categorical(named, categories=categories), index=values.index)
