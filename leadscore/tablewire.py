"""Typed columns -> the strings that HubSpot sends and takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["wire"]


def wire(series: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Return a typed column as the strings that HubSpot sends and takes.

    Parameters
    ----------
    series : Series, shape (n,)
        As in `Table.frame`.
    kind : str
        HubSpot's type of the property.

    Returns
    -------
    Series of str or None, dtype object, same index
        number: the shortest decimal that reads back as the same float, never with an exponent;
        bool: "true" or "false"; date: "2020-02-29"; datetime: "2020-02-29T03:30:17.000Z" (cut
        to whole milliseconds); everything else as it is. Missing and infinite values are None.

    Notes
    -----
    HubSpot API docs, "Properties": values are strings, dates ISO 8601, times UTC.

    Examples
    --------
    >>> wire(pd.Series([1.0, 0.00001, float("nan")]), "number").tolist()
    ['1', '0.00001', None]
    """
    values = _WIRES.get(kind, _plain)(series)
    return pd.Series(values, index=series.index, dtype=object, name=series.name)


def _plain(series: pd.Series[Any]) -> npt.NDArray[Any]:
    return series.astype(object).where(series.notna(), None).to_numpy()


def _decimals(series: pd.Series[Any]) -> npt.NDArray[Any]:
    codes, distinct = pd.factorize(series.to_numpy(dtype="float64", na_value=np.nan))
    texts = [_decimal(value) if np.isfinite(value) else None for value in distinct]
    return np.array([*texts, None], dtype=object)[codes]


def _decimal(value: float) -> str:
    text = np.format_float_positional(value, trim="-")
    return "0" if text == "-0" else text


def _truths(series: pd.Series[Any]) -> npt.NDArray[Any]:
    return _plain(series.astype("boolean").map({True: "true", False: "false"}))


def _moments(series: pd.Series[Any], unit: str, suffix: str) -> npt.NDArray[Any]:
    stamps = pd.to_datetime(series, utc=True).dt.tz_localize(None).to_numpy()
    texts = np.char.add(np.datetime_as_string(stamps.astype(f"datetime64[{unit}]")), suffix)
    return pd.Series(texts, dtype=object).where(~np.isnat(stamps), None).to_numpy()


def _datetimes(series: pd.Series[Any]) -> npt.NDArray[Any]:
    return _moments(series, "ms", "Z")


def _days(series: pd.Series[Any]) -> npt.NDArray[Any]:
    return _moments(series, "D", "")


_WIRES = {"number": _decimals, "bool": _truths, "date": _days, "datetime": _datetimes}
