"""One query: only what it names is loaded, nothing else is in reach."""

import pyarrow as pa
import pytest

from leadscore.errors import StoreError
from leadscore.sqlquery import answer

LEADS = pa.table({"id": ["1", "2"], "n": [2**62, 2**62]})


def test_only_the_tables_that_the_query_names_are_loaded() -> None:
    loaded: list[str] = []

    def load(name: str) -> pa.Table:
        loaded.append(name)
        return LEADS

    query = 'with deals as (select 1 as x) select count(*) from "Leads", deals'
    answer(query, ["leads", "companies"], load)
    assert loaded == ["leads"]


def test_sums_are_whole_where_they_fit_64_bits_and_exact_enough_beyond() -> None:
    fits = answer("select sum(n - 1) as s from leads where id = '1'", ["leads"], lambda _: LEADS)
    assert fits.schema.field("s").type == pa.int64()
    assert fits["s"].to_pylist() == [2**62 - 1]
    beyond = answer("select sum(n) + 1 as s from leads", ["leads"], lambda _: LEADS)
    assert beyond["s"].to_pylist()[0] == 2**63 + 1


def test_the_time_zone_is_utc() -> None:
    zone = answer("select current_setting('TimeZone') as zone", [], lambda _: LEADS)
    assert zone["zone"].to_pylist() == ["UTC"]


@pytest.mark.parametrize("name", ["enable_external_access", "python_enable_replacements"])
def test_what_is_shut_stays_shut(name: str) -> None:
    shut = answer(f"select current_setting('{name}') as s", [], lambda _: LEADS)
    assert shut["s"].to_pylist() == [False]
    with pytest.raises(StoreError, match="SET is no query"):
        answer(f"set {name} = true", [], lambda _: LEADS)


def test_explain_is_allowed() -> None:
    assert answer("explain select 1", [], lambda _: LEADS).num_rows
