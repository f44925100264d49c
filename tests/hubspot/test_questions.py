from __future__ import annotations

import pytest

from leadscore.errors import UsageError
from leadscore.hubspot import questions
from leadscore.hubspot.questions import Question, answers, first_answers, pieces
from leadscore.hubspot.searching import ids_between


def is_(name, operator="HAS_PROPERTY", **value):
    return {"propertyName": name, "operator": operator, **value}


@pytest.fixture
def version():
    return "2026-03"


@pytest.fixture
def ids(portal):
    return ids_between(portal, "contacts", None, None)


def read(portal, question, **options):
    tables = answers(portal, "contacts", question, ["email"], **options)
    return [one for table in tables for one in table["id"].to_pylist()]


@pytest.mark.parametrize("size", [1, 5, 6])
def test_every_record_comes_once_however_many_filters_a_group_has(portal, ids, size):
    groups = (tuple([is_("createdate")] * size),)
    assert read(portal, Question(groups)) == ids


def test_groups_that_leave_no_room_for_bounds_are_asked_one_by_one(portal, ids):
    groups = tuple([tuple([is_("createdate")] * 4)] * 4)
    assert len(list(pieces(Question(groups), []))) == 4
    assert sorted(read(portal, Question(groups)), key=int) == ids


def test_a_list_of_values_longer_than_a_body_is_cut(portal, ids):
    wanted = [*ids, *(str(10**12 + n) for n in range(300))]
    question = Question(((is_("hs_object_id", "IN", values=wanted),),))
    assert len(list(pieces(question, []))) > 2
    assert sorted(read(portal, question), key=int) == ids


def test_what_cannot_be_cut_is_too_long(portal):
    with pytest.raises(UsageError, match="3,000 characters"):
        read(portal, Question(query="x" * 3_000))


def test_a_limit_is_enough_for_each_piece_and_asks_for_no_more(portal, ids):
    before = portal.requests
    assert read(portal, Question(), limit=3) == ids[:3]
    assert portal.requests == before + 1


def test_six_filters_end_at_the_window_with_an_error(portal, monkeypatch):
    monkeypatch.setattr(questions, "WINDOW", 220)
    full = Question((tuple([is_("createdate")] * 6),))
    with pytest.raises(UsageError, match="finds 250 contacts"):
        read(portal, full)
    assert len(read(portal, full, limit=20)) == 20


def test_the_first_by_a_property_come_in_hubspots_order(portal, ids):
    options = {"sort": "createdate", "descending": True, "limit": 230}
    rows = first_answers(portal, "contacts", Question(), ["createdate"], **options)
    values = rows["createdate"].to_pylist()
    assert (len(values), values) == (230, sorted(values, reverse=True))
