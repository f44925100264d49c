"""The log: numbered, bounded, without secrets."""

import pytest

from leadscore.sandbox.logs import MOST_REQUESTS, MOST_WRITES, Log, masked
from leadscore.sandbox.portal import Portal


def test_the_oldest_entries_go_first_and_numbers_go_on():
    log = Log("ab", maxlen=3)
    log.extend("cd")
    assert list(log.after(0)) == [(2, "b"), (3, "c"), (4, "d")]
    log.clear()
    log.append("e")
    assert list(log.after(0)) == [(5, "e")]
    assert list(log.after(5)) == []


def test_a_portals_logs_do_not_grow_without_bound():
    portal = Portal()
    assert (portal.requests.maxlen, portal.writes.maxlen) == (MOST_REQUESTS, MOST_WRITES)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/oauth/v1/access-tokens/SECRET", ""),
        ("/oauth/v1/refresh-tokens/SECRET", ""),
        ("/x", "access_token=SECRET"),
        ("/x", "a=1&client_secret=SECRET&b=2"),
        ("/x", "HAPIKEY=SECRET"),
    ],
)
def test_secrets_in_paths_and_queries_are_masked(path, query):
    assert "SECRET" not in "".join(masked(path, query))


def test_what_is_no_secret_stays():
    query = "limit=5&after=7&properties=email,city"
    assert masked("/crm/v3/objects/contacts", query) == ("/crm/v3/objects/contacts", query)


def test_a_download_link_is_masked():
    assert masked("/downloads/abc/file.csv", "")[0] == "/downloads/***/file.csv"
