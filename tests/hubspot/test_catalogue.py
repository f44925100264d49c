"""Owners and pipelines: what the ids in records stand for."""

from __future__ import annotations

import pytest
from scripted import reply

from leadscore.errors import BadReplyError, NotFoundError
from leadscore.hubspot.catalogue import owners, pipelines
from leadscore.sandbox.owners import archive, seed

PLAIN = ["id", "user_id", "type", "team_ids", "teams", "archived"]


def _page(ids, after=None):
    body = {"results": [{"id": i} for i in ids]}
    return reply(200, body | ({"paging": {"next": {"after": after}}} if after else {}))


# ---------------------------------------------------------------------------------------- owners


def test_owners_are_known_by_id_and_nothing_personal_is_taken_by_habit(portal, sandbox):
    seed(sandbox.portal, [(77, "ada@example.org", "Ada", "Example")])
    table = owners(portal)
    assert table.column_names == PLAIN
    assert "77" in table["id"].to_pylist()
    assert "ada" not in str(table.to_pylist()).lower()


def test_names_and_addresses_come_when_asked_for(portal, sandbox):
    seed(sandbox.portal, [(77, "ada@example.org", "Ada", "Example")])
    table = owners(portal, personal=True)
    found = {row["id"]: row for row in table.to_pylist()}["77"]
    assert table.column_names == [*PLAIN, "email", "first_name", "last_name"]
    assert (found["email"], found["first_name"], found["last_name"]) == (
        "ada@example.org", "Ada", "Example",
    )  # fmt: skip


def test_owners_who_left_are_listed_apart_and_keep_their_user_id(portal, sandbox):
    seed(sandbox.portal, [(77, "ada@example.org", "Ada", "Example")])
    archive(sandbox.portal, 77)
    assert "77" not in owners(portal)["id"].to_pylist()
    gone = {row["id"]: row for row in owners(portal, archived=True).to_pylist()}
    assert gone.keys() == {"77"}
    assert gone["77"]["archived"] is True
    assert gone["77"]["user_id"] == "9000077"


def test_every_owner_comes_once_however_many_pages_there_are(portal, sandbox):
    seed(sandbox.portal, [(n, f"p{n}@example.org", "P", str(n)) for n in range(1000, 1250)])
    ids = owners(portal)["id"].to_pylist()
    assert len(ids) == len(set(ids))
    assert {str(n) for n in range(1000, 1250)} <= set(ids)


def test_teams_stand_with_the_primary_one_first(odd, script):
    teams = [
        {"id": "1", "name": "North", "primary": False},
        {"id": 2, "name": "Sales", "primary": True},
    ]
    script.replies = [reply(200, {"results": [{"id": 5, "teams": teams}, {"id": 6}]})]
    first, second = owners(odd).to_pylist()
    assert (first["id"], first["team_ids"], first["teams"]) == ("5", ["2", "1"], ["Sales", "North"])
    assert (second["team_ids"], second["user_id"], second["type"]) == ([], None, None)


@pytest.mark.parametrize("personal", [True, False])
def test_a_portal_without_owners_gives_the_same_columns(odd, personal):
    table = owners(odd, personal=personal)
    assert table.num_rows == 0
    assert table.column_names[: len(PLAIN)] == PLAIN


def test_an_owner_that_comes_twice_is_one(odd, script):
    script.replies = [_page(["1", "2"], "2"), _page(["2", "3"])]
    assert owners(odd)["id"].to_pylist() == ["1", "2", "3"]


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"]])
def test_a_cursor_that_repeats_is_an_error_and_not_an_endless_read(odd, script, cursors):
    script.replies = [_page(["1"], cursor) for cursor in cursors]
    with pytest.raises(BadReplyError, match="cursor repeats"):
        owners(odd)


@pytest.mark.parametrize(
    "body",
    [
        *({}, {"results": None}, {"results": [{}]}, {"results": ["x"]}),
        *({"results": [], "paging": "x"}, {"results": [], "paging": {"next": ["x"]}}),
    ],
)
def test_a_page_that_cannot_be_believed_is_not_the_end_but_an_error(odd, script, body):
    script.replies = [_page(["1"], "1"), reply(200, body)]
    with pytest.raises(BadReplyError):
        owners(odd)


# ------------------------------------------------------------------------------------- pipelines


def test_pipelines_have_a_row_per_stage_with_its_probability(portal):
    rows = pipelines(portal, "deals").to_pylist()
    chances = {row["stage"]: row["probability"] for row in rows}
    assert (chances["closedwon"], chances["closedlost"]) == (1.0, 0.0)
    assert {row["pipeline"] for row in rows} == {"default"}
    assert {row["object"] for row in rows} == {"deals"}
    assert [row["stage_order"] for row in rows] == sorted(row["stage_order"] for row in rows)
    assert not any(row["archived"] for row in rows)


def test_stages_stand_in_hubspots_order_of_pipelines_and_of_stages(odd, script):
    def stage(name, order):
        return {"id": name, "label": name.upper(), "displayOrder": order}

    late = {"id": "late", "displayOrder": 1, "stages": [stage("d", 1), stage("c", 0)]}
    early = {"id": "early", "displayOrder": 0, "stages": [stage("b", 1), stage("a", 0)]}
    script.replies = [reply(200, {"results": [late, early]})]
    table = pipelines(odd, "deals")
    assert table["stage"].to_pylist() == ["a", "b", "c", "d"]
    assert table["stage_label"].to_pylist() == ["A", "B", "C", "D"]
    assert table["pipeline"].to_pylist() == ["early", "early", "late", "late"]


@pytest.mark.parametrize(
    ("metadata", "probability"),
    [
        *(({"probability": "0.8"}, 0.8), ({"probability": 1}, 1.0), ({"probability": ""}, None)),
        *(({"probability": "often"}, None), ({"ticketState": "OPEN"}, None), ({}, None)),
        *((None, None), ("x", None)),
    ],
)
def test_a_stage_without_a_probability_has_none(odd, script, metadata, probability):
    stage = {"id": "1", "displayOrder": "x", "metadata": metadata, "archived": True}
    script.replies = [reply(200, {"results": [{"id": 9, "label": "P", "stages": [stage]}]})]
    row = pipelines(odd, "tickets").to_pylist()[0]
    assert (row["pipeline"], row["stage"], row["probability"]) == ("9", "1", probability)
    assert (row["stage_order"], row["archived"], row["object"]) == (None, True, "tickets")


@pytest.mark.parametrize("stages", [None, "x", [{}], [{"label": "no id"}]])
def test_a_pipeline_whose_stages_cannot_be_read_is_an_error(odd, script, stages):
    script.replies = [reply(200, {"results": [{"id": "1", "stages": stages}]})]
    with pytest.raises(BadReplyError):
        pipelines(odd, "deals")


def test_a_type_without_pipelines_is_said(portal):
    with pytest.raises(NotFoundError):
        pipelines(portal, "contacts")
