from __future__ import annotations

from html.parser import HTMLParser

import pytest
from planfiles import change, plan_of

from leadscore.guards import finding
from leadscore.planfile import Change

EVIL = "<img src=x onerror=alert(1)></script><script>alert(1)</script>\u202e"
TAGS = {"div", "p", "b", "br", "ul", "li", "span", "i", "table", "thead", "tbody", "tr", "td", "th"}


class _Page(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = set(), set(), ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data + " "


@pytest.fixture
def plan(tmp_path):
    guards = [
        finding("big_moves", blocks=True, value=0.4, limit=0.2, says="40 % of 300 contacts move."),
        finding("write_cap", blocks=True, value=9, limit=5, says="9 contacts."),
        finding("distribution_shift", blocks=False, value=0.2, limit=0.25, says="A small shift."),
    ]
    changes = [change("1", 90, "A", was=50), change("2", 70, "B", was=90, was_tier="A")]
    changes += [change("3", 95, "A", reasons=EVIL)]
    return plan_of(
        tmp_path,
        changes,
        then={"task": [Change("1", {}, {"task": "call"})]},
        guards=guards,
        overridden={"write_cap": f"the first time {EVIL}"},
        notes=[f"Archived {EVIL}"],
        creates_properties=["leadscore_reasons"],
    )


def test_what_an_analyst_must_see_is_there(plan):
    text = _Page(plan._repr_html_()).text
    for said in (
        "3 of 3 contacts change in portal 7; 1 property to create",
        "It can be applied until",
        "1 new, 1 up, 1 down",
        "Blocked by big_moves",
        "40 % of 300 contacts move.",
        "Look at the biggest movers",
        "write_cap, passed over",
        "the first time",
        "Watch distribution_shift",
        "Archived",
        "90 to 100",
        "task",
    ):
        assert said in text, said


def test_the_biggest_movers_come_first_each_figure_under_its_name(plan):
    words = _Page(plan._repr_html_()).text.split("biggest movers")[-1].split()
    assert words[:7] == ["score", "now", "planned", "moved", "tier", "now", "then"]
    assert words[7:11] == ["1", "50", "90", "40"]
    assert words.index("-20") > words.index("40")


def test_tiers_are_shown_by_where_they_come_from_and_go_to(plan):
    words = _Page(plan._repr_html_()).text.split("to A")[-1].split()
    assert words[:2] == ["to", "B"]
    assert words[words.index("A") : words.index("A") + 2] == ["A", "1"]


def test_nothing_in_it_is_live(plan):
    page = _Page(plan._repr_html_())
    assert page.tags <= TAGS
    assert page.attributes <= {"class", "style"}
    assert "\u202e" not in page.text + repr(plan)


def test_as_text_it_says_the_same_in_lines(plan):
    lines = repr(plan).splitlines()
    assert lines[0].startswith(f"Plan {plan.id}: 3 of 3 contacts change")
    assert "Contacts: 1 new, 1 up, 1 down." in lines
    assert "task: 1 changes" in lines
    assert any(line.startswith("Blocked by big_moves: 40 %") for line in lines)
    assert any(line.startswith("Note: Archived") for line in lines)


def test_a_plan_without_contacts_shows_itself_too(tmp_path):
    assert "0 of 0 contacts" in plan_of(tmp_path, [])._repr_html_()
