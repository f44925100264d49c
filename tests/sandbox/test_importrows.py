import pytest

from leadscore.sandbox.importrows import RowError, Rows


@pytest.fixture
def rows(portal):
    def make(operation="UPSERT", key=True):
        columns = [{"name": "Mail", "property": "email"}, {"name": "Town", "property": "city"}]
        plan = {"id": "1", "name": "x", "kind": "contacts", "columns": columns}
        plan |= {"operation": operation, "format": "YEAR_MONTH_DAY", "order": [0, 1], "width": 2}
        plan |= {"key": {"column": "Mail", "property": "email"} if key else None}
        plan |= {"keyColumn": 0 if key else None, "seen": {}}
        names = ("CREATED_OBJECTS", "UPDATED_OBJECTS", "UNIQUE_OBJECTS_WRITTEN")
        plan["counters"] = dict.fromkeys((*names, "PROPERTY_VALUES_EMITTED"), 0)
        return Rows(portal, plan)

    return make


def test_an_address_in_capitals_finds_its_contact(rows, add):
    person = add(email="ann@example.com")
    rows().write(["ANN@example.com", "Bern"])
    assert person.values["city"] == "Bern"


def test_the_same_row_twice_is_written_once(rows):
    writer = rows(key=False)
    writer.write(["ann@example.com", "Bern"])
    with pytest.raises(RowError) as bad:
        writer.write(["ann@example.com", "Bern"])
    assert bad.value.kind == "DUPLICATE_ROW_CONTENT"


def test_nothing_of_a_bad_row_is_written(rows, portal):
    with pytest.raises(RowError) as bad:
        rows().write(["ann", "Bern"])
    assert (bad.value.kind, bad.value.property) == ("INVALID_EMAIL", "email")
    assert len(portal.collection("contacts").records) == 0


def test_a_value_that_another_record_has_is_named(rows, add):
    add(email="ann@example.com")
    with pytest.raises(RowError) as bad:
        rows(key=False).write(["ann@example.com", "Bern"])
    assert bad.value.kind == "DUPLICATE_UNIQUE_PROPERTY_VALUE"


@pytest.fixture
def by_domain(rows):
    def make():
        found = rows()
        return Rows(
            found.portal,
            found.plan
            | {
                "kind": "companies",
                "key": {"column": "Mail", "property": "domain"},
                "columns": [{"name": "Mail", "property": "domain"}, found.plan["columns"][1]],
            },
        )

    return make


def test_the_next_slice_finds_companies_that_came_meanwhile(by_domain, add):
    first = by_domain()
    first.write(["one.example", "Bern"])
    first.rest()
    other = add("companies", domain="two.example")
    second = by_domain()
    second.write(["two.example", "Rome"])
    second.write(["one.example", "Oslo"])
    second.rest()
    assert other.values["city"] == "Rome"
    assert sorted(one.values["city"] for one in second.collection.records) == ["Oslo", "Rome"]


def test_the_next_slice_looks_companies_up_no_second_time(by_domain, add, monkeypatch):
    made = add("companies", domain="one.example")
    first = by_domain()
    first.write(["one.example", "Bern"])
    first.rest()
    monkeypatch.setattr(Rows, "_looked_up", lambda self, name: pytest.fail("looked up again"))
    by_domain().write(["one.example", "Oslo"])
    assert made.values["city"] == "Oslo"
