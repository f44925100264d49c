"""The examples of docs/faults.md, each as it stands there."""

import json
import re
from pathlib import Path

import pytest
import urllib3

from leadscore.sandbox.faultactions import _RULES
from leadscore.sandbox.faultbodies import NAMES
from leadscore.sandbox.faults import read_rules

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
LIST = "/crm/v3/objects/contacts"
EXAMPLES = {
    title.strip(): json.loads(rules)
    for title, rules in re.findall(
        r"^([^\n]+):\n\n```json\n(\[.*?\])\n```", PAGE, re.MULTILINE | re.DOTALL
    )
}


@pytest.fixture
def example(portal):
    return lambda title: portal.faults.add(EXAMPLES[title])


def statuses(http, count):
    return [http.get(LIST).status for _ in range(count)]


@pytest.mark.parametrize("title", EXAMPLES)
def test_every_example_is_a_rule_and_runs_here(title):
    assert read_rules(EXAMPLES[title])
    assert f'example("{title}")' in Path(__file__).read_text()


def test_every_action_and_every_named_body_is_on_the_page():
    assert [name for name in _RULES if f"`{name}" not in PAGE] == []
    assert [name for name in NAMES if f"`{name}`" not in PAGE] == []


def test_the_rule_that_is_taken_apart_is_one():
    (rule,) = re.findall(r"^```json\n(\{.*?\})\n```", PAGE, re.MULTILINE | re.DOTALL)
    assert read_rules(json.loads(rule))


def test_a_storm_ends(http, example):
    example("A storm of thirty 429s")
    assert statuses(http, 32) == [*[429] * 30, 200, 200]


def test_one_call_in_five_fails(http, example):
    example("One call in five fails")
    assert 5 < statuses(http, 60).count(500) < 20


def test_the_day_is_over(http, example):
    example("The daily limit is used up from the third call on")
    assert statuses(http, 4) == [200, 200, 429, 429]
    assert http.get(LIST).json["policyName"] == "DAILY"


def test_a_lost_reply_was_a_write(http, add, example):
    record = add(email="a@example.com")
    example("A write that arrives although its reply does not")
    body = {"inputs": [{"id": str(record.id), "properties": {"city": "Ulm"}}]}
    with pytest.raises(urllib3.exceptions.ProtocolError):
        http.post(f"{LIST}/batch/update", body)
    assert record.values["city"] == "Ulm"


def test_a_page_is_cut(http, example):
    example("The second page is cut, with the right length")
    first, second = http.get(LIST).text, http.get(LIST).text
    assert first.startswith(second)
    assert len(second) == len(first) // 2


def test_cursors_go_in_circles(http, add, example):
    for number in range(3):
        add(email=f"{number}@example.com")
    example("Cursors that go in circles")
    assert http.get(LIST, limit=1, after=1002).json["paging"]["next"]["after"] == "0"


def test_a_token_is_revoked(http, example):
    example("The token is revoked in the middle")
    assert statuses(http, 3) == [200, 401, 401]


def test_a_wait_is_asked_for(http, example):
    example("Slow, and with a wait that was asked for")
    answer = http.get(LIST)
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


def test_a_reply_drips(url, portal, example):
    example("A reply of one byte each quarter of a second")
    with urllib3.PoolManager() as pool, pytest.raises(urllib3.exceptions.ReadTimeoutError):
        pool.request("GET", url + LIST, timeout=0.2, retries=False)
