from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from leadframes import leads

from leadscore.reasons import Vocabulary, reasons, vocabulary
from leadscore.terms import terms_of
from leadscore.training import train

AT = pd.Timestamp("2026-10-12T09:00Z")


def told(parts, frame=None, *, rows=1, columns=(), **more):
    """Return the reasons of a frame made from single values."""
    values = {"snapshot_at": [AT] * rows} | {n: [v] * rows for n, v in (frame or {}).items()}
    terms = {name: tuple(name.split(" & ")) for name in parts}
    words = Vocabulary(
        terms=terms, columns=frozenset(columns), labels=more.pop("labels", {}), **more
    )
    matrix = pd.DataFrame({name: [value] * rows for name, value in parts.items()})
    return reasons(matrix, pd.DataFrame(values), words)


def text(*args, **more):
    return told(*args, **more)["reasons"][0].as_py()


def test_the_strongest_of_each_side_come_first_and_weak_ones_not_at_all():
    found = told(
        {"a": 0.1, "b": -0.3, "c": 0.9, "d": 0.049, "e": -0.05}, dict.fromkeys("abcde", 1.0)
    )
    assert [r["property"] for r in found["reasons_for"][0].as_py()] == ["c", "a"]
    assert found["reasons_against"][0].as_py() == [
        {"property": "b", "value": "1", "contribution": -0.3},
        {"property": "e", "value": "1", "contribution": -0.05},
    ]
    assert found["reasons"][0].as_py() == "For: c is 1; a is 1. Against: b is 1; e is 1."


def test_at_most_five_are_told_of_each_side():
    names = [f"p{i}" for i in range(14)]
    found = told({n: (-1) ** i * (i + 1.0) for i, n in enumerate(names)}, dict.fromkeys(names, 1.0))
    assert [r["property"] for r in found["reasons_for"][0].as_py()] == [
        "p12",
        "p10",
        "p8",
        "p6",
        "p4",
    ]
    assert len(found["reasons_against"][0].as_py()) == 5


def test_of_equal_contributions_the_first_term_wins():
    found = told(dict.fromkeys("cab", 0.5), dict.fromkeys("abc", 1.0))
    assert [r["property"] for r in found["reasons_for"][0].as_py()] == ["c", "a", "b"]


@given(st.lists(st.lists(st.floats(-2, 2), min_size=7, max_size=7), min_size=1, max_size=20))
def test_every_row_has_the_reasons_that_its_own_contributions_give(rows):
    names = list("abcdefg")
    parts = pd.DataFrame(rows, columns=names)
    values = pd.DataFrame({n: np.arange(len(rows)) * 10.0 + i for i, n in enumerate(names)})
    words = Vocabulary({n: (n,) for n in names}, frozenset(names), {})
    found = reasons(parts, values.assign(snapshot_at=AT), words).to_pylist()
    for place, row in enumerate(rows):
        for side, sign in (("reasons_for", 1), ("reasons_against", -1)):
            strong = [i for i in range(7) if sign * row[i] >= 0.05]
            best = sorted(strong, key=lambda i: -sign * row[i])[:5]
            wanted = [(names[i], f"{place * 10 + i:,}", row[i]) for i in best]
            assert [tuple(r.values()) for r in found[place][side]] == wanted


def test_a_lead_that_is_average_in_everything_is_called_that():
    found = told({"a": 0.01}, {"a": 1.0})
    assert found["reasons"][0].as_py() == "Average in every respect."
    assert found["reasons_for"][0].as_py() == found["reasons_against"][0].as_py() == []


def test_one_average_lead_among_others_keeps_its_place():
    parts = pd.DataFrame({"a": [1.0, 0.0, -1.0]})
    values = pd.DataFrame({"a": [1.0, 2.0, 3.0], "snapshot_at": AT})
    found = reasons(parts, values, Vocabulary({"a": ("a",)}, frozenset("a"), {}))
    assert found["reasons"].to_pylist() == [
        "For: a is 1.", "Average in every respect.", "Against: a is 3.",
    ]  # fmt: skip


def test_a_counter_is_told_with_its_growth_and_the_date_of_its_last_change():
    row = {"opens": 5.0, "opens__30d": 3.0, "opens__since": 9.5}
    said = text({"opens": 1.0}, row, columns=row, labels={"opens": "Emails opened"})
    wanted = "For: Emails opened: 5, 3 of them in the last 30 days, last changed 2026-10-02."
    assert said == wanted


def test_only_what_the_model_reads_is_told():
    row = {"opens": 5.0, "opens__30d": 3.0, "opens__7d": 1.0, "opens__since": 9.5}
    assert text({"opens": 1.0}, row, columns=["opens"]) == "For: opens is 5."
    assert "1 of them in the last 7 days" in text({"opens": 1.0}, row, columns=["opens__7d"])


@pytest.mark.parametrize(
    ("value", "growth", "words"),
    [
        (5.0, 0.0, "5, none in the last 30 days"),
        (5.0, -2.0, "5, down 2 in the last 30 days"),
        (5.0, 1.5, "5, up 1.5 in the last 30 days"),
        (5.0, 8.0, "5, up 8 in the last 30 days"),
        (np.nan, 2.0, "unknown, up 2 in the last 30 days"),
        (5.0, np.nan, "5"),
    ],
)
def test_growth_is_told_as_what_it_is(value, growth, words):
    row = {"n": value, "n__30d": growth}
    assert text({"n": -1.0}, row, columns=row) == f"Against: n: {words}."


def test_growth_without_the_counter_itself_is_told_alone():
    row = {"n__30d": 2.0, "n__since": np.nan}
    assert text({"n": 1.0}, row, columns=row) == "For: n: up 2 in the last 30 days."
    row["n__30d"] = np.nan
    assert text({"n": 1.0}, row, columns=row) == "For: n: unknown."


def test_a_change_at_midnight_keeps_its_date():
    midnights = pd.date_range("2010-01-01", periods=5000, tz="UTC")
    times = np.random.default_rng(0).integers(0, 86_400_000, 5000)
    now = pd.Timestamp("2026-10-12T00:00Z") + pd.to_timedelta(times, unit="ms")
    frame = pd.DataFrame({"snapshot_at": now, "n": 1.0})
    frame["n__since"] = (now - midnights) / pd.Timedelta(days=1)  # a float misses by a bit
    words = Vocabulary({"n": ("n",)}, frozenset(frame), {})
    found = reasons(pd.DataFrame({"n": [1.0] * 5000}), frame, words)["reasons"].to_pylist()
    assert found == [f"For: n: 1, last changed {day:%Y-%m-%d}." for day in midnights]


def test_a_pair_tells_both_values_as_the_portal_shows_them():
    row = {"industry": "SOFT", "interest": "analytics"}
    found = told(
        {"industry & interest": 1.0},
        row,
        labels={"industry": "Industry", "interest": "Interest"},
        options={"industry": {"SOFT": "Software"}},
    )
    assert found["reasons"][0].as_py() == "For: Industry is Software and Interest is analytics."
    assert found["reasons_for"][0].as_py() == [
        {"property": "industry & interest", "value": "Software and analytics", "contribution": 1.0}
    ]


def test_a_term_whose_values_are_not_there_is_still_named():
    assert text({"gone": 1.0}, {}) == "For: gone is unknown."


def test_labels_values_and_options_from_outside_are_inert_and_on_one_line():
    nasty = "<script>alert(1)</script>\u202e\x1b[31m\n"
    found = told(
        {"a": 1.0, "b": -1.0},
        {"a": nasty, "b": "x"},
        labels={"a": nasty},
        options={"b": {"x": nasty}},
    )
    said = [found["reasons"][0].as_py(), *(
        r["value"] for side in ("reasons_for", "reasons_against") for r in found[side][0].as_py()
    )]  # fmt: skip
    assert all("script" in one for one in said)
    assert not set("<>\u202e\x1b\n") & set("".join(said))


def test_long_texts_end_in_an_ellipsis():
    names = [f"{i:02d}" * 30 for i in range(20)]
    said = text({n: float(i - 10) for i, n in enumerate(names)}, dict.fromkeys(names, "w" * 90))
    assert len(said) == 1000
    assert said.endswith("…")


def test_the_terms_of_a_model_and_their_labels_are_its_words():
    model = train(leads())
    words = vocabulary(model, {"opted_in": "Opted in"})
    assert list(words.terms) == list(model.contributions(leads()).columns)
    assert words.label("visits") == "Page visits"
    assert words.label("interests") == "interests"


def test_pairs_and_families_of_a_model_are_its_terms():
    about = {"group": "fit", "label": "Opens"}
    features = [{"name": n, "property": "n", **about} for n in ("n", "n__7d")]
    features.append({"name": "m", "property": "m", "group": "fit", "label": "Mails"})
    terms = terms_of(features, [("n",), ("n__7d",), ("m",), ("m", "n")])
    model = SimpleNamespace(features=["n", "n__7d", "m"], terms=terms)
    words = vocabulary(model, {"n": "Other"})
    assert words.terms == {"m": ("m",), "n": ("n",), "m & n": ("m", "n")}
    assert (words.label("n"), words.label("m")) == ("Opens", "Mails")


def test_no_rows_have_no_reasons():
    assert len(told({"a": 1.0}, {"a": 1.0}, rows=0)) == 0
