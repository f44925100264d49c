import io
import zipfile

from leadscore.sandbox import exportfiles
from leadscore.sandbox.exportfiles import Layout, packed, written


def test_up_to_two_megabytes_are_csv_and_more_are_a_zip_file():
    assert packed("x", [b"0" * 2**21])[:2] == ("x.csv", "text/csv; charset=utf-8")
    name, kind, content = packed("x", [b"0" * (2**21 + 1)])
    assert (name, kind) == ("x.zip", "application/zip")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["x.csv"]


def test_more_rows_than_a_file_takes_make_several_files(portal, add, monkeypatch):
    monkeypatch.setattr(exportfiles, "MOST_ROWS", 2)
    people = [add(email=f"p{number}@example.com") for number in range(3)]
    tables = written(portal, portal.collection("contacts"), people, Layout(["email"]))
    assert [table.count(b"\n") for table in tables] == [3, 2]
    with zipfile.ZipFile(io.BytesIO(packed("x", tables)[2])) as archive:
        assert archive.namelist() == ["x-1.csv", "x-2.csv"]


def test_quotes_commas_and_line_breaks_survive(portal, add):
    person = add(email="a@example.com", firstname='say "hi",\nthere')
    layout = Layout(["firstname"])
    (table,) = written(portal, portal.collection("contacts"), [person], layout)
    assert table.decode() == '"Record ID","First name"\n"1001","say ""hi"",\nthere"\n'


def test_an_export_without_records_has_its_head(portal):
    (table,) = written(portal, portal.collection("contacts"), [], Layout(["email"]))
    assert table.decode() == '"Record ID","Email"\n'
