"""A form with a file: from the disk, again where needed, and with nothing odd in its headers."""

from __future__ import annotations

import email
import tracemalloc

import pytest

from leadscore.errors import SettingsError
from leadscore.hubspot.multipart import FileForm


def parts(form):
    head = f"Content-Type: {form.headers['Content-Type']}\r\n\r\n".encode()
    return email.message_from_bytes(head + b"".join(form)).get_payload()


def test_the_form_is_what_any_reader_of_mime_takes_it_for(tmp_path):
    path = tmp_path / "a.PDF"
    path.write_bytes(b"\r\n--not a boundary\r\n\0")
    form = FileForm(path, {"fileName": 'Ünder "quote"\r\nX-Evil: 1.pdf'})
    name, file = parts(form)
    assert name.get_payload(decode=True).decode() == 'Ünder "quote"\r\nX-Evil: 1.pdf'
    assert file.get_payload(decode=True) == path.read_bytes()
    assert file.get_filename() == "file.pdf"
    assert file.get_content_type() == "application/pdf"


@pytest.mark.parametrize("name", ['a".x"y', "a.\n", "evil.a b", "x" * 250, "🙂", "noending"])
def test_a_files_own_name_stands_in_no_header(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"1")
    (file,) = parts(FileForm(path, {}))
    assert file.get_filename() == "file"


def test_it_can_be_sent_again_and_says_how_long_it_is(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 700_000)
    form = FileForm(path, {"a": "b"})
    first = b"".join(form)
    assert first == b"".join(form)
    assert len(first) == int(form.headers["Content-Length"])
    path.write_bytes(b"x" * 800_000)  # somebody goes on writing: what was promised is sent
    assert len(b"".join(form)) == len(first)


def test_a_file_that_became_shorter_or_is_gone_is_an_error(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"x" * 10)
    form = FileForm(path, {})
    path.write_bytes(b"x")
    with pytest.raises(SettingsError, match="became shorter"):
        list(form)
    path.unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        FileForm(path, {})


def test_a_large_file_is_never_whole_in_memory(tmp_path):
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(64 * 2**20)
    tracemalloc.start()
    sent = sum(len(piece) for piece in FileForm(path, {}))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent > 64 * 2**20
    assert most < 4 * 2**20
