import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.sandbox import moments

MILLISECONDS = st.integers(-62_135_596_800_000, 253_402_300_799_999)


@given(MILLISECONDS)
def test_an_instant_survives_the_wire(milliseconds):
    assert moments.to_ms(moments.from_ms(milliseconds)) == milliseconds


@given(MILLISECONDS)
def test_epoch_milliseconds_and_iso_8601_mean_the_same(milliseconds):
    iso = moments.from_ms(milliseconds)
    assert moments.wire_datetime(str(milliseconds)) == moments.wire_datetime(iso) == iso


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-01-01", "2026-01-01T10:00:00", "2026-01-01 10:00Z", "9" * 30, "1e12"],
)
def test_a_datetime_needs_a_time_and_an_offset(text):
    with pytest.raises(ValueError, match=r".*"):
        moments.wire_datetime(text)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-1-1", "20260101", "1582947017000", "x"])
def test_a_date_is_a_day_or_its_midnight_in_utc(text):
    with pytest.raises(ValueError, match=r".*"):
        moments.wire_date(text)


def test_a_date_may_come_as_epoch_milliseconds():
    assert moments.wire_date("1582934400000") == moments.wire_date("2020-02-29") == "2020-02-29"
