"""The words of the market: several scripts, a title for every rank."""

from __future__ import annotations

import numpy as np
import pytest

from leadscore.sandbox import people
from leadscore.sandbox.people import COUNTRIES, SENIORITIES, TITLES, Words, ascii_name


def test_every_country_has_a_title_for_every_rank() -> None:
    for country in COUNTRIES:
        assert len(country.titles) == len(SENIORITIES), country.name
        assert all(word.strip() == word != "" for rank in country.titles for word in rank)


def test_a_title_is_of_its_country_and_rank() -> None:
    for code, country in enumerate(COUNTRIES):
        for rank, titles in enumerate(country.titles):
            which = np.full(50, code * len(SENIORITIES) + rank)
            assert set(TITLES.picked(which, np.linspace(0, 0.999, 50))) == set(titles)


def test_a_figure_picks_each_word_of_its_list_and_no_other() -> None:
    words = Words([("a", "b", "c"), ("d",)])
    assert words.picked(np.array([0, 0, 0, 1]), np.array([0.0, 0.5, 0.999, 0.999])).tolist() == [
        *("a", "b", "c", "d")
    ]


@pytest.mark.parametrize("script", ["A", "é", "ł", "佐", "Δ", "Ш", "أ", "श"])
def test_names_are_of_several_scripts(script: str) -> None:
    names = "".join([*people.FIRST.all, *people.LAST.all])
    assert script in names


@pytest.mark.parametrize("name", ["葵", "Ελένη", "أحمد", "Étienne", "Zoë"])
def test_the_name_in_a_mail_address_is_plain_and_never_empty(name: str) -> None:
    assert ascii_name(name).isascii()
    assert ascii_name(name).isalpha()
