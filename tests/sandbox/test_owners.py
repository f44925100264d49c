import pytest
from hubspot.crm.owners.exceptions import ApiException

from leadscore.sandbox import owners
from leadscore.sandbox.owners import FIRST_USER

PEOPLE = [
    (101, "ada@example.com", "Ada", "Lovelace"),
    (102, "grace@example.com", "Grace", "Hopper"),
    (103, "Karen@example.com", "Karen", "Spärck Jones"),
]


@pytest.fixture
def path(version, portal):
    owners.seed(portal, PEOPLE)
    return "/crm/v3/owners" if version == "v3" else f"/crm/owners/{version}"


def test_an_owner_has_an_id_an_email_address_a_name_and_a_user(http, path):
    found = http.get(f"{path}/101").json
    names = ("id", "email", "firstName", "lastName", "type", "archived", "userId")
    assert [found[name] for name in names] == [
        *("101", "ada@example.com", "Ada", "Lovelace", "PERSON"),
        *(False, FIRST_USER + 101),
    ]


def test_owners_are_listed_by_id_in_pages(http, path):
    first = http.get(path, limit=2)
    assert first.ids == ["101", "102"]
    after = first.json["paging"]["next"]["after"]
    last = http.get(path, limit=2, after=after)
    assert (last.ids, "paging" in last.json) == (["103"], False)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"after": "x"}])
def test_a_page_of_owners_keeps_to_its_bounds(http, path, query):
    assert http.get(path, **query).status == 400


def test_an_owner_is_found_by_email_address(http, path):
    assert http.get(path, email="karen@example.com").ids == ["103"]
    assert http.get(path, email="nobody@example.com").ids == []


def test_an_owner_is_not_found_by_user_id_unless_asked_so(http, path):
    user = FIRST_USER + 102
    assert http.get(f"{path}/{user}").status == 404
    assert http.get(f"{path}/{user}", idProperty="userId").json["id"] == "102"
    assert http.get(f"{path}/102", idProperty="email").status == 400


def test_an_archived_owner_comes_with_the_archived_ones_alone(http, path, portal):
    owners.archive(portal, 102)
    assert http.get(path).ids == ["101", "103"]
    gone = http.get(path, archived="true").json["results"]
    assert [(one["id"], "userId" in one, one["archived"]) for one in gone] == [("102", False, True)]
    assert http.get(f"{path}/102").status == 404
    assert http.get(f"{path}/102", archived="true").status == 200


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_owners_are_read_only(http, path, method):
    assert http(method, f"{path}/101").status == 405


def test_the_official_client_lists_and_reads_owners(client, portal):
    owners.seed(portal, PEOPLE)
    assert [one.email for one in client.crm.owners.owners_api.get_page(limit=100).results] == [
        email for _, email, _, _ in PEOPLE
    ]
    assert client.crm.owners.owners_api.get_by_id(101).first_name == "Ada"
    with pytest.raises(ApiException) as refused:
        client.crm.owners.owners_api.get_by_id(999)
    assert refused.value.status == 404


def test_owners_need_their_own_scope_or_that_of_automation(http, path, portal):
    portal.scopes = {"crm.objects.contacts.read"}
    assert http.get(path).status == 403
    portal.scopes = {"automation"}
    assert http.get(path).status == 200
