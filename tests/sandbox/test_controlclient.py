"""The helpers of an open sandbox, for the thread and for the process."""

import pytest
import urllib3

from leadscore.errors import SandboxError, UsageError
from leadscore.sandbox import controlclient, open_sandbox
from leadscore.sandbox.controlclient import Remote

LIST = "/crm/v3/objects/contacts"


@pytest.fixture(scope="module", params=[True, False], ids=["process", "thread"])
def opened(request):
    options = {"contacts": 20, "seed": 2, "limits": False, "now": "2026-03-01T12:00Z"}
    with open_sandbox(**options, process=request.param) as sandbox:
        yield sandbox


def ask(sandbox, method, path, body=None, **query):
    with urllib3.PoolManager() as pool:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        fields = {"json": body} if body is not None else {"fields": query}
        return pool.request(method, sandbox.url + path, headers=headers, retries=False, **fields)


def test_requests_are_at_hand(opened):
    before = len(opened.requests())
    ask(opened, "GET", LIST, limit=3)
    after = opened.requests()
    assert len(after) == before + 1
    assert (after[-1]["path"], after[-1]["query"], after[-1]["status"]) == (LIST, "limit=3", 200)
    assert opened.token not in str(after)


def test_writes_of_all_records_and_of_one_are_at_hand(opened):
    ids = [one["id"] for one in ask(opened, "GET", LIST, limit=2).json()["results"]]
    for place, number in enumerate(ids):
        ask(opened, "PATCH", f"{LIST}/{number}", {"properties": {"city": f"Town {place}"}})
    assert [one["new"] for one in opened.writes(id=ids[1])][-1:] == ["Town 1"]
    assert {one["id"] for one in opened.writes(object="contacts")} >= set(ids)
    assert opened.writes(object="deals") == []


def test_faults_are_given_counted_and_cleared(opened):
    rule = {"match": {"path": "*/contacts"}, "times": 1, "action": {"status": 503}}
    assert opened.faults(rule) == [{**rule, "matched": 0, "fired": 0}]
    assert [ask(opened, "GET", LIST).status for _ in range(2)] == [503, 200]
    assert [one["fired"] for one in opened.faults()] == [1]
    opened.clear_faults()
    assert opened.faults() == []


def test_what_is_no_rule_is_a_usage_error(opened):
    with pytest.raises(UsageError, match="no action 'nope'"):
        opened.faults([{"action": {"nope": 1}}])


def test_the_clock_is_advanced(opened):
    before = opened.advance(0)
    after = opened.advance(86_400)
    assert (before[:7], after > before) == ("2026-03", True)
    assert after[8:10] != before[8:10]


def test_saving_without_a_file_is_a_usage_error(opened):
    with pytest.raises(UsageError, match="state="):
        opened.save()


def test_a_log_longer_than_a_page_is_read_whole(opened, monkeypatch):
    monkeypatch.setattr(controlclient, "_PAGE", 2)
    before = len(opened.requests())
    for _ in range(5):
        ask(opened, "GET", LIST)
    found = opened.requests()
    assert len(found) == before + 5
    assert [one["number"] for one in found] == sorted({one["number"] for one in found})


def test_a_closed_sandbox_is_a_clear_error():
    with pytest.raises(SandboxError, match="does not answer"):
        Remote("http://127.0.0.1:9", "t").ask("GET", "")


def test_the_token_is_not_shown():
    assert "secret" not in repr(Remote("http://127.0.0.1:9", "secret"))
