"""Batches as one typed table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from markets import current, history, world

from leadscore.sandbox.marketframe import current_values
from leadscore.sandbox.markethistory import Batch, Recorder


@pytest.fixture(scope="module")
def told() -> pd.DataFrame:
    return history()


@pytest.fixture(scope="module")
def contacts() -> pd.DataFrame:
    return world().contacts


def test_history_agrees_with_current_values(told: pd.DataFrame, contacts: pd.DataFrame) -> None:
    last = current(told)
    for name in contacts:
        wire, typed = last[name].loc[contacts.index], contacts[name]
        assert wire.isna().equals(typed.isna()), name
        if typed.dtype == "float64":
            assert wire.dropna().astype(float).equals(typed.dropna()), name
        elif typed.dtype == "str":
            assert (wire.dropna() == typed.dropna()).all(), name


KINDS = {
    "name": ("string", "text"),
    "seats": ("number", "number"),
    "asked": ("bool", "booleancheckbox"),
    "ends": ("date", "date"),
    "topics": ("enumeration", "checkbox"),
}


def batch(*entries: tuple[str, int, int, str], archived: dict[int, int] | None = None) -> Batch:
    """Return two records, 7 and 9, with entries: property, record, time, value."""
    book = Recorder(list(KINDS), np.full(2, 99), history=True)
    for name, row, at, value in entries:
        book.texts(name, np.array([row]), np.array([at]), value, 0)
    ids = np.array([7, 9])
    return Batch("contacts", ids, np.zeros(2, np.int64), book.entries(), archived or {}, {}, [])


def test_each_type_has_its_own_column_type() -> None:
    found = current_values(
        [
            batch(
                *(("name", 0, 1, "Ines"), ("seats", 0, 1, "12"), ("asked", 0, 1, "true")),
                *(("ends", 0, 1, "2026-03-01"), ("topics", 0, 1, "api;pricing")),
            )
        ],
        tuple(KINDS),
        KINDS,
    )
    assert found.dtypes.astype(str).to_dict() == {
        "name": "str",
        "seats": "float64",
        "asked": "boolean",
        "ends": "datetime64[us, UTC]",
        "topics": "object",
    }
    assert found.index.tolist() == ["7", "9"]
    assert found.loc["7"].tolist() == [
        *("Ines", 12.0, True, pd.Timestamp("2026-03-01", tz="UTC"), ["api", "pricing"])
    ]
    assert found.loc["9"].isna().all()


def test_the_last_entry_counts_and_an_empty_one_clears() -> None:
    found = batch(
        *(("name", 0, 2, "new"), ("name", 0, 1, "old")),
        *(("name", 1, 1, "old"), ("name", 1, 5, "")),
    )
    typed = current_values([found], tuple(KINDS), KINDS)["name"]
    assert typed["7"] == "new"
    assert typed.isna().tolist() == [False, True]


def test_the_archived_are_left_out() -> None:
    found = current_values([batch(("name", 0, 1, "x"), archived={7: 50})], tuple(KINDS), KINDS)
    assert found.index.tolist() == ["9"]
