"""Rows of a real database: SQLite, and PostgreSQL where it is installed."""

from __future__ import annotations

import builtins
import traceback
from datetime import UTC, datetime
from decimal import Decimal

import postgres
import pytest
import sqlalchemy as sa

import leadscore as ls
from leadscore.errors import DataError, LeadscoreError, UsageError
from leadscore.sources import open_source
from leadscore.sqlsources import address, open_engine

SECRET = "hunter2hunter2"
WHEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
TEXT = {
    "email": "ada@example.com",
    "zip": "01067",
    "seats": "40",
    "price": "12.50",
    "vip": "true",
    "seen": "2026-03-01T12:30:00Z",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    url = f"sqlite:///{tmp_path}/crm.db"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    table = sa.Table(
        "leads",
        sa.MetaData(),
        sa.Column("email", sa.Text),
        sa.Column("zip", sa.Text),
        sa.Column("seats", sa.Integer),
        sa.Column("price", sa.Numeric(10, 2)),
        sa.Column("vip", sa.Boolean),
        sa.Column("seen", sa.DateTime(timezone=True)),
    )
    table.metadata.create_all(engine)
    row = {"email": "ada@example.com", "zip": "01067", "seats": 40, "price": Decimal("12.50")}
    with engine.begin() as connection:
        connection.execute(table.insert(), {**row, "vip": True, "seen": WHEN})
        connection.execute(table.insert(), [{"email": f"p{n}@example.com"} for n in range(9)])
    engine.dispose()
    return url


def test_a_table_is_read_typed_and_told_as_text(url):
    assert open_source(ls.sql("leads", url)).read().to_pylist()[0] == TEXT


def test_a_query_takes_its_values_as_parameters_and_is_read_in_chunks(url):
    source = ls.sql(
        "SELECT email, seats FROM leads WHERE email LIKE :who", url, params={"who": "p%"}
    )
    assert [len(frame) for frame in source.frames(4)] == [0, 4, 4, 1]
    assert open_source(source).read()["seats"].null_count == 9


def test_a_query_without_rows_tells_its_columns(url):
    assert open_source(ls.sql("SELECT email FROM leads WHERE 1 = 0", url)).read().column_names == [
        "email"
    ]


def test_an_engine_is_taken_and_left_open(url):
    engine = sa.create_engine(url)
    assert open_source(ls.sql("leads", engine)).read().num_rows == 10
    with engine.begin() as connection:  # and may write again
        connection.exec_driver_sql("DELETE FROM leads WHERE seats IS NULL")
    assert open_source(ls.sql("leads", engine)).read().num_rows == 1
    engine.dispose()


def test_a_table_or_column_that_is_not_there_is_named_and_the_nearest_offered(url):
    with pytest.raises(UsageError, match=r"no table 'lead'.*Did you mean 'leads'"):
        open_source(ls.sql("lead", url)).read()
    with pytest.raises(DataError, match="colour"):
        open_source(ls.sql("SELECT colour FROM leads", url)).read()
    with pytest.raises(UsageError, match="two columns the name 'email'"):
        open_source(ls.sql("SELECT email, zip AS email FROM leads", url)).read()


def test_nothing_can_be_written_through_a_query(postgres_url, tmp_path):
    for words in ("DELETE FROM leads", "DROP TABLE leads", "INSERT INTO leads VALUES (1)"):
        with pytest.raises(UsageError, match="sql reads"):
            ls.sql(words, "sqlite://")
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE leads AS SELECT 1 AS a")
        connection.exec_driver_sql("CREATE SEQUENCE s")
    with pytest.raises(DataError, match="read-only"):
        open_source(ls.sql("SELECT nextval('s')", postgres_url)).read()
    with pytest.raises(DataError, match="data-modifying"):
        open_source(
            ls.sql("WITH gone AS (DELETE FROM leads RETURNING a) SELECT a FROM gone", postgres_url)
        ).read()
    assert open_source(ls.sql("leads", postgres_url)).read().num_rows == 1


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(UsageError, match=r"no database file.*none\.db"):
        open_source(ls.sql("leads", f"sqlite:///{tmp_path}/none.db")).read()
    assert not (tmp_path / "none.db").exists()


def _said(call) -> str:
    try:
        call()
    except LeadscoreError as error:
        return f"{error!r} {error} {''.join(traceback.format_exception(error))}"
    raise AssertionError("no error")


def test_a_password_is_in_no_message_and_no_repr(postgres_url):
    wrong = postgres_url.replace(postgres.PASSWORD, SECRET)
    gone = f"postgresql+psycopg://ada:{SECRET}@127.0.0.1:1/crm?password={SECRET}"
    unreadable, unknown = f"ada:{SECRET}@crm", f"nodb://ada:{SECRET}@host/crm"
    source = ls.sql("SELECT 1 AS one", wrong)
    told = repr(source) + address(wrong) + open_source(source).name
    told += _said(lambda: list(source.frames()))
    told += _said(lambda: list(ls.sql("leads", gone).frames()))
    told += _said(lambda: ls.sql("leads", unreadable))
    told += _said(lambda: list(ls.sql("leads", unknown).frames()))
    assert SECRET not in told
    assert "password authentication failed" in told
    assert "Check the user and the password" in told


def test_postgresql_without_a_driver_in_the_url_takes_the_one_that_is_installed(postgres_url):
    plain = postgres_url.replace("postgresql+psycopg:", "postgres:")
    assert open_source(ls.sql("SELECT 1 AS one", plain)).read().to_pylist() == [{"one": "1"}]


def test_what_is_not_installed_is_told_with_the_command_that_installs_it(monkeypatch):
    with pytest.raises(UsageError, match="driver pymysql is not installed"):
        open_engine("mysql+pymysql://ada@db.example.com/crm")
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "sqlalchemy":
            raise ModuleNotFoundError(name=name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"pip install 'leadscore\[sql\]'"):
        ls.sql("leads", "sqlite://")
