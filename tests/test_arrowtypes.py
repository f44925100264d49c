"""Arrow in and out: few types, nothing lost, nothing guessed."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.arrowtypes import RowStream, plain, plain_type, to_frame
from leadscore.errors import StoreError

UTC = pa.timestamp("us", "UTC")


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        (pa.null(), pa.string()),
        (pa.large_string(), pa.string()),
        (pa.string_view(), pa.string()),
        (pa.dictionary(pa.int8(), pa.large_string()), pa.string()),
        (pa.uint8(), pa.int64()),
        (pa.float32(), pa.float64()),
        (pa.decimal128(10, 2), pa.float64()),
        (pa.date32(), UTC),
        (pa.timestamp("ns"), UTC),
        (pa.timestamp("s", "Europe/Berlin"), UTC),
        (pa.large_list(pa.null()), pa.list_(pa.field("element", pa.string()))),
        (pa.bool_(), pa.bool_()),
        (pa.binary(), pa.binary()),
    ],
)
def test_every_type_has_its_plain_type_and_that_is_final(
    kind: pa.DataType, kept: pa.DataType
) -> None:
    assert plain_type(kind) == kept
    assert plain_type(kept) == kept


def test_values_survive_the_cast() -> None:
    table = pa.table(
        {
            "word": pa.array(["a", None]).dictionary_encode(),
            "day": [date(2024, 2, 29), None],
            "moment": pa.array([1_999, None], pa.timestamp("ns")),
            "price": [Decimal("1.50"), None],
        }
    )
    word, day, moment, price = plain(table).to_pylist()[0].values()
    assert (word, price) == ("a", 1.5)
    assert day.isoformat() == "2024-02-29T00:00:00+00:00"
    assert moment.microsecond == 1


def test_a_whole_number_beyond_64_bits_is_refused_not_wrapped() -> None:
    with pytest.raises(pa.ArrowInvalid):
        plain(pa.table({"n": pa.array([2**64 - 1], pa.uint64())}))
    with pytest.raises(StoreError, match="does not fit its column's type"):
        _drain(RowStream(pa.table({"n": pa.array([2**64 - 1], pa.uint64())})))


@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_whole_numbers_stay_whole_beside_missing_ones(numbers: list[int | None]) -> None:
    frame = to_frame(pa.table({"n": pa.array(numbers, pa.int64())}))
    assert str(frame["n"].dtype) == "Int64"
    assert [None if n is pd.NA else n for n in frame["n"]] == numbers


@given(st.lists(st.none() | st.lists(st.none() | st.integers(0, 9))))
def test_lists_come_out_as_python_lists(values: list[list[int | None] | None]) -> None:
    frame = to_frame(pa.table({"l": pa.array(values, pa.list_(pa.int64()))}))
    assert frame["l"].tolist() == values


def test_a_frame_with_values_of_two_types_in_one_column_is_refused() -> None:
    mixed = pd.DataFrame({"x": pd.Series([1, "a", b"b"], dtype=object)})
    with pytest.raises(StoreError, match="values of one type"):
        RowStream(mixed)


def test_a_frames_index_is_not_stored() -> None:
    frame = pd.DataFrame({"x": [1.0]}, index=pd.Index(["a"], name="key"))
    assert RowStream(frame).reader.schema.names == ["x"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (pa.table({}), "no column"),
        (pa.Table.from_arrays([pa.array([1])] * 2, names=["a", "a"]), "two columns named 'a'"),
        ([], "No record batch came"),
        ([{"a": 1}], "not dict"),
    ],
)
def test_what_has_no_clear_columns_is_refused(data: object, says: str) -> None:
    with pytest.raises(StoreError, match=says):
        RowStream(data)


def test_rows_are_counted_as_they_are_read() -> None:
    stream = RowStream(pa.table({"n": np.arange(5)}).to_batches(max_chunksize=2))
    assert stream.rows == 0
    stream.reader.read_next_batch()
    assert stream.rows == 2
    _drain(stream)
    assert stream.rows == 5


def test_the_stream_keeps_the_error_that_cut_it_short() -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"n": [1]})
        raise KeyError("k")

    stream = RowStream(broken())
    with pytest.raises(KeyError):
        _drain(stream)
    assert isinstance(stream.failure, KeyError)


def _drain(stream: RowStream) -> None:
    try:
        stream.reader.read_all()
    except pa.ArrowException:
        assert stream.failure is not None
        raise stream.failure from None
