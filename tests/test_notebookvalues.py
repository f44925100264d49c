"""A parameter takes values of its default's kind, and what it expects is said in words."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import UsageError
from leadscore.notebookvalues import Kind, fit, kind_of, parse


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        (5, "7", 7),
        (5, "-3", -3),
        (0.5, "1", 1.0),
        (0.5, ".25", 0.25),
        (0.5, "1e-3", 0.001),
        (True, "FALSE", False),
        ("x", "007", "007"),
        ("x", "yes", "yes"),
        ("x", "a=b", "a=b"),
        ("2026-01-01", "2026-02-03", "2026-02-03"),
        (None, "none", None),
        (None, "12", 12),
        (None, "007", "007"),
        (None, "nan", "nan"),
        ([1], "1,2", [1, 2]),
        (["a"], "a, b", ["a", "b"]),
        (["a"], '["x,y"]', ["x,y"]),
        ([], "1,a", [1, "a"]),
        ({"a": 1}, '{"b": 2}', {"b": 2}),
    ],
)
def test_a_text_is_read_as_its_defaults_kind(default, text, value):
    found = parse("p", text, kind_of(default))
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("default", "text", "expected"),
    [
        (5, "007", "a whole number"),
        (5, "1.0", "a whole number"),
        (5, "yes", "a whole number"),
        (5, "none", "a whole number"),
        (0.5, "nan", "a number"),
        (0.5, "inf", "a number"),
        (0.5, "1,5", "a number"),
        (True, "yes", "true or false"),
        (True, "1", "true or false"),
        ("2026-01-01", "01.02.2026", "a date"),
        ("2026-01-01", "2026-02-30", "a date"),
        ([1], "1,x", "a list"),
        ({}, "a: 1", "a JSON object"),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(default, text, expected):
    with pytest.raises(UsageError, match=f"'p' cannot be '{text[:3]}.*Give {expected}"):
        parse("p", text, kind_of(default))


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        ("int | None", "3", 3),
        ("Optional[int]", "none", None),
        ("'date | None'", "2026-01-02", "2026-01-02"),
        ("list[str]", "1,2", ["1", "2"]),
    ],
)
def test_an_annotation_says_what_none_does_not(annotation, text, value):
    assert parse("p", text, kind_of(None, annotation)) == value


def test_an_annotation_refuses_what_none_would_not():
    with pytest.raises(UsageError, match="a whole number, such as 100, or none"):
        parse("p", "many", kind_of(None, "int | None"))


@pytest.mark.parametrize(
    ("value", "kind", "plain"),
    [
        (np.int64(4), "int", 4),
        (np.float64(0.5), "float", 0.5),
        (3, "float", 3.0),
        (date(2026, 1, 31), "date", "2026-01-31"),
        (pd.Timestamp("2026-01-31"), "str", "2026-01-31T00:00:00"),
        (Path("crm"), "str", "crm"),
        ((1, 2), "list", [1, 2]),
    ],
)
def test_values_become_as_plain_as_a_notebook_takes_them(value, kind, plain):
    found = fit("p", value, Kind(kind))
    assert found == plain
    assert type(found) is type(plain)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "int"),
        (1, "bool"),
        (float("nan"), "float"),
        (5.0, "int"),
        ({1}, "any"),
        (None, "int"),
        ([float("inf")], "list"),
        (object(), "any"),
    ],
)
def test_a_value_of_another_kind_is_refused(value, kind):
    with pytest.raises(UsageError, match="cannot be"):
        fit("p", value, Kind(kind))


def test_yamls_yes_is_explained():
    with pytest.raises(UsageError, match="In YAML, yes, no, on and off"):
        fit("p", True, Kind("str"))
