from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from leadscore.recordvalues import MisfitError, converter, is_missing


def _to(kind, field="text", **more):
    return converter({"name": "p", "type": kind, "fieldType": field, "options": [], **more})


EAST = timezone(timedelta(hours=2))
CHOICES = [{"value": "a", "label": "Alpha"}, {"value": "b", "label": "Beta"}]


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        ("number", 5, "5"),
        ("number", 5.0, "5"),
        ("number", np.float64(0.1), "0.1"),
        ("number", np.int64(7), "7"),
        ("number", -0.0, "0"),
        ("number", 1e-9, "0.000000001"),
        ("number", Decimal("10.50"), "10.5"),
        ("number", " 1e3 ", "1000"),
        ("bool", True, "true"),
        ("bool", np.bool_(False), "false"),
        ("bool", "TRUE", "true"),
        ("bool", 0.0, "false"),
        ("date", date(2026, 2, 3), "2026-02-03"),
        ("date", pd.Timestamp("2026-02-03"), "2026-02-03"),
        ("date", "2026-02-03T00:00:00Z", "2026-02-03"),
        ("datetime", datetime(2026, 2, 3, 4, 5, tzinfo=EAST), "2026-02-03T02:05:00.000Z"),
        ("datetime", pd.Timestamp("2026-02-03 04:05:06.789"), "2026-02-03T04:05:06.789Z"),
        ("datetime", "2026-02-03", "2026-02-03T00:00:00.000Z"),
        ("datetime", 1_770_000_000_000, "2026-02-02T02:40:00.000Z"),
        ("string", 7.0, "7"),
        ("string", "  as it is ", "  as it is "),
    ],
)
def test_values_go_out_as_hubspot_takes_them(kind, value, sent):
    assert _to(kind)(value) == sent


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("number", "1,234", "decimal number"),
        ("number", float("inf"), "finite"),
        ("number", True, "no number"),
        ("bool", "yes", "true or false"),
        ("bool", 2, "true or false"),
        ("date", "2026-02-03T04:00", "time of day"),
        ("date", "03.02.2026", "ISO 8601"),
        ("datetime", 2026, "not a date"),
        ("string", "a\0b", "cannot be sent"),
        ("string", "\ud800", "cannot be sent"),
        ("string", "x" * 65_537, "longer"),
        ("string", object(), "no text"),
    ],
)
def test_what_does_not_fit_says_why_and_not_what(kind, value, why):
    with pytest.raises(MisfitError, match=why) as caught:
        _to(kind)(value)
    assert str(value) not in str(caught.value)


def test_an_option_goes_by_its_internal_name_and_the_label_leads_to_it():
    one = _to("enumeration", "select", options=CHOICES)
    assert one("a") == "a"
    with pytest.raises(MisfitError, match="did you mean b"):
        one("beta")
    assert _to("enumeration", "select", options=CHOICES, externalOptions=True)("7") == "7"


def test_several_options_are_a_list_or_text_in_the_order_of_the_options():
    many = _to("enumeration", "checkbox", options=CHOICES)
    assert many(["b", "a"]) == many("b; a") == many("a;b") == "a;b"
    with pytest.raises(MisfitError, match="add to what is there"):
        many(";a")
    with pytest.raises(MisfitError, match="no option"):
        many(["a", "c"])


@pytest.mark.parametrize("value", [None, "", "  ", float("nan"), pd.NA, pd.NaT, []])
def test_no_value_is_missing(value):
    assert is_missing(value)
