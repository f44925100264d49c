import pytest

START = "/crm/v3/exports/export/async"
BODY = {
    "exportType": "VIEW",
    "exportName": "Everyone",
    "format": "CSV",
    "language": "EN",
    "objectType": "CONTACT",
    "objectProperties": ["email", "firstname"],
}


@pytest.fixture
def start(http):
    def ask(**more):
        return http.post(START, BODY | more)

    return ask


@pytest.fixture
def table(http, start, clock):
    """Return the lines of an export."""

    def get(**more):
        key = start(**more).json["id"]
        clock.time += 2
        return download(http, key).text.splitlines()

    return get


def status(http, key):
    return http.get(f"{START}/tasks/{key}/status").json


def download(http, key):
    link = status(http, key)["result"]
    return http("GET", link.removeprefix(http.url), headers={"Authorization": ""})


@pytest.mark.parametrize(
    "base", ["/crm/v3/exports", "/crm/exports/2026-03", "/crm/exports/2026-09"]
)
def test_an_export_goes_from_pending_to_complete_and_is_downloaded_without_a_token(
    http, add, clock, base
):
    add(email="ann@example.com", firstname="Ann")
    task = http.post(f"{base}/export/async", BODY)
    assert task.status == 202
    where, seen = f"{base}/export/async/tasks/{task.json['id']}/status", []
    for _ in range(3):
        seen.append(http.get(where).json["status"])
        clock.time += 1
    assert seen == ["PENDING", "PROCESSING", "COMPLETE"]
    assert download(http, task.json["id"]).text.splitlines() == [
        '"Record ID","Email","First name"',
        '"1001","ann@example.com","Ann"',
    ]


def test_a_link_lasts_five_minutes_and_the_next_poll_gives_a_new_one(http, start, clock):
    key = start().json["id"]
    clock.time += 2
    link = status(http, key)["result"].removeprefix(http.url)
    clock.time += 299
    assert http.get(link).status == 200
    clock.time += 1
    assert http.get(link).status == 403
    assert download(http, key).status == 200


def test_one_export_runs_at_a_time_and_the_next_one_waits(http, start, clock):
    first, second = start().json["id"], start().json["id"]
    clock.time += 2
    assert [status(http, key)["status"] for key in (first, second)] == ["COMPLETE", "PENDING"]
    clock.time += 2
    assert status(http, second)["status"] == "COMPLETE"


def test_thirty_exports_a_day_and_no_more(start, clock):
    assert {start().status for _ in range(30)} == {202}
    refused = start()
    assert (refused.status, refused.json["category"]) == (429, "RATE_LIMITS")
    clock.time += 86_400
    assert start().status == 202


@pytest.mark.parametrize("missing", sorted(BODY))
def test_every_field_of_an_export_is_needed(http, missing):
    body = {key: value for key, value in BODY.items() if key != missing}
    assert http.post(START, body).status == 400


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"exportType": "ALL"}, 400),
        ({"format": "PDF"}, 400),
        ({"format": "XLSX"}, 501),
        ({"language": "XX"}, 400),
        ({"language": "DE"}, 501),
        ({"objectType": "UNICORN"}, 400),
        ({"objectProperties": ["nope"]}, 400),
        ({"objectProperties": 7}, 400),
        ({"exportInternalValuesOptions": ["LABELS"]}, 400),
        ({"publicCrmSearchRequest": {"filters": [{"propertyName": "nope"}]}}, 400),
        ({"publicCrmSearchRequest": {"sorts": [{"propertyName": "email", "order": "UP"}]}}, 400),
        ({"includeLabeledAssociations": True}, 501),
    ],
)
def test_what_cannot_be_exported_is_refused_at_once(start, more, code):
    assert start(**more).status == code


def test_labels_stand_in_the_file_unless_internal_names_and_values_are_asked_for(add, table):
    add(email="ann@example.com", lifecyclestage="marketingqualifiedlead")
    wanted = {"objectProperties": ["lifecyclestage", "createdate"]}
    head, row = table(**wanted)
    assert head == '"Record ID","Lifecycle stage","Create date"'
    assert row == '"1001","Marketing Qualified Lead","2027-01-15 03:00"'
    head, row = table(**wanted, exportInternalValuesOptions=["NAMES", "VALUES"])
    assert head == '"Record ID","lifecyclestage","createdate"'
    assert row.startswith('"1001","marketingqualifiedlead"')


def test_a_view_is_filtered_and_sorted(add, table):
    for name in ("Ann", "Bob", "Cem"):
        add(email=f"{name}@example.com".lower(), firstname=name)
    asked = {
        "filters": [{"propertyName": "firstname", "operator": "NEQ", "value": "Bob"}],
        "sorts": [{"propertyName": "firstname", "order": "DES"}],
    }
    rows = table(publicCrmSearchRequest=asked)[1:]
    assert [row.split('"')[5] for row in rows] == ["Cem", "Ann"]


def test_an_export_holds_more_than_a_search_can_page_through(add, table, monkeypatch):
    monkeypatch.setattr("leadscore.sandbox.search.MOST_FOUND", 2)
    for number in range(3):
        add(email=f"p{number}@example.com")
    assert len(table()) == 4


def test_a_list_is_exported_by_its_id(http, add, table, start):
    people = [add(email=f"p{number}@example.com") for number in range(3)]
    given = {"name": "Some", "objectTypeId": "0-1", "processingType": "MANUAL"}
    key = http.post("/crm/v3/lists", given).json["list"]["listId"]
    http("PUT", f"/crm/v3/lists/{key}/memberships/add", [str(people[1].id)])
    assert [row.split('"')[1] for row in table(exportType="LIST", listId=key)[1:]] == [
        str(people[1].id)
    ]
    assert start(exportType="LIST").status == 400
    assert start(exportType="LIST", listId="77").status == 404
    deals = {"objectType": "DEAL", "objectProperties": ["dealname"]}
    assert start(exportType="LIST", listId=key, **deals).status == 400


def test_associated_records_come_as_a_column_of_ids(portal, add, table):
    person, firm = add(email="ann@example.com"), add("companies", name="Acme")
    portal.associations.put("contacts", person.id, "companies", firm.id, [])
    head, row = table(associatedObjectType="COMPANY")
    assert head.endswith('"Associated Company IDs"')
    assert row.endswith(f'"{firm.id}"')


def test_an_export_holds_what_the_portal_holds_when_it_ends(http, add, start, clock):
    key = start().json["id"]
    clock.time += 1
    add(email="late@example.com")
    clock.time += 1
    assert "late@example.com" in download(http, key).text


def test_the_export_itself_tells_its_state_and_count(http, add, start, clock):
    add(email="ann@example.com")
    where = f"/crm/v3/exports/export/{start().json['id']}"
    assert http.get(where).json["exportState"] == "ENQUEUED"
    clock.time += 2
    done = http.get(where).json
    assert (done["exportState"], done["recordCount"]) == ("DONE", 1)
    assert done["objectProperties"] == ["email", "firstname"]


def test_an_unknown_export_is_a_404_and_its_scope_is_needed(http, portal, start):
    assert http.get(f"{START}/tasks/7/status").status == 404
    portal.scopes = {"crm.objects.contacts.read"}
    assert start().status == 403
