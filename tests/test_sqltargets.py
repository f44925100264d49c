"""A table of a real database that is kept in step."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from leadscore.errors import UsageError
from leadscore.sqltargets import SqlTarget

DEFINED = {
    "name": {"type": "string"},
    "seats": {"type": "number"},
    "vip": {"type": "bool"},
    "since": {"type": "date"},
    "seen": {"type": "datetime"},
    "hs_object_id": {"type": "number"},
}
ROW = {
    "name": "O'Brien; DROP TABLE",
    "seats": "4.5",
    "vip": "false",
    "since": "2026-03-01",
    "seen": "2026-03-01T12:30:00.000Z",
    "hs_object_id": "12345678901234567",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/crm.db"
    return request.getfixturevalue("postgres_url")


def _target(url, names=None, table="companies"):
    return SqlTarget(url, table, DEFINED, list(DEFINED) if names is None else names)


def _rows(url, words):
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        found = connection.exec_driver_sql(words)
        rows = [tuple(row) for row in found] if found.returns_rows else []
    engine.dispose()
    return rows


def test_a_table_is_made_with_types_and_rows_are_added_and_changed_by_id(url):
    target = _target(url)
    target.write({"7": ROW, "8": dict.fromkeys(DEFINED)})
    target.write({"8": {"seats": "1"}, "9": {"name": "new"}})
    assert target.ids == {"7", "8", "9"}
    row = target.read(["7", "404"])["7"]
    assert row == ROW | {"id": "7", "seen": "2026-03-01T12:30:00Z"}
    assert _rows(url, "SELECT seats, vip FROM companies WHERE id = '7'") == [(4.5, False)]
    target.close()


def test_columns_that_are_missing_are_added_and_others_kept(url):
    _rows(url, "CREATE TABLE companies (id VARCHAR(20), note TEXT, seats TEXT)")
    _rows(url, "INSERT INTO companies VALUES ('7', 'mine', '1')")
    target = _target(url)
    target.write({"7": ROW})
    assert _rows(url, "SELECT note, seats, name FROM companies") == [("mine", "4.5", ROW["name"])]


def test_rows_are_marked_or_deleted_and_a_mark_goes_with_the_next_writing(url):
    target = _target(url, ["name"])
    target.write({one: {"name": one} for one in ("7", "8")})
    target.mark(["7"])
    assert _rows(url, "SELECT id FROM companies WHERE archived") == [("7",)]
    target.write({"7": {"name": "back"}})
    assert not _rows(url, "SELECT id FROM companies WHERE archived")
    target.delete(["7"])
    assert target.ids == {"8"}


def test_a_table_whose_ids_are_numbers_is_taken(url):
    _rows(url, "CREATE TABLE companies (id BIGINT)")
    target = _target(url, ["name"])
    target.write({"7": {"name": "a"}})
    target.write({"7": {"name": "b"}})
    assert target.read(["7"])["7"]["name"] == "b"


def test_a_table_that_names_no_records_is_refused(tmp_path):
    url = f"sqlite:///{tmp_path}/crm.db"
    _rows(url, "CREATE TABLE companies (name TEXT)")
    with pytest.raises(UsageError, match="no column 'id'"):
        _target(url)
    with pytest.raises(UsageError, match="No table can be called"):
        _target(url, table='a"; DROP TABLE b')


def test_an_engine_is_left_open(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path}/crm.db")
    target = _target(engine)
    target.close()
    assert "companies" in target.where
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT * FROM companies")
    engine.dispose()
