"""Pictures: shown by notebooks without pyplot, and never broken by a name."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from leadscore.pictures import (
    Picture,
    axes_for,
    figure_of,
    how_tested,
    label,
    name_bars,
    percent,
    protocol_words,
    title,
    to_png,
    whiskers,
)

HOSTILE = ["$x$", "$\\frac{", "\\x1b[31m", "\x1b[31mred", "会社名", "a\nb", "\u202eabc", "<b>", ""]


def test_importing_pictures_leaves_pyplot_alone() -> None:
    code = "import leadscore.plots, sys; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_notebook_can_show_a_picture() -> None:
    ax = axes_for(None)
    figure = figure_of(ax)
    assert isinstance(figure, Picture)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_given_axes_are_drawn_into() -> None:
    ax = Figure().add_subplot()
    assert axes_for(ax) is ax
    assert figure_of(ax) is ax.figure


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_can_stand_in_a_picture(name: str) -> None:
    ax = axes_for(None)
    ax.barh([0], [1])
    name_bars(ax, [label(name, None)])
    title(ax, label(name, None), label(name, None))
    assert to_png(figure_of(ax), dpi=40).startswith(b"\x89PNG")


def test_a_label_is_shown_instead_of_the_name_and_cut_when_long() -> None:
    assert label("n_visits", {"n_visits": "Visits"}) == "Visits"
    assert label("n_visits", None) == "n_visits"
    assert len(label("x" * 99, None)) == 34


def test_the_first_bar_is_on_top() -> None:
    ax = axes_for(None)
    name_bars(ax, ["first", "second"])
    low, high = ax.get_ylim()
    assert low > high


def test_how_it_was_tested_counts_known_outcomes_and_names_the_protocol() -> None:
    rows = pd.DataFrame({"outcome": pd.array([True, False, pd.NA], dtype="boolean")})
    rows.attrs["protocol"] = "temporal_holdout"
    assert how_tested(rows).startswith("2 test rows; tested on the newest leads")


@pytest.mark.parametrize("protocol", ["temporal_holdout", "rolling", "cross_validation"])
def test_every_protocol_has_plain_words(protocol: str) -> None:
    assert "_" not in protocol_words(protocol)


def test_a_missing_protocol_is_said_to_be_missing() -> None:
    assert protocol_words(None) == "protocol not stated"


def test_whiskers_reach_from_low_to_high() -> None:
    ax = axes_for(None)
    whiskers(ax, [0], pd.DataFrame({"rate": [0.4], "low": [0.1], "high": [0.6]}), "rate")
    (bars,) = ax.collections
    assert np.array(bars.get_segments()[0])[:, 1] == pytest.approx([0.1, 0.6])


def test_percent_writes_shares() -> None:
    assert percent().format_pct(0.25, 1) == "25 %"
    assert percent(1).format_pct(0.255, 1) == "25.5 %"


def test_a_long_line_below_the_title_squeezes_no_picture_and_is_in_the_file_whole() -> None:
    def drawn(below: str) -> tuple[float, int]:
        ax = axes_for(None)
        title(ax, "Title", below)
        data = to_png(figure_of(ax), dpi=50)
        return ax.get_position().width, int.from_bytes(data[16:20], "big")

    (short, narrow), (long, wide) = drawn("short"), drawn("long " * 60)
    assert long == short
    assert wide > 2 * narrow


def test_a_name_of_wide_letters_is_cut_to_the_width_of_the_others() -> None:
    assert label("会" * 30, None) == "会" * 16 + "…"
    assert label("会社", None) == "会社"
    assert len(label("x" * 60, None)) == 34
    assert label("", None) == ""
