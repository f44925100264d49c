import pandas as pd
import pytest

from leadscore import tables
from leadscore.errors import TableError
from leadscore.sandbox.portal import Portal
from leadscore.sandbox.seeding import GROUP, seed_table
from leadscore.sandbox.standard import standard_properties
from leadscore.sandbox.values import checked

FRAME = pd.DataFrame(
    {
        "Lead No": ["a1", "b2", "c3", "d4"],
        "emp.var.rate": [1.1, None, -0.2, 3.0],
        "email": ["x", "y", "z", None],
        "job": ["admin", "admin", "blue-collar", None],
        "called": [True, False, None, True],
        "seen": pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-03", "2024-02-01"], utc=True),
        "y": ["no", "yes", "no", "yes"],
    }
)


def seeded(frame=FRAME, **options):
    portal = Portal(clock=lambda: 1_800_000_000.0)
    found = seed_table(portal, tables.read_table(frame), **({"outcome": "y"} | options))
    return portal.collection("contacts"), found


def held(record):
    return record.values  # noqa: PD011 - of a record, not of a frame


def records(contacts, name):
    return [held(record).get(name) for record in contacts.records]


def test_each_row_becomes_a_contact_in_order_and_its_cells_become_wire_values():
    contacts, found = seeded()
    assert found.goal == "y=yes"
    assert records(contacts, "emp_var_rate") == ["1.1", None, "-0.2", "3"]
    assert records(contacts, "called") == ["true", "false", None, "true"]
    assert records(contacts, "job") == ["admin", "admin", "blue-collar", None]
    assert records(contacts, "y") == ["no", "yes", "no", "yes"]


def test_the_columns_become_custom_properties_labelled_with_their_own_names():
    contacts, found = seeded()
    definition = contacts.definitions.get("emp_var_rate")
    assert (definition["label"], definition["type"]) == ("emp.var.rate", "number")
    assert (definition["groupName"], definition["hubspotDefined"]) == (GROUP, False)
    assert found.columns["emp_var_rate"] == "emp.var.rate"
    assert set(found.columns.values()) == set(FRAME.columns)
    assert {one["name"] for one in contacts.definitions.custom} == set(found.columns)


def test_no_column_gets_the_name_of_a_property_of_hubspots():
    names = list(standard_properties("contacts"))
    frame = pd.DataFrame({name: ["a", "b"] for name in names} | {"y": ["no", "yes"]})
    _, found = seeded(frame)
    assert len(found.columns) == len(names) + 1
    assert not set(names) & set(found.columns)


def test_a_column_named_like_a_property_of_hubspots_gets_another_name():
    contacts, found = seeded()
    assert found.columns["table_email"] == "email"
    assert records(contacts, "table_email") == ["x", "y", "z", None]
    assert records(contacts, "email") == [None] * 4


def test_what_is_missing_is_not_there():
    contacts, _ = seeded()
    assert "emp_var_rate" not in held(list(contacts.records)[1])


@pytest.mark.parametrize("options", [{}, {"order": True}, {"date": "seen"}])
def test_every_value_is_one_that_hubspot_takes(options):
    contacts, found = seeded(**options)
    definitions = contacts.definitions.active
    for record in contacts.records:
        values = {name: held(record)[name] for name in found.columns if name in held(record)}
        assert checked(definitions, values, {}, portal_id=1) == values


def test_without_time_all_contacts_are_created_at_once():
    assert set(records(seeded()[0], "createdate")) == {"2027-01-15T08:00:00.000Z"}


def test_in_order_of_rows_no_two_contacts_are_created_at_once():
    created = records(seeded(order=True)[0], "createdate")
    assert created == sorted(set(created))


def test_equal_dates_stay_equal_and_the_date_column_stays_a_property_too():
    contacts, found = seeded(date="seen")
    assert records(contacts, "createdate") == [
        "2024-01-02T00:00:00.000Z",
        "2024-01-03T00:00:00.000Z",
        "2024-01-03T00:00:00.000Z",
        "2024-02-01T00:00:00.000Z",
    ]
    assert "seen" in found.columns.values()


def test_the_import_changes_all_contacts_now_whenever_they_came_in():
    contacts, _ = seeded(date="seen")
    assert set(records(contacts, "lastmodifieddate")) == {"2027-01-15T08:00:00.000Z"}


def test_an_id_column_becomes_a_unique_property():
    contacts, found = seeded(id="Lead No")
    name = next(prop for prop, column in found.columns.items() if column == "Lead No")
    assert contacts.definitions.get(name)["hasUniqueValue"] is True
    holder = contacts.records.holder(name, "c3")
    assert held(contacts.records.get(holder))["job"] == "blue-collar"


@pytest.mark.parametrize("column", ["job", "emp.var.rate"])
def test_an_id_column_that_does_not_name_each_lead_is_refused(column):
    with pytest.raises(TableError, match="does not name each lead"):
        seeded(id=column)


@pytest.mark.parametrize("option", ["outcome", "date", "id"])
def test_a_column_that_is_not_there_is_refused(option):
    with pytest.raises(TableError, match="nope"):
        seeded(**{option: "nope"})


def test_a_table_with_more_columns_than_a_portal_takes_is_refused():
    wide = pd.DataFrame({f"c{n}": [1, 2] for n in range(1000)} | {"y": ["no", "yes"]})
    with pytest.raises(TableError, match="1,001 columns"):
        seeded(wide)
