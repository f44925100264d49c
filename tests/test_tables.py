"""Whole tables: what a file or frame becomes, outcome, time, and every refusal."""

# ruff: noqa: PD011 -- Outcome.values is ours, not pandas'

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.errors import TableError
from leadscore.tables import Table, outcome, read_table, times, wire

DATA = os.environ.get("LEADSCORE_DATA", "")
needs_data = pytest.mark.skipif(not DATA, reason="LEADSCORE_DATA names no folder of public tables")


def frame_of(**columns: object) -> Table:
    return read_table(pd.DataFrame(columns))


@pytest.fixture
def leads() -> Table:
    return frame_of(
        age=[20, 30, 40, 50],
        y=["no", "yes", None, "no"],
        stage=["a", "b", "c", "a"],
        paid=["TRUE", "false", "False", "true"],
        won=[0, 1, 0, 1],
        city=["Ulm", "Ulm", "Ulm", "Ulm"],
    )


# ------------------------------------------------------------------ tables


def test_frame_has_the_documented_dtypes_and_a_range_index() -> None:
    frame = pd.DataFrame(
        {"n": ["1", "2"], "b": ["true", "false"], "e": ["x", "x"], "d": ["2024-01-01", None]},
        index=[7, 7],
    )
    table = read_table(frame)
    assert [str(dtype) for dtype in table.frame.dtypes] == [
        "float64",
        "boolean",
        "str",
        "datetime64[us, UTC]",
    ]
    assert isinstance(table.frame.index, pd.RangeIndex)
    assert table.source == "DataFrame"


def test_the_frame_that_was_given_is_not_changed() -> None:
    frame = pd.DataFrame({"n": ["1", "NA"], "y": ["no", "yes"]})
    before = frame.copy(deep=True)
    read_table(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_renamed_shows_only_the_names_that_changed() -> None:
    table = frame_of(**{"emp.var.rate": [1, 2], "age": [1, 2], "email": ["a@example.org", "b"]})
    assert table.renamed == {"emp.var.rate": "emp_var_rate", "email": "table_email"}


def test_a_column_without_a_name_is_named_by_its_position(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    path.write_text(",a,column_1\n0,1,2\n")
    assert list(read_table(path).frame) == ["column_1_", "a", "column_1"]


def test_a_delimiter_at_every_lines_end_makes_no_column(tmp_path: Path) -> None:
    path = tmp_path / "trailing.csv"
    path.write_text("a,b,\n1,2,\n3,4,\n")
    assert list(read_table(str(path)).frame) == ["a", "b"]


def test_column_suggests_the_nearest_name(leads: Table) -> None:
    with pytest.raises(TableError, match=r"no column 'Age'; it has 'age', 'y'.*mean 'age'"):
        leads.column("Age")


def test_hundreds_of_columns_keep_their_order_and_types(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    names = [f"c{i}" for i in range(600)]
    path.write_text("\n".join([",".join(names), *[",".join(["1"] * 600)] * 3]))
    table = read_table(path)
    assert list(table.frame) == names
    assert {column.type for column in table.columns} == {"number"}


@needs_data
def test_bank_table_is_read_as_published() -> None:
    table = read_table(Path(DATA) / "bank-additional-full.csv.gz")
    assert table.frame.shape == (41188, 21)
    assert table.renamed["nr.employed"] == "nr_employed"
    assert {c.type for c in table.columns} == {"number", "enumeration"}
    assert "unknown" in table.column("job").options
    assert outcome(table, "y").values.sum() == 4640


@needs_data
def test_shoppers_table_is_read_as_published() -> None:
    table = read_table(Path(DATA) / "online-shoppers-intention.csv.gz")
    found = outcome(table, "Revenue")
    assert (len(table.frame), found.positive, found.values.sum()) == (12330, "true", 1908)
    months = times(table, date="Month")
    assert months is not None
    assert months.nunique() == 10


# ------------------------------------------------------------------ refusals

FILES = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n\n", "is empty"),
    "binary": (bytes(range(256)) * 8, "is binary"),
    "one column": (b"y\nyes\nno\n", "one column only: 'y'"),
    "header only": (b"a,y\n", "a header but no rows"),
    "duplicate names": (b"a,y, a\n1,2,3\n", "duplicate column names: 'a'"),
    "ragged": (b"a,y\n1,2\n1,2,3\n", "3 values instead of 2 in line 3"),
    "short": (b'a,y\n"x\nz",2\n1\n', "1 values instead of 2 in line 4"),
    "unclosed": (b'a,y\n1,2\n1,"no\n1,2\n', "a quote in line 3 that is never closed"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_bad_file_is_one_clear_error_that_says_what_to_do(kind: str, tmp_path: Path) -> None:
    content, words = FILES[kind]
    path = tmp_path / "leads.csv"
    path.write_bytes(content)
    with pytest.raises(TableError) as caught:
        read_table(path)
    assert words in caught.value.message
    assert "'leads.csv'" in caught.value.message
    assert caught.value.hint.endswith(".")
    assert list(tmp_path.iterdir()) == [path]


def test_missing_file_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"no file 'leads\.csv'\. Looked in") as caught:
        read_table(tmp_path / "leads.csv")
    assert str(tmp_path.name) in caught.value.hint


@pytest.mark.parametrize("name", ["a\0b", "~nobody-of-that-name/leads.csv", "x" * 5000])
def test_an_impossible_path_is_a_table_error(name: str) -> None:
    with pytest.raises(TableError):
        read_table(name)


def test_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="is a directory"):
        read_table(tmp_path)


@pytest.mark.parametrize("source", [["a.csv", "b.csv"], ("a.csv", "b.csv")])
def test_two_files_are_refused(source: object) -> None:
    with pytest.raises(TableError, match="One table is read at a time, not 2"):
        read_table(source)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize("source", [None, 3, {"a": [1]}, np.zeros((2, 2))])
def test_what_is_no_frame_is_refused(source: object) -> None:
    with pytest.raises(TableError, match=r"a path or a pandas DataFrame, not a"):
        read_table(source)  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "The DataFrame has duplicate column names"),
        (pd.DataFrame([[1, 2]]), "names that are not text: '0', '1'"),
        (pd.DataFrame({"a": [1]}), "The DataFrame has one column only: 'a'"),
        (pd.DataFrame(), "The DataFrame has no columns"),
        (pd.DataFrame({"a": [], "b": []}), "columns but no rows"),
    ],
)
def test_a_bad_frame_is_refused(frame: pd.DataFrame, words: str) -> None:
    with pytest.raises(TableError) as caught:
        read_table(frame)
    assert words in str(caught.value)


def test_messages_are_short_and_inert() -> None:
    hostile = {f"\x1b[31m{'x' * 500}{i}\u202e": [1, 2] for i in range(300)}
    with pytest.raises(TableError) as caught:
        read_table(pd.DataFrame(hostile)).column("y\x07")
    assert len(str(caught.value)) < 3000
    assert str(caught.value).isprintable()


def complaint(path: Path) -> str:
    try:
        table = read_table(path)
    except TableError as error:
        return str(error)
    assert len(table.frame) > 0
    assert list(table.frame) == [column.name for column in table.columns]
    return ""


@settings(max_examples=300, deadline=None)
@given(content=st.one_of(st.binary(max_size=400), st.text(max_size=300).map(str.encode)))
def test_read_table_raises_nothing_but_table_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("bytes") / "leads.csv"
    path.write_bytes(content)
    assert complaint(path).isprintable()


TABLE_LIKE = st.text(alphabet="a1,;\t|\"'\n\r. -/:TtNx\x00é", max_size=80)


@settings(max_examples=500, deadline=None)
@given(
    content=TABLE_LIKE,
    before=st.sampled_from([b"", b"a,b\n", b"\xff\xfe", b"\x1f\x8b", b"PK\x03\x04", b"BZh9"]),
)
def test_read_table_raises_nothing_but_table_error_on_almost_tables(
    content: str, before: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("almost") / "leads.csv"
    path.write_bytes(before + content.encode())
    assert complaint(path).isprintable()


# ------------------------------------------------------------------ outcome


def test_yes_and_no_know_their_positive(leads: Table) -> None:
    found = outcome(leads, "y")
    assert found.positive == "yes"
    assert found.values.dtype == "boolean"
    assert found.values.tolist() == [False, True, pd.NA, False]


@pytest.mark.parametrize(("column", "positive"), [("paid", "true"), ("won", "1")])
def test_booleans_and_zero_one_know_their_positive(
    leads: Table, column: str, positive: str
) -> None:
    assert outcome(leads, column).positive == positive
    assert outcome(leads, column).values.sum() == 2


@pytest.mark.parametrize("positive", ["TRUE", "true", True, " true "])
def test_positive_is_returned_as_on_the_wire(leads: Table, positive: object) -> None:
    assert outcome(leads, "paid", positive=positive).positive == "true"


@pytest.mark.parametrize("positive", [1, 1.0, "1", "1.0"])
def test_a_positive_number_may_be_spelt_in_any_way(leads: Table, positive: object) -> None:
    assert outcome(leads, "won", positive=positive).values.tolist() == [False, True, False, True]


def test_positive_ignores_case_unless_that_is_ambiguous() -> None:
    assert outcome(frame_of(y=["Won", "lost"], n=[1, 2]), "y", positive="won").positive == "Won"
    both = frame_of(y=["Won", "WON", "lost"], n=[1, 2, 3])
    assert outcome(both, "y", positive="WON").positive == "WON"
    with pytest.raises(TableError, match="No lead has 'wOn'"):
        outcome(both, "y", positive="wOn")


def test_three_values_need_a_positive(leads: Table) -> None:
    with pytest.raises(
        TableError, match=r"which of its 3 values .*: 'a', 'b', 'c'.*with --positive"
    ):
        outcome(leads, "stage")
    assert outcome(leads, "stage", positive="b").values.sum() == 1


def test_two_values_that_say_nothing_need_a_positive() -> None:
    table = frame_of(y=["blue", "red", "red"], n=[1, 2, 3])
    with pytest.raises(TableError, match="which of its 2 values"):
        outcome(table, "y")


def test_two_values_that_both_say_yes_need_a_positive() -> None:
    with pytest.raises(TableError, match="which of its 2 values"):
        outcome(frame_of(y=["won", "yes", "yes"], n=[1, 2, 3]), "y")


def test_a_positive_that_does_not_occur_shows_the_values_that_do(leads: Table) -> None:
    with pytest.raises(
        TableError, match=r"No lead has 'maybe' in column 'y'; it holds 'no', 'yes'"
    ):
        outcome(leads, "y", positive="maybe")


@pytest.mark.parametrize("positive", [None, "Ulm"])
def test_an_outcome_with_one_value_is_refused(leads: Table, positive: str | None) -> None:
    with pytest.raises(TableError, match="one value only: 'Ulm'"):
        outcome(leads, "city", positive=positive)


def test_an_outcome_without_values_is_refused() -> None:
    with pytest.raises(TableError, match="holds no values"):
        outcome(frame_of(y=[None, None], n=[1, 2]), "y")


def test_an_unknown_outcome_column_suggests_the_nearest() -> None:
    with pytest.raises(TableError, match=r"Did you mean 'Revenue'\?"):
        outcome(frame_of(Revenue=["yes", "no"], Region=[1, 2]), "revenu")


# ------------------------------------------------------------------ times


def test_without_date_or_order_time_is_unknown(leads: Table) -> None:
    assert times(leads) is None


def test_row_order_is_strictly_increasing_and_utc(leads: Table) -> None:
    found = times(leads, order=True)
    assert found is not None
    assert str(found.dtype) == "datetime64[us, UTC]"
    assert found.is_monotonic_increasing
    assert found.is_unique


def test_date_and_order_together_are_refused(leads: Table) -> None:
    with pytest.raises(TableError, match="Time is given twice"):
        times(leads, date="age", order=True)


@pytest.mark.parametrize("words", [["Feb", "june", "MARCH"], ["february", "Jun", "mar."]])
def test_month_names_keep_the_order_of_the_year(words: list[str]) -> None:
    found = times(frame_of(m=words, n=[1, 2, 3]), date="m")
    assert found is not None
    assert found.rank().tolist() == [1, 3, 2]


@given(st.lists(st.sampled_from(["Jan", "May", "Sept", "december"]), min_size=2))
@settings(max_examples=30, deadline=None)
def test_ties_stay_ties(months: list[str]) -> None:
    found = times(frame_of(m=months, n=range(len(months))), date="m")
    assert found is not None
    assert found.nunique() == len(set(months))
    assert pd.Series(months).groupby(found.to_numpy()).nunique().eq(1).all()


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2024-03-02", "2023-01-31"], "2024-03-02"),
        (["2.3.2024", "31.01.2023"], "2024-03-02"),
        (["02/03/2024", "31/01/2023"], "2024-03-02"),
        (["03/02/2024", "01/31/2023"], "2024-03-02"),
        ([20240302, 20230131], "2024-03-02"),
        (["2024-03", "2023-01"], "2024-03-01"),
        (["2024-03-02T01:30:00+02:00", "2023-01-31T00:00:00Z"], "2024-03-01T23:30:00"),
    ],
)
def test_dates_of_many_kinds_are_read(cells: list[object], first: str) -> None:
    found = times(frame_of(d=cells, n=[1, 2]), date="d")
    assert found is not None
    assert found[0] == pd.Timestamp(first, tz="UTC")
    assert found[1] < found[0]


def test_unreadable_dates_are_counted_and_shown() -> None:
    table = frame_of(d=["2024-01-01", "soon", "later", "2024-01-02"], n=[1, 2, 3, 4])
    with pytest.raises(TableError, match=r"2 of 4 rows of column 'd': 'soon', 'later'"):
        times(table, date="d")


def test_missing_dates_are_counted() -> None:
    with pytest.raises(TableError, match="no date in 1 of 2 rows"):
        times(frame_of(d=["2024-01-01", None], n=[1, 2]), date="d")


def test_day_and_month_that_cannot_be_told_apart_are_refused() -> None:
    table = frame_of(d=["03/04/2024", "05/06/2024"], n=[1, 2])
    with pytest.raises(TableError, match="may be day/month/year or month/day/year"):
        times(table, date="d")


def test_numbers_are_no_dates(leads: Table) -> None:
    with pytest.raises(TableError, match="4 of 4 rows of column 'age'"):
        times(leads, date="age")


def test_wire_is_reexported(leads: Table) -> None:
    assert wire(leads.frame["age"], "number").tolist() == ["20", "30", "40", "50"]
