"""Which calls a rule matches, when it fires, and what is no rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.errors import UsageError
from leadscore.sandbox.faults import Faults, Seen, read_rule, read_rules

FAIL = {"status": 500}
BATCH = b'{"inputs": [{"id": "12", "properties": {"size": "7"}}, {"id": 13}]}'


def fired(rule, calls):
    faults = Faults()
    faults.add(rule)
    return [bool(faults.fire(call)) for call in calls]


def calls(count, method="GET", path="/crm/v3/objects/contacts", body=b""):
    return [Seen(method, path, body)] * count


@pytest.mark.parametrize(
    ("match", "seen"),
    [
        ({}, True),
        ({"method": "post"}, True),
        ({"method": "GET"}, False),
        ({"path": "/crm/*/batch/update"}, True),
        ({"path": "*/contacts/*"}, True),
        ({"path": "/crm/v3/objects/contacts"}, False),
        ({"path": "/crm/v3/objects/contacts/batch/updat[ae]"}, True),
        ({"body": '"size"'}, True),
        ({"body": "nope"}, False),
        ({"id": "12"}, True),
        ({"id": 13}, True),
        ({"id": "7"}, False),
        ({"id": "1"}, False),
        ({"method": "POST", "id": "12", "body": "nope"}, False),
    ],
    ids=str,
)
def test_all_that_a_match_says_must_fit(match, seen):
    call = Seen("POST", "/crm/v3/objects/contacts/batch/update", BATCH)
    assert fired({"match": match, "action": FAIL}, [call]) == [seen]


def test_a_record_is_found_in_the_path_and_in_lists_of_ids():
    assert Seen("PUT", "/crm/v3/lists/1/memberships/add", b'["12", "13"]').names("13")
    assert Seen("GET", "/crm/v3/objects/contacts/12").names("12")
    merge = b'{"primaryObjectId": "1", "objectIdToMerge": "12"}'
    assert Seen("POST", "/merge", merge).names("12")
    assert not Seen("POST", "/x", b"12").names("99")


@pytest.mark.parametrize(
    ("nth", "expected"),
    [
        (2, [0, 1, 0, 0]),
        ([1, 4], [1, 0, 0, 1]),
        ({"from": 3}, [0, 0, 1, 1]),
    ],
    ids=str,
)
def test_nth_counts_the_calls_that_match(nth, expected):
    others = Seen("DELETE", "/other")
    rule = {"match": {"method": "GET", "nth": nth}, "action": FAIL}
    both = [call for one in calls(4) for call in (others, one)]
    assert fired(rule, both)[1::2] == [bool(one) for one in expected]
    assert not any(fired(rule, both)[::2])


def test_times_bounds_how_often_a_rule_fires():
    assert fired({"times": 2, "action": FAIL}, calls(4)) == [True, True, False, False]


@given(seed=st.integers(0, 2**32), share=st.floats(0, 1))
def test_the_same_seed_goes_wrong_at_the_same_calls(seed, share):
    rule = {"probability": share, "seed": seed, "action": FAIL}
    assert fired(rule, calls(30)) == fired(rule, calls(30))


def test_a_probability_is_the_share_of_the_calls_that_go_wrong():
    share = sum(fired({"probability": 0.2, "seed": 3, "action": FAIL}, calls(5000))) / 5000
    assert 0.18 < share < 0.22
    assert not any(fired({"probability": 0, "action": FAIL}, calls(50)))


def test_calls_that_do_not_match_draw_no_number():
    rule = {"match": {"method": "GET"}, "probability": 0.5, "seed": 8, "action": FAIL}
    mixed = [call for one in calls(40) for call in (Seen("POST", "/"), one)]
    assert fired(rule, mixed)[1::2] == fired(rule, calls(40))


def test_the_first_rule_that_is_due_fires_and_all_count_what_matches():
    faults = Faults()
    faults.add([{"times": 1, "action": FAIL}, {"action": {"hang": True}}])
    assert [faults.fire(call).action.answer for call in calls(2)] == ["status", "hang"]
    assert [(one["matched"], one["fired"]) for one in faults.wire()] == [(2, 1), (2, 1)]


def test_a_rule_is_shown_as_it_was_given():
    rule = {"match": {"nth": 2}, "action": FAIL}
    faults = Faults()
    faults.add(rule)
    assert faults.wire() == [{**rule, "matched": 0, "fired": 0}]
    faults.clear()
    assert faults.wire() == []


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        (7, "JSON object"),
        ({}, "needs an action"),
        ({"action": {}}, "at least one key"),
        ({"action": FAIL, "when": 1}, "'when'"),
        ({"action": FAIL, "match": []}, "match is a JSON object"),
        ({"action": FAIL, "match": {"url": "/"}}, "'url'"),
        ({"action": FAIL, "match": {"path": 3}}, "match.path"),
        ({"action": FAIL, "match": {"body": ""}}, "match.body"),
        ({"action": FAIL, "match": {"nth": 0}}, "match.nth"),
        ({"action": FAIL, "match": {"nth": []}}, "match.nth"),
        ({"action": FAIL, "match": {"nth": {"to": 3}}}, "match.nth"),
        ({"action": FAIL, "times": 0}, "times"),
        ({"action": FAIL, "times": True}, "times"),
        ({"action": FAIL, "probability": 1.5}, "probability"),
        ({"action": FAIL, "probability": "0.5"}, "probability"),
        ({"action": FAIL, "seed": -1}, "seed"),
    ],
    ids=str,
)
def test_what_is_no_rule_is_refused_with_the_reason(rule, word):
    with pytest.raises(UsageError, match=r"Fault 1: ") as refused:
        read_rule(rule)
    assert word in str(refused.value)
    assert "docs/faults.md" in refused.value.hint


def test_of_several_rules_the_wrong_one_is_named_and_none_is_added():
    faults = Faults()
    with pytest.raises(UsageError, match="Fault 2"):
        faults.add([{"action": FAIL}, {"action": {"nope": 1}}])
    assert not faults.rules
    with pytest.raises(UsageError, match="list of rules"):
        read_rules("500")


def test_an_id_is_looked_for_however_deep_a_body_is():
    depth = 900
    deep = b'{"a":' * depth + b'{"id": "12"}' + b"}" * depth
    rule = {"match": {"id": "12"}, "action": FAIL}
    assert fired(rule, [Seen("POST", "/x", deep)]) == [True]
    assert fired(rule, [Seen("POST", "/x", deep.replace(b"12", b"13"))]) == [False]
