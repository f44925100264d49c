import hashlib
import io
import json
import os
import pickle
import stat
import sys
import zipfile
from pathlib import Path

import pytest
import skops.io
from leadframes import leads
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from leadscore import modelfiles
from leadscore.errors import ModelError
from leadscore.model import load_model
from leadscore.training import train


@pytest.fixture(scope="module")
def model():
    return train(leads())


@pytest.fixture
def folder(model, tmp_path):
    return model.save(tmp_path / "models" / "one")


def put(folder, blob):
    """Put another file in the model's place, with a card that vouches for it."""
    (folder / "model.skops").write_bytes(blob)
    card = json.loads((folder / "card.json").read_text())
    card["sha256"] = hashlib.sha256(blob).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))


class Attack:
    def __reduce__(self):
        return os.system, ("touch canary",)


def forged():
    """Return archives that would run a command, one per way of hiding it."""
    step = FunctionTransformer(func=os.system)
    plain = Pipeline([("encode", step), ("logistic", LogisticRegression())])
    return {
        "a pickle": pickle.dumps(Attack()),
        "a function in a pipeline": skops.io.dumps(plain),
        "a function alone": skops.io.dumps(os.system),
    }


def test_predictions_are_the_same_to_the_last_bit_after_a_round_trip(model, folder):
    data = leads(400, seed=9)
    again = load_model(folder)
    assert again.card == model.card
    assert again.probability(data).tobytes() == model.probability(data).tobytes()


def test_files_are_for_the_owner_only_and_nothing_else_is_left(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["card.json", "model.skops"]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_saving_again_replaces_both_files(model, folder):
    assert load_model(model.save(folder)).card["id"] == model.card["id"]


@pytest.mark.parametrize("kind", forged())
def test_a_file_that_would_run_code_is_refused_and_runs_nothing(folder, kind, tmp_path):
    put(folder, forged()[kind])
    started = []
    # An audit hook cannot be taken off again: it only counts while this test looks.
    sys.addaudithook(lambda event, _: started.append(event) if event == "os.system" else None)
    refused = "not a model file" if kind == "a pickle" else "refused: Untrusted types"
    with pytest.raises(ModelError, match=refused):
        load_model(folder)
    assert not started
    assert not list(tmp_path.rglob("canary"))
    assert not Path("canary").exists()


def test_a_harmless_object_that_is_no_model_of_ours_is_refused(folder):
    put(folder, skops.io.dumps(Pipeline([("logistic", LogisticRegression())])))
    with pytest.raises(ModelError, match="holds no leadscore model"):
        load_model(folder)


def test_a_foreign_step_inside_the_encoder_is_refused(model, folder):
    from copy import deepcopy

    forged_pipeline = deepcopy(model.pipeline)
    name, _, columns = forged_pipeline[0].transformers_[0]
    forged_pipeline[0].transformers_[0] = (name, FunctionTransformer(), columns)
    put(folder, skops.io.dumps(forged_pipeline))
    with pytest.raises(ModelError):
        load_model(folder)


def test_a_changed_bit_is_noticed(folder):
    blob = bytearray((folder / "model.skops").read_bytes())
    blob[len(blob) // 2] ^= 1
    (folder / "model.skops").write_bytes(blob)
    with pytest.raises(ModelError, match="not the one that its card describes"):
        load_model(folder)


@pytest.mark.parametrize("keep", [0, 10, 2000])
def test_a_cut_off_file_is_refused_even_when_the_card_vouches_for_it(folder, keep):
    put(folder, (folder / "model.skops").read_bytes()[:keep])
    with pytest.raises(ModelError, match="not a model file"):
        load_model(folder)


def test_a_file_that_unpacks_to_too_much_is_refused_unread(folder, monkeypatch):
    monkeypatch.setattr(modelfiles, "MAX_UNPACKED", 10**6)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b"0" * 2 * 10**6)
    put(folder, bomb.getvalue())
    with pytest.raises(ModelError, match="unpacks to 2,000,000 bytes"):
        load_model(folder)


def test_a_file_that_is_too_large_is_refused(folder, monkeypatch):
    monkeypatch.setattr(modelfiles, "MAX_FILE", 20_000)
    (folder / "model.skops").write_bytes(b"0" * 20_001)
    with pytest.raises(ModelError, match="more than 20,000 bytes"):
        load_model(folder)


def test_another_scikit_learn_is_refused_before_anything_is_built(folder):
    card = json.loads((folder / "card.json").read_text())
    card["versions"]["scikit-learn"] = "1.0"
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match=r"made with scikit-learn 1\.0"):
        load_model(folder)


@pytest.mark.parametrize("card", ["", "[]", "{}", '{"id": 1}', "\udcff"])
def test_a_damaged_card_is_refused(folder, card):
    (folder / "card.json").write_bytes(card.encode(errors="surrogateescape"))
    with pytest.raises(ModelError, match="model card"):
        load_model(folder)


@pytest.mark.parametrize("name", ["card.json", "model.skops"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load_model(folder)


def test_a_card_is_read_alone_and_checked_against_its_model(model, folder):
    assert modelfiles.read_card(folder)["id"] == model.id
    (folder / "model.skops").write_bytes(b"another")
    with pytest.raises(ModelError, match="not the one that its card describes"):
        modelfiles.read_card(folder)
