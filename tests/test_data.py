"""The sample export: made by its script, free of names and leaks, readable as a table."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from leadscore.tables import Table, outcome, read_table, times

DATA = Path(__file__).parents[1] / "data"
SAMPLE = DATA / "sample_contacts.csv"


@pytest.fixture(scope="module")
def table() -> Table:
    return read_table(SAMPLE)


def test_the_committed_file_is_what_the_script_makes(tmp_path: Path) -> None:
    made = tmp_path / "sample.csv"
    script = [sys.executable, DATA / "make_sample.py", "--output", made]
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    assert "2000 contacts" in done.stdout
    assert made.read_bytes() == SAMPLE.read_bytes().replace(b"\r\n", b"\n")


def test_contacts_and_seed_are_obeyed() -> None:
    sample = runpy.run_path(str(DATA / "make_sample.py"))["sample"]
    first, second = sample(contacts=50, seed=1), sample(contacts=50, seed=2)
    assert len(first) == len(second) == 50
    assert not first.equals(second)


def test_columns_find_the_types_that_the_readme_says(table: Table) -> None:
    types = {column.name: column.type for column in table.columns}
    assert types["createdate"] == "datetime"
    assert types["numemployees"] == types["product_interest"] == "enumeration"
    assert types["hs_email_open"] == types["seats_needed"] == "number"
    assert types["demo_requested"] == "bool"


def test_readme_describes_every_column(table: Table) -> None:
    readme = (DATA / "README.md").read_text("utf-8")
    assert [name for name in table.frame if f"`{name}`" not in readme] == []


def test_outcome_and_time_are_found(table: Table) -> None:
    found = outcome(table, "became_customer")
    when = times(table, date="createdate")
    assert found.positive == "yes"
    assert 150 <= found.values.sum() <= 280  # noqa: PD011 - Outcome.values is ours
    assert when is not None
    assert when.is_monotonic_increasing
    assert when.max() <= pd.Timestamp("2026-01-01", tz="UTC") - pd.Timedelta("90D")


def test_nobody_is_named_and_nothing_is_told_after_the_fact(table: Table) -> None:
    personal = {"email", "firstname", "lastname", "phone", "company"}
    after = {"closedate", "num_associated_deals", "lifecyclestage", "recent_deal_amount"}
    assert not set(table.frame) & (personal | after)
    assert b"@" not in SAMPLE.read_bytes()
