"""Text from outside shows all that is in it, on one line, and does nothing else."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.visibletext import visible


@given(st.text())
def test_any_text_becomes_one_line_without_control_codes(text: str) -> None:
    shown = visible(text)
    assert len(shown) <= 200
    assert not {unicodedata.category(letter) for letter in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode("utf-8")


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=200))
def test_letters_digits_and_signs_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_what_is_visible_stays_so(text: str) -> None:
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize("letter", "\x1b\x00\u202e\u2066\u200f\ud800")
def test_what_acts_instead_of_showing_is_replaced_not_dropped(letter: str) -> None:
    assert visible(f"a{letter}b") == "a\ufffdb"


def test_emoji_joined_from_several_stay_joined() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert visible(family) == family


def test_what_is_cut_says_so() -> None:
    assert visible("x" * 201) == "x" * 199 + "…"
    assert visible("x" * 200) == "x" * 200


def test_any_object_is_taken() -> None:
    assert visible(None) == "None"
    assert visible(3.5) == "3.5"
