import pytest
from formbodies import body, field

FORMS = "/marketing/v3/forms"


@pytest.mark.parametrize("path", [FORMS, "/marketing/forms/2026-09-beta"])
def test_a_form_is_created_read_changed_and_replaced(http, path):
    made = http.post(path, body(field()))
    assert made.status == 201
    where = f"{path}/{made.json['id']}"
    assert http.get(where).json == made.json
    changed = http("PATCH", where, {"name": "Write to us"})
    assert (changed.status, changed.json["name"]) == (200, "Write to us")
    assert changed.json["fieldGroups"] == made.json["fieldGroups"]
    assert http("PUT", where, {"name": "x"}).status == 400
    replaced = http("PUT", where, body(field(), field("city", "single_line_text")))
    assert (replaced.status, len(replaced.json["fieldGroups"][0]["fields"])) == (200, 2)


@pytest.mark.parametrize("missing", sorted(body()))
def test_every_part_of_a_new_form_is_needed(http, missing):
    given = {key: value for key, value in body(field()).items() if key != missing}
    assert http.post(FORMS, given).status == 400


def test_an_archived_form_is_seen_only_when_archived_ones_are_asked_for(http):
    where = f"{FORMS}/{http.post(FORMS, body(field())).json['id']}"
    assert http("DELETE", where).status == 204
    assert http.get(where).status == http("PATCH", where, {"name": "x"}).status == 404
    archived = http.get(where, archived="true").json
    assert (archived["archived"], "archivedAt" in archived) == (True, True)
    assert http.get(FORMS).ids == []
    assert http.get(FORMS, archived="true").ids == [archived["id"]]


def test_a_form_that_is_not_editable_or_archivable_stays_as_it_is(http):
    locked = {"configuration": {"editable": False, "archivable": False}}
    where = f"{FORMS}/{http.post(FORMS, body(field(), **locked)).json['id']}"
    assert http("PATCH", where, {"name": "x"}).status == 400
    assert http("DELETE", where).status == 400


def test_forms_are_listed_twenty_at_a_time(http):
    keys = [http.post(FORMS, body(field())).json["id"] for _ in range(21)]
    first = http.get(FORMS)
    assert first.ids == keys[:20]
    after = first.json["paging"]["next"]["after"]
    assert http.get(FORMS, after=after).ids == keys[20:]
    assert http.get(FORMS, formTypes="captured").ids == []
    assert http.get(FORMS, limit=101).status == 400


def test_the_official_client_reads_forms(client, http):
    made = http.post(FORMS, body(field())).json
    assert client.marketing.forms.forms_api.get_by_id(made["id"]).name == "Talk to us"
    assert [one.id for one in client.marketing.forms.forms_api.get_page().results] == [made["id"]]


def test_forms_need_their_scope(http, portal):
    portal.scopes = {"files"}
    assert http.get(FORMS).status == 403
