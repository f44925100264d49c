import json

import pytest

from leadscore.sandbox import imports
from leadscore.sandbox.state import dump_portal, restore_portal

IMPORTS = "/crm/v3/imports"
CSV = "Mail,Given\nann@example.com,Ann\nben@example.com,Ben\n"
COLUMNS = {"Mail": "email", "Given": "firstname"}


def request(columns=COLUMNS, *, ids=None, kind="0-1", page=None, file=None, **more):
    mappings = [
        {"columnObjectTypeId": kind, "columnName": column, "propertyName": name}
        | ({"columnType": ids[column]} if column in (ids or {}) else {})
        for column, name in columns.items()
    ]
    first = {"fileName": "leads.csv", "fileFormat": "CSV"} | (file or {})
    first["fileImportPage"] = {"hasHeader": True, "columnMappings": mappings} | (page or {})
    return {"name": "Leads", "files": [first]} | more


@pytest.fixture
def send(http):
    def ask(text=CSV, *, path=IMPORTS, name="leads.csv", **more):
        content = text.encode() if isinstance(text, str) else text
        return http.form(
            "POST", path, importRequest=json.dumps(request(**more)), files=(name, content)
        )

    return ask


@pytest.fixture
def done(http, send, clock):
    """Import, wait, and return what the import says."""

    def run(text=CSV, **more):
        made = send(text, **more)
        assert made.status == 200, made.text
        clock.time += 2
        return http.get(f"{IMPORTS}/{made.json['id']}").json

    return run


def errors(http, key, **query):
    return http.get(f"{IMPORTS}/{key}/errors", **query).json["results"]


def kinds(http, key):
    return [(one["sourceData"]["lineNumber"], one["errorType"]) for one in errors(http, key)]


def people(portal):
    return [record.values for record in portal.collection("contacts").records]


@pytest.mark.parametrize("path", [IMPORTS, "/crm/imports/2026-03", "/crm/imports/2026-09"])
def test_an_import_starts_is_processed_and_done_and_the_contacts_are_there(
    http, send, portal, clock, path
):
    made = send(path=path).json
    assert (made["state"], made["importName"], made["optOutImport"]) == ("STARTED", "Leads", False)
    seen = []
    for _ in range(2):
        clock.time += 1
        seen.append(http.get(f"{path}/{made['id']}").json)
    assert [one["state"] for one in seen] == ["PROCESSING", "DONE"]
    assert seen[-1]["metadata"]["counters"] == {
        "TOTAL_ROWS": 2,
        "CREATED_OBJECTS": 2,
        "UNIQUE_OBJECTS_WRITTEN": 2,
        "PROPERTY_VALUES_EMITTED": 4,
        "MAPPED_COLUMNS": 2,
    }
    assert [one["firstname"] for one in people(portal)] == ["Ann", "Ben"]


@pytest.mark.parametrize("order", [("importRequest", "files"), ("files", "importRequest")])
def test_the_parts_of_the_form_come_in_any_order(http, order):
    parts = {"importRequest": json.dumps(request()), "files": ("leads.csv", CSV)}
    assert http.form("POST", IMPORTS, **{key: parts[key] for key in order}).status == 200


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"columns": {"Mail": "nope"}}, 400),
        ({"columns": {"Mail": "createdate"}}, 400),
        ({"columns": {"Mail": None}}, 400),
        ({"columns": {}}, 400),
        ({"ids": {"Given": "HUBSPOT_ALTERNATE_ID"}}, 400),
        ({"ids": {"Given": "ANY_ID"}}, 400),
        ({"kind": "9-9"}, 400),
        ({"kind": None}, 400),
        ({"name": "other.csv"}, 400),
        ({"dateFormat": "DAY"}, 400),
        ({"importOperations": {"0-1": "DELETE"}}, 400),
        ({"columns": {"Given": "firstname"}, "importOperations": {"0-1": "UPDATE"}}, 400),
        ({"file": {"fileFormat": "PDF"}}, 400),
        ({"file": {"fileFormat": "SPREADSHEET"}}, 501),
        ({"files": []}, 400),
        ({"files": [{}, {}]}, 501),
        ({"createContactListFromImport": True}, 501),
    ],
)
def test_what_does_not_fit_the_portal_is_refused_as_a_whole(send, portal, more, status):
    assert send(**more).status == status
    assert portal.shelf("imports") == {}


@pytest.mark.parametrize(
    "parts",
    [
        {"files": ("leads.csv", CSV)},
        {"importRequest": json.dumps(request())},
        {"importRequest": json.dumps(request()), "files": CSV},
        {"importRequest": "nonsense", "files": ("leads.csv", CSV)},
        {"importRequest": "[]", "files": ("leads.csv", CSV)},
        {"importRequest": "{}", "files": ("leads.csv", CSV)},
    ],
)
def test_an_import_is_a_form_of_a_request_and_a_file(http, parts):
    assert http.form("POST", IMPORTS, **parts).status == 400


def test_contacts_are_found_by_their_email_address(portal, add, done):
    add(email="ann@example.com", firstname="Old")
    found = done()["metadata"]["counters"]
    assert (found["CREATED_OBJECTS"], found["UPDATED_OBJECTS"]) == (1, 1)
    assert [one["firstname"] for one in people(portal)] == ["Ann", "Ben"]


@pytest.mark.parametrize(
    ("operation", "kind"), [("CREATE", "CREATE_ONLY_IMPORT"), ("UPDATE", "UPDATE_ONLY_IMPORT")]
)
def test_an_import_that_only_creates_or_updates_leaves_the_other_rows(
    http, add, done, operation, kind
):
    add(email="ann@example.com")
    key = done(importOperations={"0-1": operation})["id"]
    assert [one[1] for one in kinds(http, key)] == [kind]


def test_records_are_found_by_their_id(http, portal, add, done):
    person = add(email="ann@example.com", firstname="Old")
    text = f"Id,Given\n{person.id},New\n7,Nobody\nx,Nobody\n"
    columns = {"Id": "hs_object_id", "Given": "firstname"}
    key = done(text, columns=columns, ids={"Id": "HUBSPOT_OBJECT_ID"})["id"]
    assert people(portal)[0]["firstname"] == "New"
    assert kinds(http, key) == [(3, "INVALID_OBJECT_ID"), (4, "INVALID_OBJECT_ID")]


def test_companies_are_found_by_their_domain_unless_several_have_it(http, portal, add, done):
    for domain in ("a.com", "b.com", "b.com"):
        add("companies", name="Old", domain=domain)
    text = "Domain,Name\nA.com,New\nb.com,New\nc.com,New\n"
    columns = {"Domain": "domain", "Name": "name"}
    found = done(text, columns=columns, kind="0-2", ids={"Domain": "HUBSPOT_ALTERNATE_ID"})
    names = [one.values["name"] for one in portal.collection("companies").records]
    assert names == ["New", "Old", "Old", "New"]
    assert kinds(http, found["id"]) == [(3, "MULTIPLE_COMPANIES_WITH_THIS_DOMAIN")]


def test_a_bad_row_is_noted_with_its_kind_and_the_other_rows_are_written(http, portal, done):
    columns = {"Mail": "email", "Stage": "lifecyclestage", "End": "closedate", "Fit": "fit"}
    portal.collection("contacts").definitions.create(
        {
            "name": "fit",
            "label": "Fit",
            "type": "number",
            "fieldType": "number",
            "groupName": "contactinformation",
        },
        at=portal.now,
    )
    text = """Mail,Stage,End,Fit
ann,lead,,
b@example.com,chief,,
c@example.com,lead,13/01/2026,
d@example.com,lead,,much
e@example.com,lead
f@example.com,lead,12/31/2026,5
f@example.com,lead,,6
"""
    found = done(text, columns=columns)
    assert kinds(http, found["id"]) == [
        (2, "INVALID_EMAIL"),
        (3, "INVALID_ENUMERATION_OPTION"),
        (4, "COULD_NOT_PARSE_DATE"),
        (5, "COULD_NOT_PARSE_NUMBER"),
        (6, "INCORRECT_NUMBER_OF_COLUMNS"),
        (8, "DUPLICATE_ALTERNATE_ID"),
    ]
    (person,) = people(portal)
    assert (person["fit"], person["closedate"]) == ("5", "2026-12-31T00:00:00.000Z")
    counters = found["metadata"]["counters"]
    assert (counters["ERRORS"], counters["TOTAL_ROWS"], found["state"]) == (6, 7, "DONE")


def test_errors_come_in_pages_with_messages_and_rows_on_demand(http, done):
    key = done("Mail,Given\nann,Ann\nben,Ben\n")["id"]
    (first,) = errors(http, key, limit=1)
    assert (first["objectTypeId"], first["objectType"]) == ("0-1", "CONTACT")
    assert (first["knownColumnNumber"], first["invalidValue"]) == (0, "ann")
    assert ("errorMessage" in first, first["sourceData"]["rowData"]) == (False, [])
    path = f"{IMPORTS}/{key}/errors"
    after = http.get(path, limit=1).json["paging"]["next"]["after"]
    asked = {"includeErrorMessage": "True", "includeRowData": "true"}
    (second,) = errors(http, key, after=after, **asked)
    assert second["sourceData"]["rowData"] == ["ben", "Ben"]
    assert second["errorMessage"]


def test_a_contact_without_a_name_or_address_is_missing_what_it_needs(http, done):
    key = done("Town\nBern\n", columns={"Town": "city"})["id"]
    assert kinds(http, key) == [(2, "MISSING_REQUIRED_PROPERTY")]


def test_an_empty_cell_leaves_a_value_as_it_is(portal, add, done):
    add(email="ann@example.com", firstname="Ann")
    done("Mail,Given\nann@example.com,\n")
    assert people(portal)[0]["firstname"] == "Ann"


def test_what_an_import_wrote_has_the_import_as_its_source(http, done, portal):
    key = done()["id"]
    person = next(iter(portal.collection("contacts").records))
    path = f"/crm/v3/objects/contacts/{person.id}"
    history = http.get(path, propertiesWithHistory="firstname").json["propertiesWithHistory"]
    entry = history["firstname"][0]
    assert (entry["sourceType"], entry["sourceId"], entry["sourceLabel"]) == (
        "IMPORT",
        key,
        "Leads",
    )


def test_columns_are_found_by_their_order_when_the_file_has_no_head(portal, done):
    done("ann@example.com,Ann\n", page={"hasHeader": False})
    assert people(portal)[0]["firstname"] == "Ann"


@pytest.mark.parametrize(
    "text",
    [
        "Mail;Given\na@example.com;Ann\n",
        "Mail,Given\n",
        "",
        "Mail,Given\nK\xf6ln".encode("latin-1"),
    ],
)
def test_a_file_that_cannot_be_read_as_planned_makes_an_import_that_fails(http, done, text):
    found = done(text)
    assert found["state"] == "FAILED"
    assert len(errors(http, found["id"])) == 1


def test_more_than_three_imports_are_deferred(http, send, clock):
    made = [send().json for _ in range(4)]
    assert [one["state"] for one in made] == ["STARTED"] * 3 + ["DEFERRED"]
    clock.time += 2
    states = [http.get(f"{IMPORTS}/{one['id']}").json["state"] for one in made]
    assert states == ["DONE"] * 3 + ["STARTED"]


def test_rows_are_written_in_slices_so_that_no_request_waits_for_all(http, done, monkeypatch):
    monkeypatch.setattr(imports, "SLICE", 1)
    found = done()
    assert (found["state"], found["metadata"]["counters"]["CREATED_OBJECTS"]) == ("PROCESSING", 1)
    http.get("/crm/v3/objects/contacts")
    assert http.get(f"{IMPORTS}/{found['id']}").json["state"] == "DONE"


def test_a_canceled_import_keeps_what_it_wrote(http, done, portal, monkeypatch):
    monkeypatch.setattr(imports, "SLICE", 1)
    key = done(CSV + "cem@example.com,Cem\n")["id"]
    canceled = http.post(f"{IMPORTS}/{key}/cancel", {})
    assert canceled.status == 200
    assert http.get(f"{IMPORTS}/{key}").json["state"] == "CANCELED"
    assert http.post(f"{IMPORTS}/{key}/cancel", {}).status == 400
    assert len(people(portal)) == 2


@pytest.mark.parametrize("limit", ["MOST_ROWS", "LARGEST", "MOST_A_DAY"])
def test_too_many_rows_or_bytes_are_a_429(send, monkeypatch, limit):
    monkeypatch.setattr(imports, limit, 1)
    assert send().status == 429


def test_rows_of_the_last_day_count_towards_its_limit(send, monkeypatch, clock):
    monkeypatch.setattr(imports, "MOST_A_DAY", 3)
    assert [send().status, send().status] == [200, 429]
    clock.time += 86_400
    assert send().status == 200


def test_imports_are_listed_in_pages(http, send):
    keys = [send().json["id"] for _ in range(3)]
    first = http.get(IMPORTS, limit=2)
    assert first.ids == keys[:2]
    last = http.get(IMPORTS, limit=2, after=first.json["paging"]["next"]["after"])
    assert (last.ids, "paging" in last.json) == (keys[2:], False)


def test_an_unknown_import_is_a_404_and_its_scope_is_needed(http, portal, send):
    assert http.get(f"{IMPORTS}/7").status == 404
    portal.scopes = {"crm.objects.contacts.write"}
    assert send().status == 403


def test_an_import_under_way_goes_on_where_the_portal_was_saved(send, portal, clock):
    send()
    restored = restore_portal(dict(dump_portal(portal)))
    assert restored.shelves == portal.shelves
    clock.time += 2
    restored.clock = clock
    imports.advance(restored)
    assert [one["state"] for one in restored.shelf("imports").values()] == ["DONE"]
    assert len(people(restored)) == 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"nonsense"),
        ("multipart/form-data", b"nonsense"),
        ("application/json", b"{}"),
    ],
)
def test_a_form_that_cannot_be_read_is_a_400_in_hubspots_shape(http, kind, body):
    answer = http("POST", IMPORTS, body, headers={"Content-Type": kind})
    assert (answer.status, answer.json["category"]) == (400, "VALIDATION_ERROR")
