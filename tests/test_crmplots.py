"""Pictures of the portal: what they show is what the frames say; nothing to show is an error."""

import pytest
from crmstores import HOSTILE, fill, person
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from leadscore import crmplots, report
from leadscore.errors import DataError
from leadscore.goals import reaches
from leadscore.pictures import to_png
from leadscore.store import open_store

GOAL = reaches("customer", within="90D")
PEOPLE = [
    person("1", won="2026-01-20", hubspot_owner_id="7", utm_campaign=HOSTILE),
    person("2", "2026-02-03", hubspot_owner_id=HOSTILE, utm_campaign="$spring$"),
    person("3", "2026-08-30", hubspot_owner_id=None, utm_campaign=None),
    person("4", "2026-02-03", hs_analytics_source=HOSTILE),
]
CALLED = "2026-02-03T00:10:00+00:00"


@pytest.fixture(scope="module")
def crm(tmp_path_factory):
    called = [one | {"notes_last_contacted": CALLED, "num_contacted_notes": 1} for one in PEOPLE]
    return fill(open_store(tmp_path_factory.mktemp("crm")), called)


@pytest.fixture
def empty(store):
    return fill(store, [])


def axes(figure: Figure) -> Axes:
    assert to_png(figure, dpi=40).startswith(b"\x89PNG")
    return figure.axes[0]


def words(figure: Figure) -> str:
    ax = axes(figure)
    ticks = [*ax.get_xticklabels(), *ax.get_yticklabels()]
    parts = [
        ax.get_title(loc="left"),
        ax.get_xlabel(),
        *(t.get_text() for t in [*ax.texts, *ticks]),
    ]
    return " | ".join(parts)


def test_the_funnel_shows_each_stage_with_its_share_and_interval(crm):
    figure = crmplots.funnel(report.funnel(crm))
    bars = axes(figure).patches
    assert [bar.get_width() for bar in bars] == [4, 4, 1, 1, 1, 1, 0]
    assert "4 contacts created 2026-01-10 to 2026-08-30" in words(figure)
    assert "25% of the stage before [5% to 70%]" in words(figure)


@pytest.mark.parametrize("by", ["source", "month"])
def test_a_funnel_by_something_names_every_part_with_its_size(crm, by):
    found = report.funnel(crm, by=by)
    shown = words(crmplots.funnel(found))
    sizes = found.groupby(found[by].fillna("(none)"))["contacts"].first()
    assert all(f"({size})" in shown for size in sizes)
    assert "Customer" in shown


def test_cohorts_leave_empty_what_is_not_known_yet(crm):
    found = report.cohorts(crm, GOAL, ages=3)
    ax = axes(crmplots.cohorts(found))
    numbers = [t.get_text() for t in ax.texts if t.get_text().replace(".", "").isdigit()]
    assert len(numbers) == found["rate"].notna().sum() == 6
    assert "customer" in ax.get_title(loc="left")


@pytest.mark.parametrize("name", ["sources", "campaigns"])
def test_a_rate_has_its_interval_its_counts_and_how_many_are_too_young(crm, name):
    found = getattr(report, name)(crm, GOAL)
    shown = words(getattr(crmplots, name)(found))
    assert "95 % interval" in shown
    assert "1 too young, not counted" in shown
    assert "1 of 1" in shown if name == "campaigns" else "1 of 2" in shown
    assert "customer within 90 days" in shown


def test_speed_is_shown_by_owner_and_by_band(crm):
    found = report.speed_to_lead(crm, GOAL)
    assert "all owners" in words(crmplots.speed_to_lead(found))
    assert "median 10 min" in words(crmplots.speed_to_lead(found))
    assert "within 1 hour" in words(
        crmplots.speed_to_lead(report.speed_to_lead(crm, GOAL, by="band"))
    )


def test_completeness_counts_the_empty_and_names_what_has_no_history(crm):
    shown = words(crmplots.completeness(report.completeness(crm), most=3))
    assert "4 contacts; 0 properties are empty" in shown
    assert "emptier not shown" in shown


def test_ages_show_both_clocks(crm):
    ax = axes(crmplots.ages(report.ages(crm, GOAL)))
    assert len(ax.patches) == 16
    assert "3 of 4 contacts" in " ".join(t.get_text() for t in ax.texts)


@pytest.mark.parametrize(
    "figure",
    [
        lambda s: crmplots.campaigns(report.campaigns(s, GOAL)),
        lambda s: crmplots.sources(report.sources(s, GOAL)),
        lambda s: crmplots.funnel(report.funnel(s, by="source")),
        lambda s: crmplots.speed_to_lead(report.speed_to_lead(s)),
    ],
)
def test_a_hostile_name_is_drawn_as_text_and_nothing_else(crm, figure):
    shown = words(figure(crm))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "<script>" in shown


@pytest.mark.parametrize(
    "figure",
    [
        lambda s: crmplots.funnel(report.funnel(s)),
        lambda s: crmplots.funnel(report.funnel(s, by="month")),
        lambda s: crmplots.cohorts(report.cohorts(s, GOAL)),
        lambda s: crmplots.sources(report.sources(s, GOAL)),
        lambda s: crmplots.completeness(report.completeness(s)),
        lambda s: crmplots.ages(report.ages(s)),
    ],
)
def test_an_empty_portal_gives_a_clear_error_and_no_picture(empty, figure):
    with pytest.raises(DataError, match="to draw"):
        figure(empty)


def test_a_picture_is_drawn_into_the_axes_given(crm):
    figure = Figure()
    assert crmplots.funnel(report.funnel(crm), ax=figure.subplots()) is figure
