import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore import jobtitles
from leadscore.jobtitles import ROLES, SENIORITIES, role_of, seniority_of

TITLES = [
    ("CEO", "executive", "chief"),
    ("C.E.O.", "executive", "chief"),
    ("Co-Founder", "executive", "chief"),
    ("Geschäftsführer:in", "executive", "chief"),
    ("GESCHAEFTSFUEHRER", "executive", "chief"),
    ("GF", "executive", "chief"),
    ("Inhaberin", "executive", "chief"),
    ("PDG", "executive", "chief"),
    ("Président-directeur général", "executive", "chief"),
    ("Dueño", "executive", "chief"),
    ("Amministratore Delegato", "executive", "chief"),
    ("Eigenaar", "executive", "chief"),
    ("Diretora Geral", "executive", "chief"),
    ("CTO", "engineering", "chief"),
    ("Chief Revenue Officer", "sales", "chief"),
    ("VP Sales", "sales", "vp"),
    ("V.P. of Marketing", "marketing", "vp"),
    ("Senior Vice President, Engineering", "engineering", "vp"),
    ("Vice-président", "executive", "vp"),
    ("Head of Sales", "sales", "director"),
    ("Leiterin Marketing", "marketing", "director"),
    ("Vertriebsleiter (m/w/d)", "sales", "director"),
    ("Directrice des Ressources Humaines", "hr", "director"),
    ("Director de Ventas", "sales", "director"),
    ("Direttore Finanziario", "finance", "director"),
    ("Hoofd Inkoop", "operations", "director"),
    ("Diretor Comercial", "sales", "director"),
    ("Sales Manager", "sales", "manager"),
    ("Teamleiter Vertrieb", "sales", "manager"),
    ("Responsable marketing", "marketing", "manager"),
    ("Jefe de Compras", "operations", "manager"),
    ("Responsabile acquisti", "operations", "manager"),
    ("Verkoopmanager", "sales", "manager"),
    ("Gerente de Vendas", "sales", "manager"),
    ("Assistant Manager", "operations", "manager"),
    ("Sr. Software Engineer", "engineering", "senior"),
    ("Softwareentwickler", "engineering", "specialist"),
    ("Développeuse full stack", "engineering", "specialist"),
    ("Ingeniero de sistemas", "engineering", "specialist"),
    ("Boekhouder", "finance", "specialist"),
    ("Rechtsanwältin", "legal", "specialist"),
    ("Steuerberater", "finance", "specialist"),
    ("Internal Auditor", "finance", "specialist"),
    ("IT Recruiter", "hr", "specialist"),
    ("Investigador", "research", "specialist"),
    ("Professor of Economics", "research", "specialist"),
    ("Junior Marketing Manager", "marketing", "junior"),
    ("Marketing Assistant", "marketing", "junior"),
    ("Praktikant", "student", "student"),
    ("Étudiante", "student", "student"),
    ("Estagiário", "student", "student"),
    ("Tirocinante", "student", "student"),
    ("Stagiair", "student", "student"),
    ("Becario", "student", "student"),
    ("\uff33\uff21\uff2c\uff25\uff33", "sales", "specialist"),  # full width
    ("asdf", "other", "other"),
    ("Nurse", "other", "other"),
]


LANGUAGES = {
    "English": """
        Head of People | hr | director
        Chief of Staff | operations | director
        Account Executive | sales | specialist
        Business Development Manager | sales | manager
        Growth Lead | marketing | senior
        Tax Advisor | finance | specialist
        DevOps Engineer | engineering | specialist
        Compliance Officer | legal | specialist
        Plant Manager | operations | manager
        Research Scientist | research | specialist
        Managing Partner | executive | chief
        Trainee | student | student
    """,
    "German": """
        Kaufmännischer Geschäftsführer | executive | chief
        Referentin der Geschäftsführung | operations | specialist
        Personalreferentin | hr | specialist
        Finanzbuchhalterin | finance | specialist
        Auszubildende zur Kauffrau | student | student
        Einkaufsleiter | operations | director
        Außendienstmitarbeiter | sales | specialist
        Rechtsanwalt | legal | specialist
        Hochschullehrer | research | specialist
        Teamleiterin Kundenservice | operations | manager
        Produktmanagerin | marketing | manager
        IT-Leiter | engineering | director
    """,
    "French": """
        Responsable des achats | operations | manager
        Comptable | finance | specialist
        Chargée de recrutement | hr | specialist
        Développeur web | engineering | specialist
        Commerciale | sales | specialist
        Avocat | legal | specialist
        Stagiaire communication | student | student
        Gérant | executive | chief
        Enseignante | research | specialist
        DRH | hr | director
        DAF | finance | director
        DSI | engineering | director
    """,
    "Spanish": """
        Directora de Marketing | marketing | director
        Jefa de Ventas | sales | manager
        Contable | finance | specialist
        Abogada | legal | specialist
        Desarrollador de software | engineering | specialist
        Consejero Delegado | executive | chief
        Responsable de Recursos Humanos | hr | manager
        Becaria | student | student
        Profesora | research | specialist
    """,
    "Italian": """
        Direttrice Commerciale | sales | director
        Responsabile Marketing | marketing | manager
        Ragioniere | finance | specialist
        Sviluppatrice | engineering | specialist
        Avvocato | legal | specialist
        Titolare | executive | chief
        Addetto alle vendite | sales | specialist
        Responsabile Risorse Umane | hr | manager
    """,
    "Dutch": """
        Algemeen directeur | executive | chief
        Hoofd Verkoop | sales | director
        Verkoper | sales | specialist
        Ontwikkelaar | engineering | specialist
        Financieel directeur | finance | director
        Advocaat | legal | specialist
        Docent | research | specialist
        Projectleider | operations | manager
        HR-manager | hr | manager
    """,
    "Portuguese": """
        Diretor Financeiro | finance | director
        Gerente de Marketing | marketing | manager
        Desenvolvedora | engineering | specialist
        Advogado | legal | specialist
        Sócio | executive | chief
        Analista de RH | hr | specialist
        Coordenadora de Vendas | sales | manager
        Compradora | operations | specialist
    """,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_working_day_of_each_language_is_understood(language):
    rows = [line.split(" | ") for line in LANGUAGES[language].strip().splitlines()]
    cases = pd.DataFrame([[cell.strip() for cell in row] for row in rows])
    found = pd.DataFrame({0: cases[0], 1: role_of(cases[0]), 2: seniority_of(cases[0])})
    pd.testing.assert_frame_equal(found, cases)


@pytest.mark.parametrize(("title", "role", "seniority"), TITLES)
def test_titles_are_understood_in_several_languages(title, role, seniority):
    one = pd.Series([title])
    assert (role_of(one)[0], seniority_of(one)[0]) == (role, seniority)


@pytest.mark.parametrize(
    ("title", "role", "seniority"),
    [
        ("Executive Assistant to the CEO", "operations", "specialist"),
        ("Assistentin der Geschäftsführung", "operations", "specialist"),
        ("Assistante de direction", "operations", "specialist"),
        ("Product Owner", "engineering", "specialist"),
        ("HR Business Partner", "hr", "specialist"),
        ("Partner Manager", "sales", "specialist"),
        ("Student Services Manager", "research", "manager"),
    ],
)
def test_who_works_beside_the_top_is_not_the_top(title, role, seniority):
    one = pd.Series([title])
    assert (role_of(one)[0], seniority_of(one)[0]) == (role, seniority)


@pytest.mark.parametrize("title", [None, float("nan"), pd.NA, "", " - ", "n/a", "???"])
def test_a_title_that_says_nothing_is_missing(title):
    one = pd.Series([title], dtype=object)
    assert role_of(one).isna().all()
    assert seniority_of(one).isna().all()


@given(st.lists(st.one_of(st.none(), st.text(), st.characters(), st.floats())))
def test_any_text_has_a_level_or_none_and_stays_in_its_place(titles):
    given_ = pd.Series(titles, dtype=object, name="jobtitle", index=range(3, 3 + len(titles)))
    for found, levels in ((role_of(given_), ROLES), (seniority_of(given_), SENIORITIES)):
        assert found.index.equals(given_.index)
        assert (found.name, str(found.dtype)) == ("jobtitle", "str")
        assert set(found.dropna()) <= set(levels)
        assert found[given_.isna()].isna().all()


@given(
    st.sampled_from(TITLES), st.sampled_from(["{}", " {} ", "*{}*", "{}!", "«{}»", "\u200b{}\n"])
)
def test_capitals_signs_and_spaces_around_a_title_change_nothing(case, frame):
    title, role, seniority = case
    for text in (title.upper(), title.lower(), title):
        one = pd.Series([frame.format(text)])
        assert (role_of(one)[0], seniority_of(one)[0]) == (role, seniority)


def test_a_title_of_many_pages_is_read_at_its_beginning_only():
    assert role_of(pd.Series(["Sales " + "blah " * 100_000]))[0] == "sales"


def test_every_list_names_a_level_and_its_words_are_found():
    for lists, levels in ((jobtitles._ROLE_WORDS, ROLES), (jobtitles._LEVEL_WORDS, SENIORITIES)):
        for name, words in lists:
            assert name in levels
            assert all(len(jobtitles._letters(word)) > 1 for word in words.split(",")), name


def test_rows_are_looked_up_together_as_they_are_alone():
    many = pd.Series([title for title, _, _ in TITLES] * 3)
    assert role_of(many).tolist() == [role for _, role, _ in TITLES] * 3
