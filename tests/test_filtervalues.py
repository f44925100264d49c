from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import UsageError
from leadscore.filtervalues import span_of, wire_of

BERLIN = ZoneInfo("Europe/Berlin")
STAGES = {
    "name": "stage",
    "type": "enumeration",
    "options": [{"value": "lead", "label": "A lead"}, {"value": "won", "label": "Won"}],
}


def wire(value, kind, **more):
    return wire_of(value, {"name": "p", "type": kind, **more}, zone=BERLIN)


@pytest.mark.parametrize(
    ("value", "sent"),
    [(5, "5"), (2.5, "2.5"), ("1e3", "1000"), (np.int64(7), "7"), (np.float64(0.1), "0.1")],
)
def test_numbers_are_decimal(value, sent):
    assert wire(value, "number") == sent


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *(("many", "number"), (True, "number"), (float("inf"), "number"), (1, "bool")),
        *(("yes", "bool"), ("soon", "datetime"), (5, "datetime"), ("", "string")),
        ("2026-13-01", "date"),
        *((day, "date") for day in ("01.03.2025", "04.03.25", "25/03/2025", "03/04/2025")),
        *((day, "datetime") for day in ("1 March 2025", "2025", "20250301", "March", True)),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(value, kind):
    with pytest.raises(UsageError, match=f"search p for, a {kind}"):
        wire(value, kind)


@pytest.mark.parametrize(
    "value", ["2026-01-01", date(2026, 1, 1), pd.Timestamp("2026-01-01T09:00")]
)
def test_a_date_is_a_day(value):
    assert wire(value, "date") == "2026-01-01"


def test_times_are_the_portals_unless_they_say_otherwise():
    noon = str(pd.Timestamp("2026-07-01T12:00", tz=BERLIN).value // 10**6)
    assert wire("2026-07-01 12:00", "datetime") == noon
    assert wire(datetime(2026, 7, 1, 10, tzinfo=UTC), "datetime") == noon
    assert wire("2026-07-01T10:00:00Z", "datetime") == noon


def test_milliseconds_are_times_and_numbers_that_may_be_something_else_are_not():
    for value in (1767225600000, "1767225600000", np.int64(1767225600000), 1767225600000.0):
        assert wire(value, "datetime") == "1767225600000"
    with pytest.raises(UsageError, match="Give a date as"):
        wire(1767225600, "datetime")


def test_a_day_in_which_clocks_change_is_shorter():
    low, high = span_of("2026-03-29", {"type": "datetime"}, zone=BERLIN)
    assert int(high) - int(low) + 1 == 23 * 3_600_000


def test_a_time_of_day_and_a_date_property_are_no_span():
    assert span_of("2026-03-29 10:00", {"type": "datetime"}, zone=UTC) is None
    assert span_of("2026-03-29", {"type": "date"}, zone=UTC) is None


@pytest.mark.parametrize(
    ("value", "hint"),
    [("A lead", "its value is 'lead'"), ("leads", "mean lead?"), ("zzz", "one of lead, won")],
)
def test_an_option_that_is_not_there_is_said_with_those_that_are(value, hint):
    with pytest.raises(UsageError, match=f"no option '{value}'.*{hint}"):
        wire_of(value, STAGES, zone=UTC)


def test_options_that_hubspot_keeps_elsewhere_are_not_checked():
    assert wire("42", "enumeration", options=[], externalOptions=True) == "42"
