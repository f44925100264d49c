import pytest

from leadscore.sandbox.importfiles import BadCell, cell_reader, rows_of


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_unicode_with_or_without_its_mark(coding):
    assert rows_of("Näme\r\n\r\nЖ\r\n".encode(coding)) == [["Näme"], ["Ж"]]


@pytest.mark.parametrize("content", [b"K\xf6ln", b'"open'])
def test_what_is_not_unicode_or_not_csv_is_an_error(content):
    with pytest.raises(ValueError, match=r"."):
        rows_of(content)


def test_a_quoted_cell_holds_commas_and_line_breaks():
    assert rows_of(b'a,"b,\n""c"""\n') == [["a", 'b,\n"c"']]


@pytest.mark.parametrize(
    ("form", "cell", "day"),
    [
        ("MONTH_DAY_YEAR", "2/29/2024", "2024-02-29"),
        ("DAY_MONTH_YEAR", "29-02-2024", "2024-02-29"),
        ("YEAR_MONTH_DAY", "2024.02.29", "2024-02-29"),
    ],
)
def test_a_date_is_read_by_the_order_of_its_parts(form, cell, day):
    assert cell_reader({"type": "date", "options": []}, form)(cell) == day
    read = cell_reader({"type": "datetime", "options": []}, form)
    assert read(cell) == f"{day}T00:00:00Z"


@pytest.mark.parametrize("cell", ["29/02/2024", "2/30/2024", "2/28/24"])
def test_a_date_in_another_order_or_with_a_short_year_is_bad(cell):
    with pytest.raises(BadCell):
        cell_reader({"type": "date", "options": []}, "MONTH_DAY_YEAR")(cell)


def test_options_are_read_by_value_or_by_label_in_any_case():
    options = [{"value": "a_1", "label": "First"}, {"value": "b_2", "label": "Second"}]
    kind = {"type": "enumeration", "fieldType": "checkbox", "options": options}
    assert cell_reader(kind, "YEAR_MONTH_DAY")("first; b_2;third") == "a_1;b_2;third"
