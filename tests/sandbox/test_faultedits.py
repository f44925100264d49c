"""What a fault changes in a request, in a reply, and in the portal."""

import pytest

from leadscore.sandbox.clock import Clock
from leadscore.sandbox.faultedits import asked_cursor, change_portal
from leadscore.sandbox.portal import Portal

LIST = "/crm/v3/objects/contacts"


@pytest.fixture
def people(add):
    return [str(add(email=f"{n}@example.com").id) for n in range(6)]


@pytest.fixture
def fault(portal):
    def put(**action):
        portal.faults.add({"match": {"path": "/crm/*"}, "action": action})

    return put


def walk(http, pages=6):
    """Follow the cursors as a client does, and return them."""
    cursors, more = [], {}
    for _ in range(pages):
        body = http.get(LIST, limit=2, **more).json
        if "paging" not in body:
            return cursors
        more = {"after": body["paging"]["next"]["after"]}
        cursors.append(more["after"])
    return cursors


def batch(*ids, trace=False):
    inputs = [{"id": number, "properties": {"city": "Ulm"}} for number in ids]
    if trace:
        inputs = [one | {"objectWriteTraceId": f"t{one['id']}"} for one in inputs]
    return {"inputs": inputs}


# --------------------------------------------------------------------------- paging


def test_without_a_fault_the_cursors_end(http, people):
    assert walk(http) == [people[2], people[4]]


def test_a_repeated_cursor_stays_after_the_first_page(http, people, fault):
    fault(repeat_cursor=True)
    assert walk(http) == [people[2]] * 6


def test_a_loop_of_cursors_leads_back_to_the_start(http, people, fault):
    fault(cursor_loop=True)
    assert walk(http) == [people[2], "0"] * 3


def test_a_loop_of_given_cursors_goes_round(http, people, fault):
    fault(cursor_loop=[people[0], people[3]])
    assert walk(http, 4) == [people[0], people[3]] * 2


def test_the_cursor_of_a_search_is_in_its_body(http, people, portal):
    portal.faults.add({"match": {"path": "*/search"}, "action": {"repeat_cursor": True}})
    body = http.post(f"{LIST}/search", {"limit": 2, "after": "2"}).json
    assert body["paging"]["next"]["after"] == "2"
    assert asked_cursor(b"limit=2&after=7", b"") == "7"
    assert asked_cursor(b"", b"not json") == ""


# --------------------------------------------------------------------------- results


def test_dropped_ids_are_missing_without_a_word(http, people, fault):
    fault(drop_ids=[people[1]])
    answer = http.post(f"{LIST}/batch/read", batch(*people[:3]))
    assert (answer.status, answer.ids) == (200, [people[0], people[2]])
    assert "errors" not in answer.json


def test_all_results_may_be_missing_and_the_cursor_is_not(http, people, fault):
    fault(drop_ids="all")
    body = http.get(LIST, limit=2).json
    assert body["results"] == []
    assert body["paging"]["next"]["after"] == people[2]


def test_dropped_ids_of_a_write_were_written(http, people, portal, fault):
    fault(drop_ids=[people[0]])
    assert http.post(f"{LIST}/batch/update", batch(*people[:2])).ids == [people[1]]
    assert {one.id for one in portal.writes} == set(people[:2])


@pytest.mark.parametrize("twice", [True, "named"])
def test_ids_may_come_twice(http, people, fault, twice):
    fault(duplicate_ids=True if twice is True else [people[0]])
    assert http.get(LIST, limit=2).ids == [people[0], people[1], people[0]]


# --------------------------------------------------------------------------- rejected inputs


def test_rejected_ids_make_a_207_and_the_others_are_written(http, people, portal, fault):
    fault(reject_ids=[int(people[1])])
    answer = http.post(f"{LIST}/batch/update", batch(*people[:3], trace=True))
    assert (answer.status, answer.ids) == (207, [people[0], people[2]])
    (error,) = answer.json["errors"]
    assert error["category"] == "VALIDATION_ERROR"
    assert error["context"] == {"ids": [people[1]], "objectWriteTraceId": [f"t{people[1]}"]}
    assert answer.json["numErrors"] == 1
    assert {one.id for one in portal.writes} == {people[0], people[2]}


def test_a_batch_may_be_rejected_whole(http, people, portal, fault):
    fault(reject_ids=people)
    answer = http.post(f"{LIST}/batch/update", batch(*people))
    assert (answer.status, answer.ids, answer.json["numErrors"]) == (207, [], 6)
    assert not portal.writes


def test_rejections_join_the_portals_own_errors(http, people, fault):
    fault(reject_ids=[people[0]])
    answer = http.post(f"{LIST}/batch/update", batch(*people[:2], "999999"))
    assert (answer.status, answer.json["numErrors"]) == (207, 2)
    assert {error["category"] for error in answer.json["errors"]} == {
        "VALIDATION_ERROR",
        "OBJECT_NOT_FOUND",
    }


def test_a_batch_that_names_no_rejected_id_is_as_always(http, people, fault):
    fault(reject_ids=["424242"])
    assert http.post(f"{LIST}/batch/update", batch(*people)).status == 200


def test_an_error_of_the_portal_stays_one(http, people, fault):
    fault(reject_ids=[people[0]])
    bad = {"inputs": [*batch(*people[:2])["inputs"], {"id": people[2]}]}
    assert http.post(f"{LIST}/batch/update", bad).status == 400


# --------------------------------------------------------------------------- the portal


def test_a_token_is_revoked_from_the_matching_call_on(http, portal, fault):
    portal.faults.add({"match": {"nth": 2}, "action": {"revoke_token": True}})
    assert [http.get(LIST).status for _ in range(3)] == [200, 401, 401]


def test_a_rotated_token_is_replaced_by_a_new_one(http, portal, fault):
    fault(rotate_token="pat-na1-new")
    assert http.get(LIST).status == 401
    assert http.get(LIST, headers={"Authorization": "Bearer pat-na1-new"}).status == 200


def test_a_scope_is_taken_away(http, portal, fault):
    fault(remove_scope="crm.objects.contacts.read")
    assert http.get(LIST).json["category"] == "MISSING_SCOPES"


def test_a_property_is_archived_before_the_call_is_handled(http, add, define, fault):
    define("score")
    record = add(email="a@example.com")
    fault(archive_property="contacts.score")
    body = {"inputs": [{"id": str(record.id), "properties": {"score": "5"}}]}
    answer = http.post(f"{LIST}/batch/update", body)
    assert (answer.status, "PROPERTY_DOESNT_EXIST" in answer.text) == (400, True)


def test_an_index_may_begin_to_lag(http, portal, add, fault):
    fault(index_lag=60)
    assert http.post(LIST, {"properties": {"email": "late@example.com"}}).status == 201
    assert http.post(f"{LIST}/search", {}).json["total"] == 0
    assert http.get(LIST).json["results"]


def test_changes_that_cannot_be_made_are_passed_over():
    change_portal(Portal(), {"archive_property": "contacts.nope"})
    change_portal(Portal(), {"archive_property": "unicorns.nope"})


def test_the_clock_moves_where_it_can():
    portal = Portal(clock=Clock(100.0, still=True))
    change_portal(portal, {"advance": 50})
    assert portal.clock() == 150.0
    change_portal(Portal(clock=lambda: 1.0), {"advance": 50})
