"""What came of the scores, by tier and owner, as pictures."""

import pandas as pd
import pytest
from crmstores import HOSTILE
from matplotlib.figure import Figure

from leadscore import outcomeplots
from leadscore.errors import DataError
from leadscore.pictures import to_png


def frame(by, names, **more):
    found = pd.DataFrame(
        {
            "model": "abc",
            by: names,
            "scores": 12,
            "judged": 10,
            "contacts": 10,
            "converted": 2,
            "rate": 0.2,
            "low": 0.05,
            "high": 0.5,
            "expected": 0.3,
            "not_due": 2,
        }
        | more
    )
    found.attrs = {"goal": "customer within 90 days", "scored": ["2026-01-01", "2026-02-01"]}
    return found


def test_a_tier_shows_its_rate_its_interval_and_what_was_said():
    ax = outcomeplots.by_tier(frame("tier", ["A", "B"])).axes[0]
    assert [bar.get_height() for bar in ax.patches] == [0.2, 0.2]
    texts = " | ".join(t.get_text() for t in ax.texts)
    assert "2 of 10" in texts
    assert "20 scores judged, 4 not due" in texts
    labels = {t.get_text() for t in ax.get_legend().get_texts()}
    assert labels == {"95 % interval", "as said"}


def test_owners_are_drawn_by_id_and_a_hostile_one_as_text():
    figure = outcomeplots.by_owner(frame("owner", ["7", HOSTILE, None]))
    assert to_png(figure, dpi=40).startswith(b"\x89PNG")
    names = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert names[0] == "owner 7"
    assert names[2] == "no owner"
    assert "\x1b" not in names[1]


def test_the_model_with_the_most_judged_scores_is_shown_unless_one_is_named():
    two = pd.concat([frame("tier", ["A"]), frame("tier", ["A"], model="other", judged=11)])
    two.attrs = {}
    shown = outcomeplots.by_tier(two).axes[0]
    assert "model other" in " ".join(t.get_text() for t in shown.texts)
    named = outcomeplots.by_tier(two, model="abc", ax=Figure().subplots()).axes[0]
    assert "model abc" in " ".join(t.get_text() for t in named.texts)


@pytest.mark.parametrize("found", [frame("tier", ["A"], judged=0), frame("tier", [])])
def test_scores_that_are_not_due_are_a_clear_error(found):
    with pytest.raises(DataError, match=r"horizon has passed yet \(\d are waiting\)"):
        outcomeplots.by_tier(found)
