import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.maildomains import KINDS, domain_kind

TEXTS = st.one_of(st.none(), st.text(), st.just(float("nan")), st.from_regex(r"\S*@\S+\.\S{2}"))


def kind(domain):
    return domain_kind(pd.Series([domain], dtype=object)).iloc[0]


@pytest.mark.parametrize(
    ("domain", "wanted"),
    [
        *((name, "free") for name in ("gmail.com", "yahoo.co.jp", "web.de", "GMX.at", "qq.com")),
        *(
            (name, "free")
            for name in ("hotmail.fr", "uol.com.br", "mail.ru", "libero.it", "me.com")
        ),
        *((name, "education") for name in ("mit.edu", "cs.ox.ac.uk", "unsw.edu.au", "uni-bonn.de")),
        *((name, "education") for name in ("universite-paris.fr", "fh-wedel.de", "tu-berlin.de")),
        *((name, "education") for name in ("univ-lyon1.fr", "stud.example.no", "abc.k12.ca.us")),
        *((name, "government") for name in ("nasa.gov", "home.gov.uk", "interior.gouv.fr")),
        *((name, "government") for name in ("meti.go.jp", "sat.gob.mx", "army.mil", "bmi.gv.at")),
        *((name, "disposable") for name in ("mailinator.com", "x.yopmail.fr", "trashmail.de")),
        *((name, "company") for name in ("acme.com", "unilever.com", "unicredit.it", "tu.com")),
        *((name, "company") for name in ("yahoo-inc.com", "gmail.acme.com", "governance.com")),
        *((name, "company") for name in ("münchen-bau.de", "live-events.de", "preschooler.com")),
    ],
)
def test_domains_are_told_apart(domain, wanted):
    assert kind(domain) == wanted


@pytest.mark.parametrize(
    "text", ["Ana.Silva@Yahoo.com.br", " <a@b@yahoo.de> ", "www.yahoo.com", "https://yahoo.de."]
)
def test_addresses_and_other_spellings_give_the_kind_of_their_domain(text):
    assert kind(text) == "free"


@pytest.mark.parametrize("text", [None, float("nan"), pd.NA, "", "nobody", "a@", "two words.com"])
def test_what_is_no_domain_is_missing(text):
    assert pd.isna(kind(text))


@given(st.lists(TEXTS))
def test_any_text_has_a_kind_or_none_and_stays_in_its_place(texts):
    given_ = pd.Series(texts, dtype=object, name="domain", index=range(5, 5 + len(texts)))
    found = domain_kind(given_)
    assert found.index.equals(given_.index)
    assert (found.name, str(found.dtype)) == ("domain", "str")
    assert set(found.dropna()) <= set(KINDS)
    assert found[given_.isna()].isna().all()


@given(st.text(alphabet="abc.+@-_ é\n", max_size=60))
def test_what_stands_before_the_at_sign_changes_nothing(local):
    assert kind(f"{local}@uni-bonn.de") == "education"


def test_the_kind_of_an_address_holds_nothing_of_it():
    found = domain_kind(pd.Series(["ana.silva@acme.com"]))
    assert found.tolist() == ["company"]
    assert "silva" not in repr(found)
