"""Any name of a file becomes one that is harmless, and stays itself wherever it can."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadscore.errors import UsageError
from leadscore.filenames import LONGEST, checked_folder, checked_name, safe_name


@given(st.text(max_size=400))
@example("../../etc/passwd")
@example("a\r\nX-Evil: 1")
@example("\u202egnp.exe")
@example("é" * 300 + ".pdf")
@example(". .")
def test_a_safe_name_is_one_part_of_a_path_and_safe_again(name):
    safe = safe_name(name)
    assert safe == safe_name(safe)
    assert 0 < len(safe.encode()) <= LONGEST
    assert not set(safe) & set("/\\\r\n\0\u202e")
    assert safe not in (".", "..")


@pytest.mark.parametrize(
    "name",
    ['Angebot "Müller" & Co.pdf', "שלום.pdf", "👩\u200d💻 plan.pptx", "a'b%22;c=d.csv", ".env"[1:]],
)
def test_a_harmless_name_is_kept(name):
    assert safe_name(name) == checked_name(name) == unicodedata.normalize("NFC", name)


def test_a_long_name_keeps_its_ending():
    assert safe_name("ü" * 200 + ".pdf").endswith("ü.pdf")


@pytest.mark.parametrize("name", ["", "a/b.txt", "..", "a\\b", "a\nb", "x" * 256, " a"])
def test_a_name_that_somebody_gave_is_not_altered_but_refused(name):
    with pytest.raises(UsageError):
        checked_name(name)


def test_a_folder_is_a_path_of_names():
    assert checked_folder("/a/Größe & Co/2026/") == "/a/Größe & Co/2026"
    for bad in ("", "/", "a", "/a//b", "/a/../b", "/a\n", "/a\\b", "/.hidden."):
        with pytest.raises(UsageError):
            checked_folder(bad)
