from __future__ import annotations

from datetime import UTC

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import UsageError
from leadscore.filterwords import alternatives_of, parse_words

KNOWN = {
    "name": {"type": "string"},
    "odd__lt": {"type": "number"},
    "seats": {"type": "number", "label": "Seats needed"},
    "made": {"type": "datetime"},
}


def one(**words):
    ((found,),) = ways(**words)
    return found


def ways(**words):
    return alternatives_of(words, KNOWN, object_type="contacts", zone=UTC)


def rest(**words):
    return {key: value for key, value in one(**words).items() if key != "propertyName"}


@pytest.mark.parametrize(
    "value", [["A", "b"], ("A", "b"), pd.Series(["A", "b"]), np.array(["A", "b"])]
)
def test_a_list_finds_any_of_its_values_and_text_is_compared_in_lower_case(value):
    assert rest(name=value) == {"operator": "IN", "values": ["a", "b"]}
    assert rest(name__ne=value)["operator"] == "NOT_IN"


@pytest.mark.parametrize(
    ("words", "operator"),
    [
        ({"name": None}, "NOT_HAS_PROPERTY"),
        ({"seats": float("nan")}, "NOT_HAS_PROPERTY"),
        ({"name__ne": None}, "HAS_PROPERTY"),
        ({"name__has": True}, "HAS_PROPERTY"),
        ({"name__has": False}, "NOT_HAS_PROPERTY"),
    ],
)
def test_none_asks_for_records_without_a_value(words, operator):
    assert rest(**words) == {"operator": operator}


def test_some_value_or_none_are_two_ways_and_neither_of_them_is_one():
    for name in ("name", "name__in"):
        found = [[(o["operator"], o.get("values")) for o in w] for w in ways(**{name: ["a", None]})]
        assert found == [[("IN", ["a"])], [("NOT_HAS_PROPERTY", None)]]
    (both,) = ways(name__ne=["a", None])
    assert [one["operator"] for one in both] == ["NOT_IN", "HAS_PROPERTY"]
    assert ways(name=[None]) == [[{"propertyName": "name", "operator": "NOT_HAS_PROPERTY"}]]
    assert len(ways(name=["a", None], seats=[1, float("nan")], odd__lt=5)) == 4


def test_a_name_that_ends_like_an_operator_is_a_name():
    assert one(odd__lt=5) == {"propertyName": "odd__lt", "operator": "EQ", "value": "5"}
    assert one(odd__lt__lt=5)["operator"] == "LT"


def test_a_day_is_the_whole_day():
    first, last = "1767225600000", "1767311999999"
    assert rest(made="2026-01-01") == {"operator": "BETWEEN", "value": first, "highValue": last}
    assert rest(made__gte="2026-01-01")["value"] == rest(made__lt="2026-01-01")["value"] == first
    assert rest(made__lte="2026-01-01")["value"] == rest(made__gt="2026-01-01")["value"] == last
    assert rest(made__between=("2026-01-01", "2026-01-01"))["highValue"] == last


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"seat": 5}, "mean seats"),
        ({"Seats needed": 5}, "mean seats"),
        ({"seats__gtr": 5}, "mean seats__gt"),
        ({"seats__bigger": 5}, "Use one of eq"),
        ({"seats__lt": [1, 2]}, "takes one value"),
        ({"seats__lt": None}, "takes one value"),
        ({"seats__between": [1]}, "takes two values"),
        ({"seats__between": [1, None]}, "takes two values"),
        ({"made__gte": "01.03.2025"}, "Give a date as 2026-01-31"),
        ({"seats": []}, "no value"),
        ({"name__has": "x"}, "True or False"),
        ({"name__contains": "--"}, "no word"),
        ({"made__ne": "2026-01-01"}, "two searches"),
        ({"made": ["2026-01-01"]}, "whole day"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, said):
    with pytest.raises(UsageError, match=said):
        one(**words)


def test_the_command_lines_words_are_keyword_arguments():
    texts = [
        "a>=5",
        "b!=x",
        "c~ann*",
        "d!~z",
        "e",
        "!f",
        "g=",
        "h=x|y",
        "i<2026-01-01",
        "j=a>b",
        "k=x|",
    ]
    assert parse_words(texts) == [
        ("a__gte", "5"),
        ("b__ne", "x"),
        ("c__contains", "ann*"),
        ("d__not_contains", "z"),
        ("e__has", True),
        ("f__has", False),
        ("g__eq", None),
        ("h__in", ["x", "y"]),
        ("i__lt", "2026-01-01"),
        ("j__eq", "a>b"),
        ("k__in", ["x", None]),
    ]


def test_a_word_that_is_no_filter_is_refused():
    with pytest.raises(UsageError, match="no filter"):
        parse_words(["two words"])
