from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import UsageError
from leadscore.jobtitles import ROLES
from leadscore.ruleconditions import OPERATORS
from leadscore.rulefiles import load, parse, written
from leadscore.ruleset import Rules
from leadscore.ruleterms import Condition, Decay, Group, Rule

TEXT = """\
name: Ours
max: 100
groups:
  Fit:
    max: 50
    rules:
      - property: jobtitle
        seniority: [vp, chief]
        points: 20
      - {property: seats, at_least: 10, less_than: 50, points: 10}
      - {property: country, none_of: ["no", DE], points: -5}
  Activity:
    decay: {percent: 50, every: month}
    rules:
      - {property: clicked, within: 90 days, points: 10}
      - {property: views, in_last: 30d, points_each: 2, max: 12, decay: {half_life: 2 weeks}}
      - name: both
        all:
          - {property: clicked, known: true}
          - {property: seats, more_than: 5}
        points: 7
about: {author: Ana, seen: [1, {deep: x}]}
"""


def one(rule):
    return f"groups:\n  Fit:\n    rules:\n      - {rule}\n"


def error_of(text):
    with pytest.raises(UsageError) as caught:
        parse(text, source="rules.yaml")
    return caught.value


def test_a_file_says_what_it_seems_to_say():
    rules = parse(TEXT)
    fit, activity = rules.groups
    assert (rules.name, rules.min, rules.max) == ("Ours", None, 100)
    assert (fit.kind, fit.max, activity.kind, activity.max) == ("fit", 50, "engagement", None)
    assert fit.rules[0] == Rule(
        "jobtitle says the seniority vp or chief",
        20,
        (Condition("jobtitle", "seniority", ("vp", "chief")),),
    )
    assert fit.rules[1].conditions == (
        Condition("seats", "at_least", 10),
        Condition("seats", "less_than", 50),
    )
    assert activity.rules[0].decay == activity.rules[2].decay == Decay(30, 50)
    assert activity.rules[1] == Rule(
        "each of views in the last 30 days",
        2,
        (Condition("views", "known", True, 30),),
        each=True,
        max=12,
        decay=Decay(14),
    )
    assert [c.name for c in activity.rules[2].conditions] == ["clicked", "seats"]
    assert rules.about == {"author": "Ana", "seen": [1, {"deep": "x"}]}


def test_what_was_written_is_read_as_the_same_rules():
    rules = parse(TEXT)
    assert parse(written(rules)) == rules


def test_a_file_is_read_from_disk(tmp_path):
    file = tmp_path / "rules.yaml"
    file.write_text(TEXT, encoding="utf-8")
    assert load(file) == parse(TEXT)
    assert load(str(parse(TEXT).save(tmp_path / "copy.yaml"))) == parse(TEXT)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_a_plain_error(tmp_path, content):
    file = tmp_path / "rules.yaml"
    if content:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=r"rules\.yaml cannot be read"):
        load(file)


@pytest.mark.parametrize(
    ("rule", "problem", "hint"),
    [
        ("{propperty: a, at_least: 1, points: 1}", "propperty", "property"),
        ("{property: a, atleast: 1, points: 1}", "atleast", "at_least"),
        ("{property: a, at_least: 1}", "points or points_each", "one of the two"),
        ("{property: a, at_least: 1, points: 1, points_each: 1}", "points or points_each", "one"),
        ("{property: a, points: 1}", "nothing is asked of a", "at_least"),
        ("{at_least: 3, points: 1}", "property is no text", "Give one"),
        ("{property: a, at_least: many, points: 1}", "at_least is no number", "such as"),
        ("{property: a, at_least: 1, points: many}", "points is no number", "such as"),
        ("{property: a, any_of: [no], points: 1}", "reads as true or false", "quotes"),
        ("{property: a, role: [boss], points: 1}", "no role boss", "executive"),
        ("{property: a, known: maybe, points: 1}", "known is not true or false", "Use"),
        ("{property: a, in_last: 14d, at_least: 1, points: 1}", "14 days are not counted", "30"),
        ("{property: a, in_last: 30d, within: 5d, points: 1}", "in_last counts no number", "known"),
        ("{property: a, within: 5d, points_each: 1}", "points_each counts no number", "number"),
        ("{property: a, at_least: 1, points: 1, max: -1}", "max is below 0", "how much"),
        ("{property: a, at_least: 1, points: 1, decay: {percent: 5}}", "incomplete", "HubSpot"),
        (
            "{property: a, at_least: 1, points: 1, decay: {percent: 150, every: 1d}}",
            "150 % cannot fade",
            "100",
        ),
        ("{property: a, at_least: 1, points: 1, all: 3}", "all is no list", "hyphen"),
        ("just words", "rules is no list of entries", "hyphen"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(rule, problem, hint):
    error = error_of(one(rule))
    assert problem in error.message
    assert hint in error.hint
    assert error.message.startswith(f"rules.yaml, line {3 if rule == 'just words' else 4}: ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rules: []", "'rules' means nothing here"),
        ("name: x", "groups has no keys and values"),
        ("groups: {Fit: {kind: who, rules: [{property: a, known: true, points: 1}]}}", "kind"),
        ("groups: {Fit: {max: -5, rules: [{property: a, known: true, points: 1}]}}", "0 does not"),
        ("min: 5\ngroups: {Fit: {rules: [{property: a, known: true, points: 1}]}}", "0 does not"),
        ("groups: {Fit: {rules: []}}", "rules is no list"),
    ],
)
def test_mistakes_above_the_rules_are_told_too(text, problem):
    assert problem in error_of(text).message


def test_two_rules_of_one_name_are_refused():
    twice = one(
        "{property: a, known: true, points: 1}\n      - {property: a, known: true, points: 2}"
    )
    assert "two rules are called a is known" in error_of(twice).message
    reserved = one("{name: limit of Fit, property: a, known: true, points: 1}")
    assert "two rules are called limit of Fit" in error_of(reserved).message


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).filter(
    str.strip
)
NUMBERS = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6))
VALUES = {
    "value": st.one_of(NAMES, NUMBERS, st.booleans()),
    "list": st.lists(st.one_of(NAMES, NUMBERS), min_size=1, max_size=3).map(tuple),
    "number": NUMBERS,
    "pair": st.tuples(NUMBERS, NUMBERS).map(lambda ends: tuple(sorted(ends))),
    "days": st.integers(1, 999),
    "bool": st.booleans(),
}
DECAYS = st.one_of(
    st.none(), st.builds(Decay, st.integers(1, 99), st.one_of(st.none(), st.integers(1, 100)))
)


@st.composite
def conditions(draw):
    operator = draw(st.sampled_from(list(OPERATORS)))
    value = draw(VALUES[OPERATORS[operator].takes])
    if operator in ("role", "seniority", "domain"):
        value = {"role": (ROLES[0],), "seniority": ("vp",), "domain": ("free",)}[operator]
    counted = OPERATORS[operator].takes in ("number", "pair")
    window = draw(st.sampled_from([None, 7, 30, 90])) if counted else None
    return Condition(draw(NAMES), operator, value, window)


@st.composite
def rule_sets(draw):
    names = iter(draw(st.lists(NAMES, min_size=4, max_size=4, unique=True)))
    made = [
        Rule(
            next(names),
            draw(NUMBERS),
            tuple(draw(st.lists(conditions(), min_size=1, max_size=3))),
            max=draw(st.one_of(st.none(), st.integers(0, 99))),
            decay=draw(DECAYS),
        )
        for _ in range(draw(st.integers(1, 2)))
    ]
    group = Group(next(names), tuple(made), "engagement", draw(st.sampled_from([None, -5])), 50)
    return Rules((group,), name=next(names), max=100, about={"why": "a test"})


@given(rule_sets())
def test_any_rules_survive_being_written_and_read(rules):
    assert parse(written(rules)) == rules


@given(st.text())
def test_any_text_is_rules_or_an_error_of_ours(text):
    with suppress(UsageError):
        assert isinstance(parse(text), Rules)
