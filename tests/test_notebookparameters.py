"""The parameters of a notebook are those of its tagged cell; others are refused."""

from __future__ import annotations

import pytest
from nbformat import v4

from leadscore.errors import UsageError
from leadscore.notebookparameters import check_parameters, parameters_of, read_file, read_words

CELL = """# Parameters
sandbox = True
url: str = "https://x/?q=1"  # a = b
since: "date | None" = None
workspace = ".leadscore"
capacity = 10 * 10
low, high = 1, 2
names = ["a"]
"""


@pytest.fixture
def known():
    cells = [v4.new_code_cell("x = 1"), v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})]
    return parameters_of(v4.new_notebook(cells=cells))


def test_every_plain_assignment_is_a_parameter(known):
    assert [*known] == ["sandbox", "url", "since", "workspace", "capacity", "names"]
    assert known["url"].default == "https://x/?q=1"
    assert known["since"].kind.name == "date"


def test_a_computed_default_takes_anything_plain(known):
    assert read_words(known, ["capacity=7"]) == {"capacity": 7}


def test_words_are_read_as_the_defaults_are(known):
    given = read_words(known, ["sandbox=false", "url=a=b", "since=none", "names=x,y"])
    assert given == {"sandbox": False, "url": "a=b", "since": None, "names": ["x", "y"]}


@pytest.mark.parametrize("read", [lambda k: read_words(k, ["workspaec=x"]),
                                  lambda k: check_parameters(k, {"workspaec": "x"})])  # fmt: skip
def test_an_unknown_name_is_refused_and_the_nearest_suggested(known, read):
    with pytest.raises(UsageError, match=r"no parameter 'workspaec'\. Did you mean workspace"):
        read(known)


def test_a_name_unlike_any_is_told_all_names(known):
    with pytest.raises(UsageError, match="It has sandbox, url, since"):
        check_parameters(known, {"zzz": 1})


def test_a_notebook_without_parameters_takes_none():
    known = parameters_of(v4.new_notebook(cells=[v4.new_code_cell("a = 1")]))
    assert known is None
    assert check_parameters(known, {}) == {}
    with pytest.raises(UsageError, match="has no parameters, and 'a' was given"):
        check_parameters(known, {"a": 2})


@pytest.mark.parametrize("word", ["capacity", "=5", "pat-na1-00000000-1111-2222-3333-444444444444"])
def test_a_word_that_names_nothing_is_refused_and_not_repeated(known, word):
    with pytest.raises(UsageError, match="name=value") as told:
        read_words(known, [word])
    assert "pat-" not in str(told.value)


def test_a_name_is_given_once(known):
    with pytest.raises(UsageError, match="given twice"):
        read_words(known, ["capacity=1", "capacity=2"])


def test_a_cell_that_is_no_python_is_told():
    cell = v4.new_code_cell("a = = 1", metadata={"tags": ["parameters"]})
    with pytest.raises(UsageError, match="not Python: line 1"):
        parameters_of(v4.new_notebook(cells=[cell]))


def test_a_file_of_parameters_is_yaml(tmp_path, known):
    (tmp_path / "p.yaml").write_text("sandbox: false\nsince: 2026-01-02\n")
    given = check_parameters(known, read_file(tmp_path / "p.yaml"))
    assert given == {"sandbox": False, "since": "2026-01-02"}


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [", "!!python/object:os.system {}"])
def test_a_file_of_something_else_is_refused(tmp_path, text):
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(UsageError, match=r"p\.yaml"):
        read_file(tmp_path / "p.yaml")


def test_a_missing_file_of_parameters_is_told(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        read_file(tmp_path / "p.yaml")
