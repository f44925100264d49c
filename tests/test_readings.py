import pandas as pd
import pytest

from leadscore.readings import READINGS, kind_of_text, readings


def texts(*kinds, n=40):
    return pd.Series([kinds[i % len(kinds)].format(i) for i in range(n)], dtype="str")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (texts("Head of Sales {}", "Accountant {}", "Leiter Vertrieb {}"), "title"),
        (texts("a{}@gmail.com", "b{}@acme.de"), "domain"),
        (texts("firm{}.com", "werk{}.de"), "domain"),
        (texts("Town {}", "Village {}"), "string"),
        (texts("we would like {} seats", "please call back {}"), "string"),
        (texts("CEO", "CFO"), "string"),
        (pd.Series([None] * 40, dtype="str"), "string"),
        (texts("1.{}", "2.{}"), "string"),
    ],
)
def test_what_a_text_holds_is_told_from_the_texts(values, kind):
    assert kind_of_text(values) == kind


def test_the_order_of_the_rows_does_not_matter():
    values = texts("Head of Sales {}", "Accountant {}", "Something else {}", n=900)
    assert kind_of_text(values.sample(frac=1, random_state=1)) == kind_of_text(values)


def test_what_is_read_has_the_columns_name_in_front():
    assert readings("seen", "datetime") == ["seen: weekday"]
    assert readings("visits", "number") == []


def test_a_weekday_is_that_in_utc_whatever_the_zone():
    moment = pd.Series(pd.to_datetime(["2026-11-25T23:30Z"], utc=True))
    read = READINGS["datetime"]["weekday"]
    assert read(moment).tolist() == ["Wednesday"]
    assert read(moment.dt.tz_convert("Asia/Tokyo")).tolist() == ["Wednesday"]
