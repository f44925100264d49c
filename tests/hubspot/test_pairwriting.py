from __future__ import annotations

import pytest
from scripted import reply

from leadscore.hubspot.associationtypes import AssociationType, association_types
from leadscore.hubspot.pairwriting import associate_pairs, dissociate_pairs
from leadscore.hubspot.reading import read_associations
from leadscore.hubspot.searching import ids_between

PRIMARY = AssociationType("HUBSPOT_DEFINED", 1, "Primary")


@pytest.fixture
def ids(portal):
    return [ids_between(portal, kind, None, None) for kind in ("contacts", "companies")]


def states(outcomes):
    return [(one.id, one.state) for one in outcomes]


def types(portal, contact):
    tables = read_associations(portal, "contacts", "companies", [contact])
    return {(r["to_id"], r["type_id"]) for table in tables for r in table.to_pylist()}


def test_pairs_are_associated_with_labels_and_without(portal, ids):
    (one, *_), (_, second, third, *_) = ids
    pairs = {(one, second): [], (one, third): [PRIMARY]}
    done = associate_pairs(portal, "contacts", "companies", pairs)
    assert states(done) == [(f"{one}:{second}", "written"), (f"{one}:{third}", "written")]
    assert {(second, 279), (third, 279), (third, 1)} <= types(portal, one)


def test_a_pair_that_is_refused_does_not_take_the_others_along(portal, ids):
    (one, *_), (_, second, *_) = ids
    pairs = {("404", second): [], (one, "405"): [PRIMARY], (one, second): []}
    done = associate_pairs(portal, "contacts", "companies", pairs)
    assert [o.state for o in done] == ["rejected", "rejected", "written"]
    said = ["No contact with ID 404 exists", "No company with ID 405 exists"]
    assert [o.reason for o in done[:2]] == said


def test_a_type_comes_off_alone_and_the_association_whole(portal, ids):
    (one, *_), (_, second, *_) = ids
    associate_pairs(portal, "contacts", "companies", {(one, second): [PRIMARY]})
    dissociate_pairs(portal, "contacts", "companies", {(one, second): [PRIMARY]})
    left = {kind for company, kind in types(portal, one) if company == second}
    assert left == {279}
    done = dissociate_pairs(portal, "contacts", "companies", {(one, second): [], (one, "9"): []})
    assert [o.state for o in done] == ["written", "written"]
    assert second not in {company for company, _ in types(portal, one)}


def test_a_call_refused_as_a_whole_is_narrowed_down(odd, script):
    bad = reply(400, {"status": "error", "message": "no", "category": "VALIDATION_ERROR"})
    good = reply(201, {"results": [{"fromObjectId": "1", "toObjectId": "2"}]})
    script.replies = [bad, good, bad]
    pairs = {("1", "2"): [PRIMARY], ("3", "4"): [PRIMARY]}
    done = associate_pairs(odd, "contacts", "companies", pairs)
    assert [o.state for o in done] == ["written", "rejected"]
    assert done[1].reason.endswith("no")


def test_an_error_that_names_nobody_is_of_those_that_the_reply_leaves_out(odd, script):
    error = {"status": "error", "message": "odd", "category": "X", "context": {}}
    results = [{"fromObjectId": 1, "toObjectId": 2}]
    script.replies = [reply(207, {"results": results, "errors": [error]})]
    pairs = {("1", "2"): [PRIMARY], ("3", "4"): [PRIMARY]}
    done = associate_pairs(odd, "contacts", "companies", pairs)
    assert [(o.state, o.reason) for o in done] == [("written", ""), ("rejected", "odd")]


def test_no_pairs_are_no_call(portal):
    before = portal.requests
    assert associate_pairs(portal, "contacts", "companies", {}) == []
    assert portal.requests == before


def test_two_types_of_the_portals_own_can_be_on_one_pair(portal, ids):
    where = portal.path("associations", "contacts", "companies", "labels")
    for name in ("Decides", "Pays"):
        portal.transport.call("POST", where, body={"label": name, "name": name.lower()})
    own = [o for o in association_types(portal, "contacts", "companies") if "USER" in o.category]
    (one, *_), (_, second, *_) = ids
    associate_pairs(portal, "contacts", "companies", {(one, second): own})
    assert {(second, each.number) for each in own} <= types(portal, one)
