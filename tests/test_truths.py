import numpy as np
import pandas as pd
import pytest

from leadscore.truths import is_told, read_truth


@pytest.mark.parametrize("word", ["yes", "JA", " Oui ", "si", "sí", "true", "1", 1, 1.0, np.True_])
def test_yes_is_read_in_every_way_of_writing_it(word):
    assert read_truth(word) is True


@pytest.mark.parametrize("word", ["no", "Nein", "non", "FALSE", "0", 0, 0.0, False, np.False_])
def test_no_is_read_in_every_way_of_writing_it(word):
    assert read_truth(word) is False


@pytest.mark.parametrize("word", ["vielleicht", "", None, float("nan"), pd.NA, 2, [True]])
def test_what_says_neither_is_neither(word):
    assert read_truth(word) is None


def test_a_blank_is_not_told_and_a_word_that_nobody_can_read_is():
    assert [is_told(one) for one in ("  ", pd.NaT, "vielleicht", [0])] == [False, False, True, True]
