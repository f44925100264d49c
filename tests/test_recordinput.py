from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from leadscore.errors import UsageError
from leadscore.recordinput import frame_of


def test_a_list_of_dictionaries_keeps_its_values_as_they_are():
    frame = frame_of([{"email": "a", "seats": 1, "vip": True}, {"email": "b"}])
    assert frame.loc[0].to_dict() == {"email": "a", "seats": 1, "vip": True}
    assert isinstance(frame.loc[0, "seats"], int)


def test_one_record_may_have_a_list_among_its_values():
    assert frame_of({"email": "a", "topics": ["x", "y"]}).loc[0, "topics"] == ["x", "y"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("people.csv", r"not read from a path.*ls\.bring.*pd\.read_csv"),
        (Path("people.csv"), "not read from a path"),
        (None, "None was given"),
        ({"email": ["a", "b"], "city": ["c", "d"]}, r"list for every property.*pd\.DataFrame"),
        ({"email": pd.Series(["a"])}, "list for every property"),
        (7, "no records: int"),
        (["a@example.com"], "no records: list"),
    ],
)
def test_anything_else_is_one_error_that_says_what_to_do(given, said):
    with pytest.raises(UsageError, match=said):
        frame_of(given)
