from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import UsageError
from leadscore.markedyaml import Section, read_yaml


def section(text):
    return read_yaml(text, source="rules.yaml")


def refused(text, read):
    with pytest.raises(UsageError) as caught:
        read(section(text))
    return caught.value


@pytest.mark.parametrize(
    ("text", "days"),
    [
        *(("30", 30), ("30d", 30), ("30 days", 30), ("1 day", 1), ("2 weeks", 14), ("1.5d", 1.5)),
        *(("month", 30), ("3 months", 90), ("1 Week", 7), ("30D", 30)),
    ],
)
def test_lengths_of_time_are_read_as_people_write_them(text, days):
    assert section(f"every: {text}").days("every") == days


@pytest.mark.parametrize("text", ["0", "-3", "soon", "1 hour", "true", "[3]", "2026-01-01", "1e9"])
def test_what_is_no_length_of_time_is_refused(text):
    assert (
        "every is no length of time" in refused(f"every: {text}", lambda s: s.days("every")).message
    )


@pytest.mark.parametrize("text", ["ten", "true", "[1]", ".nan", ".inf", "1e300", "null"])
def test_what_is_no_number_is_refused(text):
    assert "points is no number" in refused(f"points: {text}", lambda s: s.number("points")).message


@pytest.mark.parametrize("text", ["[1]", "[5, 2]", "3", "[1, 2, 3]", "[a, b]"])
def test_what_is_no_range_is_refused(text):
    assert refused(f"between: {text}", lambda s: s.pair("between")).hint


@pytest.mark.parametrize(
    ("text", "read", "line"),
    [
        ("a: 1\nb: 2\nponts: 3", lambda s: s.only(("a", "b", "points")), 3),
        ("a: 1\n\n# note\nb: x", lambda s: s.number("b"), 4),
        ("a:\n  b:\n    c: x", lambda s: s.section("a").section("b").flag("c"), 3),
        ("a:\n- x: 1\n- x: y", lambda s: s.entries("a")[1].number("x"), 3),
        ("a: 1", lambda s: s.section("a"), 1),
        ("a: []", lambda s: s.entries("a"), 1),
        ("a:\n  b: 1", lambda s: s.section("a").text("name"), 2),
        ("a: []", lambda s: s.scalars("a"), 1),
        ("a: [no]", lambda s: s.scalars("a"), 1),
        ("a: {b: c}", lambda s: s.scalar("a"), 1),
        ("a: 2026-01-01", lambda s: s.scalar("a"), 1),
    ],
)
def test_every_mistake_is_told_with_its_line(text, read, line):
    assert refused(text, read).message.startswith(f"rules.yaml, line {line}: ")


def test_a_key_that_means_nothing_gets_the_nearest_that_does():
    assert refused("ponts: 1", lambda s: s.only(("points", "max"))).hint == "Did you mean points?"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("a: 1\na: 2", 2, "twice"),
        ("a: [1", 1, "expected"),
        ("a: &x 1\nb: *x", 2, "references"),
        ("a: !!python/object/apply:os.system [ls]", 1, "constructor"),
        ("a:\n\t- b", 2, "cannot start any token"),
    ],
)
def test_text_that_is_no_plain_yaml_is_refused(text, line, word):
    error = refused(text, lambda s: s)
    assert word in error.message
    assert f"line {line}" in error.message


@pytest.mark.parametrize("text", ["", "- a", "just words", "# nothing"])
def test_a_file_without_keys_is_refused(text):
    assert "no keys and values" in refused(text, lambda s: s).message


def test_a_file_that_is_too_long_is_refused():
    assert "characters" in refused("a: 1\n" * 300_000, lambda s: s).message


@given(st.text())
def test_any_text_is_read_or_refused_with_an_error_of_ours(text):
    with suppress(UsageError):
        assert isinstance(section(text), Section)


def test_deeply_nested_text_is_refused():
    assert refused("[" * 5000, lambda s: s).hint
