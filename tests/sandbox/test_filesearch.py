import pytest

SEARCH = "/files/v3/folders/search"


@pytest.fixture
def three(http):
    return [http.post("/files/v3/folders", {"name": name}).json["id"] for name in "abc"]


def test_pages_follow_each_other(http, three):
    first = http.get(SEARCH, limit=2)
    assert first.ids == three[:2]
    last = http.get(SEARCH, limit=2, after=first.json["paging"]["next"]["after"])
    assert (last.ids, "paging" in last.json) == (three[2:], False)


@pytest.mark.parametrize(
    "query", [{"limit": 101}, {"after": "x"}, {"sort": "colour"}, {"createdAtGte": "soon"}]
)
def test_what_makes_no_sense_is_a_400(http, three, query):
    assert http.get(SEARCH, **query).status == 400


def test_a_sort_may_be_backwards_and_other_parameters_are_ignored(http, three):
    assert http.get(SEARCH, sort="-name", colour="red").ids == three[::-1]


def test_paging_backwards_is_not_served(http, three):
    assert http.get(SEARCH, before="1").status == 501
