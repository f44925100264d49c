import pytest
from sqlalchemy import URL

import leadscore as ls
from leadscore.databasewords import advice, check_escaped, scrubbed
from leadscore.errors import LeadscoreError, UsageError

PIECES = ("s3cr", "ret99", "pw77")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bob:s3cr@ret99/pw77@127.0.0.1:1/db",
        "postgresql+psycopg://bob:s3cr@ret99@127.0.0.1:1/db",
        "postgresql://bob:s3cr@ret99?pw77@127.0.0.1:1/db",
        "postgresql://bob:@s3cr@127.0.0.1:1/db",
    ],
)
def test_a_password_that_is_not_escaped_is_refused_and_no_piece_of_it_shown(url):
    with pytest.raises(UsageError, match="not escaped") as caught:
        ls.sql("leads", url)
    assert not [one for one in (*PIECES, "bob", "127.0") if one in f"{caught.value!r}"]
    assert "quote_plus" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada@corp:secret@db/crm",
        "postgresql://ada:s%40f@db/crm",
        "sqlite:////a@b/c@d.db",
        "postgresql://ada@db:5432/crm",
    ],
)
def test_urls_that_can_be_read_in_one_way_alone_are_taken(url):
    check_escaped(url)


def test_what_a_driver_says_has_no_piece_of_the_password():
    url = URL.create("postgresql", "ada", "s3cr@ret99/pw77", "db")
    said = scrubbed("no host ret99/pw77@db, s3cr%40ret99%2Fpw77, 's3cr'", url)
    assert not [one for one in PIECES if one in said]


def test_what_to_do_fits_what_the_database_says():
    assert "password" in advice('password authentication failed for user "ada"')
    assert "host" in advice("failed to resolve host 'nowhere'")
    assert "query" in advice('column "emial" does not exist')


def test_a_url_in_place_of_a_table_is_not_shown():
    with pytest.raises(LeadscoreError, match=r"ls\.sql") as caught:
        ls.push(None, "contacts", "postgresql://bob:s3cr@host", match="email")
    assert "s3cr" not in f"{caught.value!r} {caught.value.hint}"
