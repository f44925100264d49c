"""Group by group, the figures are those of the group's rows, and small groups are called small."""

import numpy as np
import pandas as pd
import pytest
from panels import panel

from leadscore import metrics
from leadscore.breakdowns import breakdown, rows_of
from leadscore.errors import DataError

DATA = panel(900)


def predicted(data: pd.DataFrame = DATA) -> pd.DataFrame:
    rows = data[["contact_id", "snapshot_at", "outcome"]].copy()
    rows["probability"] = 1 / (1 + np.exp(2.5 - data["interest"]))
    rows.attrs = {"protocol": "temporal_holdout", "reference_rate": 0.1}
    return rows


ROWS = predicted()


def test_each_group_is_measured_on_its_own_rows():
    found = breakdown(ROWS, DATA, by="source").set_index("group")
    for source, part in ROWS.groupby(DATA["source"]):
        row = found.loc[source]
        assert row["rows"] == len(part)
        assert row["contacts"] == part["contact_id"].nunique()
        assert row["conversions"] == part["outcome"].sum()
        assert row["rate"] == pytest.approx(part["outcome"].mean())
        assert row["probability"] == pytest.approx(part["probability"].mean())
        assert row["calibration"] == pytest.approx(row["rate"] / row["probability"])
        assert row["roc_auc"] == metrics.roc_auc(part["outcome"], part["probability"])
    assert found.index.tolist() == found["rows"].sort_values(ascending=False).index.tolist()


def test_every_value_lies_in_its_interval():
    found = breakdown(ROWS, DATA, by="hubspot_owner_id")
    for value, low, high in (
        ("rate", "rate_low", "rate_high"),
        ("calibration", "calibration_low", "calibration_high"),
        ("roc_auc", "auc_low", "auc_high"),
    ):
        assert (found[low] <= found[value]).all()
        assert (found[value] <= found[high]).all()


def test_months_are_in_order_and_those_of_the_portal():
    found = breakdown(ROWS, DATA)
    assert found["group"].is_monotonic_increasing
    assert found["rows"].sum() == len(ROWS)
    assert found.attrs == {"by": "month", "protocol": "temporal_holdout"}
    elsewhere = DATA.copy()
    elsewhere.attrs = DATA.attrs | {"snapshots": {"time_zone": "America/New_York"}}
    assert "2024-12" in set(breakdown(ROWS, elsewhere)["group"])
    assert "2024-12" not in set(found["group"])


def test_numbers_make_four_groups_of_about_equal_size_in_order():
    found = breakdown(ROWS, DATA, by="interest")
    assert len(found) == 4
    assert found["rows"].max() - found["rows"].min() <= 2
    assert found["rate"].is_monotonic_increasing
    holes = DATA.assign(interest=DATA["interest"].where(DATA["source"] == "web"))
    assert breakdown(ROWS, holes, by="interest")["group"].tolist()[-1] == "no value"
    few = DATA.assign(few=(DATA["interest"] > 0).astype(float))
    assert breakdown(ROWS, few, by="few")["group"].tolist() == ["0", "1"]


def test_dates_booleans_and_ticked_boxes_make_groups():
    boxes = [["a", "b"] if web else ["a"] for web in DATA["source"] == "web"]
    data = DATA.assign(boxes=boxes, yes=(DATA["source"] == "web").astype("boolean"))
    by_box = breakdown(ROWS, data, by="boxes").set_index("group")["rows"]
    assert by_box.to_dict() == {"a": len(DATA), "b": (DATA["source"] == "web").sum()}
    assert set(breakdown(ROWS, data, by="yes")["group"]) == {"True", "False"}
    assert breakdown(ROWS, data, by="last_visit")["group"].is_monotonic_increasing


def test_many_levels_are_put_together_beyond_the_largest():
    found = breakdown(ROWS, DATA, by="associatedcompanyid", top=5)
    assert len(found) == 6
    assert found["group"].tolist()[-1] == "others together"
    assert found["rows"].sum() == len(ROWS)


def test_a_missing_value_is_a_group_of_its_own_at_the_end():
    holes = DATA.assign(source=DATA["source"].mask(DATA["interest"] > -2))
    found = breakdown(ROWS, holes, by="source")
    assert found["group"].tolist()[-1] == "no value"
    assert found["rows"].sum() == len(ROWS)


def test_a_group_with_few_contacts_of_an_outcome_is_called_small():
    company = DATA["associatedcompanyid"].iloc[0]
    data = DATA.assign(one=np.where(DATA["associatedcompanyid"] == company, "one", "many"))
    found = breakdown(ROWS, data, by="one").set_index("group")
    assert found["small"].to_dict() == {"many": False, "one": True}
    assert found.loc["one", "note"].startswith("small: ")
    assert found.loc["many", "note"] == ""


def test_a_group_without_a_conversion_has_no_auc_and_an_honest_range():
    none = ROWS.assign(outcome=ROWS["outcome"] & (DATA["source"] == "web"))
    row = breakdown(none, DATA, by="source").set_index("group").loc["event"]
    assert np.isnan(row["roc_auc"])
    assert row["rate"] == 0 < row["rate_high"]


def test_the_order_of_the_rows_does_not_matter():
    mixed = ROWS.sample(frac=1, random_state=1)
    one = breakdown(ROWS, DATA, by="source")
    pd.testing.assert_frame_equal(one, breakdown(mixed, DATA.iloc[::-1], by="source"))


def test_rows_are_found_by_contact_and_snapshot():
    some = ROWS.sample(50, random_state=2)
    found = rows_of(some, DATA)
    assert found.index.equals(some.index)
    assert found["interest"].tolist() == DATA.loc[some.index, "interest"].tolist()
    assert found.attrs == DATA.attrs


def test_a_column_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(DataError, match="no column 'sauce'") as error:
        breakdown(ROWS, DATA, by="sauce")
    assert "source" in str(error.value)


def test_predictions_of_other_rows_are_refused():
    with pytest.raises(DataError, match="of rows that the data"):
        breakdown(ROWS, DATA.iloc[100:], by="source")
