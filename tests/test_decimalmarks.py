import pytest

from leadscore.decimalmarks import check_mark, decimal_mark, plain_number
from leadscore.errors import TableError


@pytest.mark.parametrize(
    ("words", "mark"),
    [
        (["1.250", "3,5"], ","),
        (["1,250", "3.5"], "."),
        (["1.250", "1.250.000"], ","),
        (["1,250", "1,250,000"], "."),
        (["1.250", "1.234,567"], ","),
        (["1.250", "0.125"], "."),
        (["1,250", "0,125"], ","),
        (["1.250", "12345.678"], "."),
        (["1.250", "1.5e3"], "."),
        (["40", None, "many"], "."),
    ],
)
def test_one_number_that_leaves_no_doubt_decides_for_the_whole_column(words, mark):
    assert decimal_mark(words) == mark


@pytest.mark.parametrize("words", [["1.250", "2.500"], ["1,250"], ["7", "1.250", "1,250"]])
def test_a_column_that_proves_nothing_is_refused_and_says_how_to_tell(words):
    with pytest.raises(TableError, match=r"'seats' may be read in two ways") as caught:
        decimal_mark(words, name="seats")
    assert 'decimal="."' in caught.value.hint
    assert decimal_mark(words, ",") == ","


def test_a_column_in_both_forms_is_refused_with_its_rows():
    with pytest.raises(TableError, match=r"'1\.5' in row 4 and '3,5' in row 2"):
        decimal_mark(["3,5", "1.5"], rows=[2, 4])


def test_a_number_becomes_plain_only_where_the_sign_fits():
    assert [plain_number(one, ",") for one in ("1.250", "1.25", "3,5", "-1.234,5")] == [
        *("1250", None, "3.5", "-1234.5")
    ]


def test_a_sign_that_is_none_is_refused():
    with pytest.raises(TableError, match="decimal is ';'"):
        check_mark(";")
