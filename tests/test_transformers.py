import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from leadscore.jobtitles import ROLES, SENIORITIES
from leadscore.maildomains import KINDS
from leadscore.transformers import JobTitleEncoder, MailDomainEncoder

LEADS = pd.DataFrame(
    {
        "jobtitle": pd.Series(["CEO", None, "Praktikant", "Sales Manager"], dtype="str"),
        "domain": pd.Series(["gmail.com", "acme.com", None, "ox.ac.uk"], dtype="str"),
    }
).set_axis([7, 3, 9, 1])


@parametrize_with_checks([JobTitleEncoder(), MailDomainEncoder()])
def test_scikit_learns_own_checks_pass(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("encoder", "column", "width"),
    [
        (JobTitleEncoder(), "jobtitle", len(ROLES) + len(SENIORITIES)),
        (MailDomainEncoder(), "domain", len(KINDS)),
    ],
)
def test_each_level_is_a_column_of_its_own(encoder, column, width):
    matrix = encoder.fit_transform(LEADS[[column]])
    assert matrix.shape == (4, width) == (4, len(encoder.get_feature_names_out()))
    assert set(np.unique(matrix)) == {0.0, 1.0}


def test_a_missing_text_has_no_level():
    assert JobTitleEncoder().fit_transform(LEADS[["jobtitle"]])[1].sum() == 0
    assert MailDomainEncoder().fit_transform(LEADS[["domain"]])[2].sum() == 0


def test_a_frame_comes_out_as_a_frame_with_its_index():
    encoder = JobTitleEncoder().set_output(transform="pandas")
    found = encoder.fit_transform(LEADS[["jobtitle"]])
    assert found.index.tolist() == [7, 3, 9, 1]
    assert found.loc[9, ["jobtitle_role_student", "jobtitle_seniority_student"]].tolist() == [1, 1]


def test_several_columns_are_encoded_one_after_the_other():
    both = LEADS.assign(former=["Nurse", "CFO", "CEO", "VP Sales"])[["jobtitle", "former"]]
    encoder = JobTitleEncoder().fit(both)
    assert encoder.get_feature_names_out()[0].startswith("jobtitle_role_")
    assert encoder.get_feature_names_out()[-1] == "former_seniority_other"
    alone = JobTitleEncoder().fit_transform(both[["former"]])
    assert (encoder.transform(both)[:, alone.shape[1] :] == alone).all()


def test_rows_do_not_depend_on_each_other():
    encoder = MailDomainEncoder().fit(LEADS[["domain"]])
    one_by_one = [encoder.transform(LEADS[["domain"]].iloc[[row]])[0] for row in range(4)]
    assert (encoder.transform(LEADS[["domain"]]) == one_by_one).all()


def test_they_work_inside_a_pipeline():
    columns = ColumnTransformer(
        [("title", JobTitleEncoder(), ["jobtitle"]), ("mail", MailDomainEncoder(), ["domain"])]
    )
    pipeline = make_pipeline(columns, LogisticRegression()).fit(LEADS, [1, 0, 0, 1])
    assert pipeline.predict(LEADS).tolist() == [1, 0, 0, 1]
    names = pipeline[0].get_feature_names_out()
    assert "title__jobtitle_role_executive" in names
    assert "mail__domain_free" in names
