import numpy as np
import pandas as pd

from leadscore.encoding import bends_of, encoder, matrix_sources

TYPES = {"age": "number", "opted": "bool", "source": "level"}


def frame(n=300):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.uniform(0, 90, n),
            "opted": rng.choice([0.0, 1.0, np.nan], n),
            "source": pd.Series(rng.choice(["web", "fair"], n), dtype="str"),
        }
    )


def test_numbers_levels_and_pairs_stand_side_by_side():
    fitted = encoder(TYPES, [("age", "source")]).fit(frame())
    kinds = matrix_sources(fitted)
    assert set(kinds) == {("age",), ("opted",), ("source",), ("age", "source")}
    assert fitted.transform(frame()).shape == (300, len(kinds))


def test_without_pairs_or_levels_there_are_no_such_blocks():
    fitted = encoder({"age": "number"}).fit(frame())
    assert [name for name, _, _ in fitted.transformers_ if name != "remainder"] == ["numbers"]


def test_the_matrix_is_sparse_and_finite():
    made = encoder(TYPES, [("opted", "source")]).fit_transform(frame())
    assert made.format == "csr"
    assert np.isfinite(made.data).all()


def test_the_order_of_the_frames_columns_does_not_matter():
    fitted = encoder(TYPES, [("age", "source")]).fit(frame())
    turned = frame()[["source", "opted", "age"]]
    assert (fitted.transform(frame()) != fitted.transform(turned)).nnz == 0


def test_supple_bends_are_stiff_ones_scaled():
    stiff = encoder(TYPES, [("age", "source")], bend=0.25).fit(frame())
    supple = encoder(TYPES, [("age", "source")], bend=1.0).fit_transform(frame())
    scale = np.where(bends_of(stiff), 4.0, 1.0)
    assert 0 < bends_of(stiff).sum() < len(scale)
    np.testing.assert_array_equal(stiff.transform(frame()).toarray() * scale, supple.toarray())
