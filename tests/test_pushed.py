"""What a push did, in numbers."""

from __future__ import annotations

import pandas as pd

from leadscore.pushed import Pushed


def test_rows_conflicts_and_missing_rows_are_counted_and_no_value_is_told():
    done = Pushed(
        run="r1",
        source="crm.csv",
        dry_run=False,
        results=pd.DataFrame({"state": ["created", "created", "unchanged"]}),
        conflicts=pd.DataFrame([(1, "7", "city", "portal")]),
        gone=pd.DataFrame({"id": ["8", "9"], "done": ["archived", "held back"]}),
    )
    assert done.as_dict() == {
        "run": "r1",
        "source": "crm.csv",
        "dry_run": False,
        "created": 2,
        "unchanged": 1,
        "conflicts": 1,
        "gone": 2,
        "archived": 1,
        "held_back": 1,
        "unread": 0,
    }
