"""The report: one private file that loads nothing, runs nothing and hides nothing."""

import re
import stat
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from htmlreading import ATTRIBUTES, ELEMENTS, HOSTILE, Page

from leadscore.errors import SettingsError
from leadscore.ruleset import Rules
from leadscore.ruleterms import Condition, Group, Rule
from leadscore.scorereport import write_report


def inputs(word: Callable[[str], str] = str, *, signal: bool = True) -> dict[str, Any]:
    """Return what a run hands to the report; `word` makes every text in it."""
    rng = np.random.default_rng(0)
    said = 1 / (1 + np.exp(-rng.normal(-1, 1, 600)))
    ids = [word(str(100 + n)) for n in range(40)]
    contributions = pd.DataFrame(rng.normal(0, 1, (40, 3)), columns=[word(c) for c in "abc"])
    contributions.attrs["base"] = -1.0
    reason = {"property": contributions.columns[0], "value": word("yes"), "contribution": 0.5}
    evaluation = pd.DataFrame(
        [("roc_auc", 0.71, 0.68, 0.74), (word("custom"), 0.1, np.nan, np.nan)],
        columns=["metric", "value", "low", "high"],
    )
    evaluation.attrs = {"protocol": "temporal_holdout", "signal": signal, "test_rows": 600}
    evaluation.attrs["verdict"] = word("The verdict.")
    predictions = pd.DataFrame(
        {
            "contact_id": np.arange(600).astype(str),
            "snapshot_at": pd.date_range("2026-01-15", periods=600, freq="3h", tz="UTC"),
            "outcome": pd.array(rng.random(600) < said, dtype="boolean"),
            "probability": said,
        }
    )
    predictions.attrs = {"protocol": "temporal_holdout"}
    scores = pd.DataFrame(
        {
            "contact_id": ids,
            "probability": np.linspace(0.9, 0.1, 40),
            "score": pd.array(np.linspace(99, 0, 40).astype(int), dtype="Int64"),
            "tier": ["A"] * 10 + ["B"] * 10 + ["C"] * 19 + ["reached"],
            "reasons_for": [[reason]] * 40,
            "reasons_against": [[{**reason, "contribution": -0.25}]] * 40,
        }
    )
    return {
        "title": word("Report"),
        "evaluation": evaluation,
        "predictions": predictions,
        "contributions": contributions,
        "scores": scores,
        "facts": {
            "goal": word("customer"),
            word("Contacts"): 40,
            "labels": {contributions.columns[1]: word("Label of b")},
        },
        "notes": [word("A note.")],
        "excluded": [{"property": contributions.columns[1], "why": word("a clock")}],
        "set_aside": [{"property": contributions.columns[1], "why": word("an index")}],
        "pairs": [word("Seats and Source")],
        "baselines": _comparison(word),
        "points": _points(contributions.columns[0], word),
        "data": _data(word),
        "stages": {word("sync"): 3.21, "train": 1.0},
        "writeback": {"changes": 40, "written": 39, "rejected": 1, "verified": 39},
    }


def _comparison(word: Callable[[str], str]) -> pd.DataFrame:
    rows = [
        (name, "roc_auc", value, value - 0.03, value + 0.03, *(0.71 - value,) * 3)
        for name, value in (("model", 0.71), (word("portal score x"), 0.6))
    ]
    found = pd.DataFrame(
        rows,
        columns=[
            *("ranking", "metric", "value", "low", "high"),
            *("difference", "difference_low", "difference_high"),
        ],
    )
    found.attrs = {
        "protocol": "temporal_holdout",
        "cost": word("What it costs."),
        "beaten_by": [word("trees")],
        "absent": {word("rules"): word("none")},
    }
    return found


def _points(name: str, word: Callable[[str], str]) -> Rules:
    conditions = (Condition(name, "any_of", (word("web"),)),)
    group = Group(word("Who they are"), (Rule(word("rule"), 12, conditions),))
    return Rules((group,), about={"summary": word("A loss of 0.014.")})


def _data(word: Callable[[str], str]) -> pd.DataFrame:
    data = pd.DataFrame(
        {"contact_id": ["1", "2"], "outcome": pd.array([True, False], dtype="boolean")}
    )
    data.attrs = {
        "left_out": {word("too young"): 6},
        "immature": 14,
        "snapshots": {"ages": [1.0], "month_starts": True, "time_zone": "UTC"},
    }
    return data


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(tmp_path_factory.mktemp("plain") / "report.html", **inputs())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    given = inputs(lambda text: text + " ".join(HOSTILE)) | {"notes": [*HOSTILE, "a lone \ud800"]}
    return write_report(path, **given)


@pytest.fixture(params=["plain", "hostile"])
def page(request: pytest.FixtureRequest) -> Page:
    return Page(request.getfixturevalue(request.param))


def test_only_elements_and_attributes_of_the_list_are_in_the_page(page: Page) -> None:
    for tag, attributes in page.tags:
        assert tag in ELEMENTS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()), (tag, attributes)
    assert page.comments == []
    assert page.open == []


def test_the_page_loads_nothing(page: Page) -> None:
    policies = [m["content"] for m in page.of("meta") if "http-equiv" in m]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]
    assert all(str(img["src"]).startswith("data:image/png;base64,") for img in page.of("img"))


def test_the_policy_stands_before_anything_that_it_governs(page: Page) -> None:
    names = [tag for tag, _ in page.tags]
    first = next(n for n, (_, attributes) in enumerate(page.tags) if "http-equiv" in attributes)
    assert first < names.index("title") < names.index("style")


def test_every_picture_is_a_png_with_a_text_instead(page: Page) -> None:
    images = page.of("img")
    assert len(images) == 9
    for image in images:
        assert b64decode(str(image["src"]).split(",")[1]).startswith(b"\x89PNG")
        assert len(str(image["alt"])) > 10


def test_hostile_text_is_shown_and_does_nothing(hostile: Path) -> None:
    page = Page(hostile)
    for text in HOSTILE[:4]:
        assert text in page.text
    assert not re.findall(r"(?<!:)\b49\b", page.text)  # but for the clock
    letters = set(hostile.read_text("utf-8"))
    assert not letters & set("\x1b\x07\x00\u202e\u2066\ud800")


def test_a_style_sheet_holds_nothing_of_the_data(plain: Path, hostile: Path) -> None:
    def style(path: Path) -> list[str]:
        return re.findall(r"<style>(.*?)</style>", path.read_text("utf-8"), re.DOTALL)

    assert style(plain) == style(hostile)
    assert len(style(plain)) == 1


def test_the_file_is_private(plain: Path) -> None:
    assert stat.S_IMODE(plain.stat().st_mode) == 0o600
    assert [p.name for p in plain.parent.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    "words",
    [
        "The scores tell likely leads from unlikely ones.",
        "in 71 of 100 pairs (95 % interval 68 to 74; chance is 50)",
        "Tested on the newest leads, which the model had not seen.",
        "Every one of the 40 contacts in the plan is accounted for; 39 were read back",
        "The goal: customer.",
        "A note.",
        "a clock",
        "The verdict.",
        "better than the model by more than chance: trees.",
        "What it costs.",
        "Not compared: rules (none).",
        "+0.110 (+0.110 to +0.110)",
        "Seats and Source",
        "Clocks that did not help",
        "an index",
        "A loss of 0.014.",
        "+12 is web",
        "14 more snapshots are too young",
        "too young",
        "3.2 s",
    ],
)
def test_the_report_says(plain: Path, words: str) -> None:
    assert words in Page(plain).text


def test_the_top_leads_come_with_reasons_and_without_those_that_have_converted(plain: Path) -> None:
    text = Page(plain).text
    table = text[text.index("Speaks against it") : text.index("The score says")]
    listed = re.findall(r"^(1\d\d)$", table, re.MULTILINE)
    assert listed == [str(100 + n) for n in range(15)]
    assert "a: yes (+0.50)" in table
    assert "a: yes (-0.25)" in table


def test_properties_carry_their_labels(plain: Path) -> None:
    text = Page(plain).text
    assert "Label of b" in text[text.index("What was left out") :]
    assert "labels" not in text


def test_without_signal_the_page_says_so_and_that_nothing_was_written(tmp_path: Path) -> None:
    given = inputs(signal=False) | {"writeback": None}
    text = Page(write_report(tmp_path / "r.html", **given)).text
    assert "No usable signal" in text
    assert "Nothing was written to the portal, because there is no usable signal." in text


def test_the_least_that_a_run_can_have_still_makes_a_page(tmp_path: Path) -> None:
    given = inputs()
    given["predictions"] = given["predictions"].assign(
        outcome=pd.array([False] * 600, dtype="boolean")
    )
    given |= {
        "scores": given["scores"].iloc[:0],
        "contributions": given["contributions"].iloc[:0],
        "evaluation": given["evaluation"].iloc[:0],
        "facts": {},
        "notes": [],
        "excluded": [],
        "set_aside": [],
        "pairs": [],
        "baselines": None,
        "points": None,
        "data": None,
        "stages": None,
        "writeback": None,
    }
    page = Page(write_report(tmp_path / "r.html", **given))
    assert "No lead was scored." in page.text
    assert "No picture of gains curve: None of the 600 test leads converted" in page.text
    assert "Nothing was left out." in page.text
    assert len(page.of("img")) == 3


def test_contributions_may_be_indexed_by_contact(tmp_path: Path) -> None:
    given = inputs()
    given["contributions"].index = pd.Index(given["scores"]["contact_id"])
    page = Page(write_report(tmp_path / "r.html", **given))
    assert len(page.of("img")) == 9


def test_a_report_is_replaced_in_one_step_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_report(tmp_path / "file" / "r.html", **inputs())
    path = tmp_path / "r.html"
    path.write_text("old")
    with pytest.raises(KeyError):
        write_report(path, **(inputs() | {"scores": pd.DataFrame({"tier": []})}))
    assert path.read_text() == "old"


def test_tests_within_one_month_or_of_no_known_time_have_no_picture_by_month(
    tmp_path: Path,
) -> None:
    given = inputs()
    given["data"].attrs["time_known"] = False
    assert len(Page(write_report(tmp_path / "r.html", **given)).of("img")) == 8
    given = inputs()
    given["predictions"]["snapshot_at"] = pd.Timestamp("2026-01-15", tz="UTC")
    assert len(Page(write_report(tmp_path / "r.html", **given)).of("img")) == 8


def test_a_label_stands_for_its_property_in_what_was_set_aside_and_in_the_points(
    tmp_path: Path,
) -> None:
    given = inputs()
    names = given["contributions"].columns
    given["facts"]["labels"] = {names[0]: "Shown first", names[1]: "Shown second"}
    text = Page(write_report(tmp_path / "r.html", **given)).text
    assert "Shown first" in text[text.index("as points, to type") : text.index("Write-back")]
    assert "Shown second" in text[text.index("Clocks that did not help") :]
