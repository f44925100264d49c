from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import UsageError
from leadscore.watchedvalues import check_tiers, same_value, value_text, wanted_texts


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((1, 1.0, "1", "1.0", " 1 ", Decimal("1.00"), np.int64(1), np.float32(1), "1e0"), "1"),
        ((0.1, "0.10", np.float32(0.1)), "0.1"),
        ((0, -0.0, "0"), "0"),
        ((1e21, "1000000000000000000000"), "1000000000000000000000"),
        ((True, np.True_, "True", "true"), "true"),
        ((None, float("nan"), pd.NA, pd.NaT, "", " "), ""),
        (
            (
                pd.Timestamp("2026-01-01"),
                pd.Timestamp("2026-01-01", tz="UTC"),
                pd.Timestamp("2026-01-01 01:00", tz="Europe/Berlin"),
                datetime(2026, 1, 1),
                date(2026, 1, 1),
                np.datetime64("2026-01-01"),
                "2026-01-01",
                "2026-01-01T00:00:00Z",
            ),
            "2026-01-01",
        ),
        ((["a", 2.0], ("a", 2), {2, "a"}, np.array(["a", 2], dtype=object)), None),
        (("007",), "007"),
        (("2026-13-41",), "2026-13-41"),
        (("1e99999999",), "1e99999999"),
    ],
)
def test_the_same_value_is_the_same_text_whatever_its_type(values, text):
    texts = {value_text(one) for one in values}
    assert texts == {text} if text is not None else texts <= {"a;2", "2;a"}


def test_yes_and_no_may_become_1_and_0():
    assert same_value(value_text(True), value_text(1.0))
    assert not same_value("true", "false")


def test_one_value_or_several_are_wanted():
    assert wanted_texts(2) == wanted_texts(pd.Series([2.0])) == {"2"}
    assert wanted_texts([True, None]) == {"1", ""}
    assert wanted_texts(None) is None


def test_a_column_of_tiers_holds_tiers_alone():
    check_tiers(["A", "D", "reached", None, float("nan"), ""], "tier")
    with pytest.raises(UsageError, match="'None' is none"):
        check_tiers(["A", "None"], "tier")
