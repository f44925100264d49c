from __future__ import annotations

import pandas as pd
import pytest

from leadscore.errors import UsageError
from leadscore.pairinput import pair_frame, pair_rows


def rows(pairs, label=None):
    return [(one.key, one.label) for one in pair_rows(pair_frame(pairs), label)]


@pytest.mark.parametrize(
    "pairs",
    [
        ("7", "20"),
        (7, 20),
        [("7", 20)],
        {"from_id": 7, "to_id": 20},
        pd.DataFrame({"to_id": [20.0], "from_id": ["7"]}),
    ],
)
def test_a_pair_can_be_given_in_every_way_that_comes_to_mind(pairs):
    assert rows(pairs) == [("7:20", "")]


def test_a_row_has_its_own_label_or_the_common_one():
    frame = pd.DataFrame({"from_id": [1, 1, 1], "to_id": [2, 3, 4], "label": [" Pays ", None, ""]})
    assert [label for _, label in rows(frame, "Primary")] == ["Pays", "Primary", "Primary"]
    assert rows([(1, 2, "Pays"), (1, 3)]) == [("1:2", "Pays"), ("1:3", "")]


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ("7", "no pair"),
        (5, "no pair"),
        ([(1, 2, 3, 4)], "no pairs"),
        (pd.DataFrame({"from": [1]}), "no column 'from_id'"),
        (
            pd.DataFrame({"from_id": [1], "to_id": ["x"]}, index=["row 9"]),
            "Row row 9: to_id is 'x'",
        ),
        (pd.DataFrame({"from_id": [None], "to_id": [1]}), "Row 0: from_id"),
    ],
)
def test_what_is_no_pair_is_refused_by_row_and_column(pairs, said):
    with pytest.raises(UsageError, match=said):
        rows(pairs)


def test_a_label_that_is_no_text_is_refused():
    with pytest.raises(UsageError, match="label=1 is no label"):
        list(pair_rows(pair_frame(("7", "8")), 1))
