"""Lists are cut into pages in two ways: from a place, and from an id; a cursor is a number."""

from __future__ import annotations

import pytest
from formbodies import body, field

from leadscore.sandbox.owners import seed

LISTS = (
    "/crm/v3/objects/contacts",
    "/crm/v3/owners",
    "/crm/v3/imports",
    "/marketing/v3/forms",
    "/files/v3/files/search",
    "/marketing/lead-scoring/2026-09-beta/scores",
)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("after", ["x", "-1", "²", "1.5", "9" * 5000])
def test_a_cursor_that_is_no_number_is_refused(http, path, after):
    answer = http.get(path, after=after)
    assert answer.status == 400
    assert answer.json["message"].startswith("Invalid after: ")


@pytest.mark.parametrize("key", ["after", "writesAfter"])
def test_the_log_takes_no_other_number_either(http, key):
    assert http.get("/__sandbox/log", **{key: "9" * 25}).status == 400


def _walked(http, path: str) -> list[str]:
    ids, query = [], {"limit": 2}
    while True:
        page = http.get(path, **query)
        ids += page.ids
        if "paging" not in page.json:
            return ids
        following = page.json["paging"]["next"]
        assert f"after={following['after']}" in following["link"]
        query["after"] = following["after"]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_pages_by_place_meet_each_once(http, count):
    made = [http.post("/marketing/v3/forms", body(field())).json["id"] for _ in range(count)]
    assert _walked(http, "/marketing/v3/forms") == made


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_pages_by_id_meet_each_once(http, portal, count):
    seed(portal, [(7 * n, f"{n}@example.com", "Ann", "Lee") for n in range(1, count + 1)])
    assert _walked(http, "/crm/v3/owners") == [str(7 * n) for n in range(1, count + 1)]
