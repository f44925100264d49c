"""One form of an address, wherever it comes from."""

from __future__ import annotations

import pytest

from leadscore.addresses import bare, domain_forms, domain_of, email_of, is_email


@pytest.mark.parametrize(
    "text",
    [
        "fresh.example",
        "http://fresh.example",
        "WWW.fresh.example",
        "https://www.Fresh.example:443/path?x=1#y",
        " fresh.example. ",
        "'fresh.example",
        "fresh.example\u200b",
    ],
)
def test_a_domain_has_one_form(text):
    assert domain_of(text) == "fresh.example"


def test_letters_beyond_ascii_and_their_code_are_one_domain():
    forms = {domain_of(one) for one in ("müller.example", "MÜLLER.example", "mu\u0308ller.example")}
    assert forms == {domain_of("xn--mller-kva.example")} == {"xn--mller-kva.example"}
    assert domain_forms("xn--mller-kva.example") == ["xn--mller-kva.example", "müller.example"]
    assert domain_forms("xn--\u00e9.example") == ["xn--\u00e9.example"]


@pytest.mark.parametrize(
    "text", ["joe@dupe2.example", "acme", "", "a b.example", "10.0.0.12", "http://", "a..example"]
)
def test_what_is_no_domain_is_none(text):
    assert domain_of(text) is None


def test_a_domain_that_begins_with_www_and_no_more_stays():
    assert domain_of("www.example") == "www.example"


@pytest.mark.parametrize(
    "text", ["'Ada@Example.com", "\ufeffada@example.com\u200b", "<ada@example.com>"]
)
def test_an_address_has_one_form(text):
    assert email_of(text) == "ada@example.com"


@pytest.mark.parametrize(
    "text", ["ada", "ada@example", "a b@example.com", "x@e.example;y@e.example", "a@b..example", ""]
)
def test_what_is_no_address_is_none(text):
    assert email_of(text) is None
    assert not is_email(text)


def test_an_address_with_what_nobody_sees_is_none_as_it_stands():
    assert not is_email("ada\u200b@example.com")


def test_what_nobody_sees_is_taken_off():
    assert bare("\u200b'a\u00ad ") == "a"
