import pandas as pd
import pytest
from leadframes import leads

from leadscore.drifting import drift as measure
from leadscore.driftplots import drift, forward
from leadscore.errors import DataError
from leadscore.pictures import to_png
from leadscore.reference import reference_of
from leadscore.training import train

DATA = leads()
MODEL = train(DATA)
LATER = leads(seed=4)
FOUND = measure(
    MODEL, LATER.assign(visits=LATER["visits"] + 4), reference=reference_of(MODEL, DATA)
)
FORWARD = pd.DataFrame(
    {
        "model": ["aaaa"] * 4 + ["bbbb"],
        "property": "",
        "check": "forward rate",
        "part": ["tier A", "tier B", "tier C", "tier D", "tier A"],
        "expected": [0.3, 0.2, 0.1, 0.02, 0.5],
        "value": [0.25, 0.21, 0.09, 0.03, 0.4],
        "low": [0.2, 0.15, 0.05, 0.01, 0.1],
        "high": [0.3, 0.27, 0.13, 0.05, 0.8],
        "rows": pd.array([200, 200, 900, 700, 9], dtype="Int64"),
        "verdict": "ok",
        "advice": "",
    }
)


def axes(figure):
    assert to_png(figure, dpi=40).startswith(b"\x89PNG")
    return figure.axes[0]


def names(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def test_the_score_comes_first_then_what_moved_most():
    ax = axes(drift(FOUND, labels={"visits": "Page visits"}))
    assert names(ax)[:2] == ["the score", "Page visits"]
    lengths = [bar.get_width() for bar in ax.patches]
    assert lengths[1:] == sorted(lengths[1:], reverse=True)


def test_of_many_properties_the_others_are_counted():
    ax = axes(drift(FOUND, top=2))
    assert len(ax.patches) == 3
    assert "3 more properties" in " ".join(text.get_text() for text in ax.texts)


def test_a_dollar_sign_in_a_label_starts_no_formula():
    assert "$a_$" in names(axes(drift(FOUND, labels={"visits": "$a_$"})))


def test_each_tier_shows_what_came_and_what_was_said():
    ax = axes(forward(FORWARD))
    assert [bar.get_height() for bar in ax.patches] == [0.25, 0.21, 0.09, 0.03]
    said = ax.collections[-1].get_offsets()
    assert said[:, 1].tolist() == [0.3, 0.2, 0.1, 0.02]


def test_one_model_is_drawn_the_one_asked_for():
    assert "bbbb" in " ".join(t.get_text() for t in axes(forward(FORWARD, model="bbbb")).texts)
    assert len(axes(forward(FORWARD, model="bbbb")).patches) == 1


@pytest.mark.parametrize("draw", [drift, forward])
def test_nothing_to_draw_is_said_and_what_to_wait_for(draw):
    with pytest.raises(DataError) as caught:
        draw(FORWARD.head(0))
    assert caught.value.hint
