"""A model on disk: ``model.skops`` and ``card.json``.

Loading executes nothing of the file's: skops builds the object from types that scikit-learn and
NumPy publish, and the few further types allowed are fixed here, never taken from the file.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import sklearn
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from leadscore.bins import Bins
from leadscore.blocks import Hinges, Levels
from leadscore.errors import ModelError
from leadscore.pairs import Pairs
from leadscore.workspace import make_private, replace_file

__all__ = ["load", "read_card", "save"]

_PARTS = (Hinges, Levels, Pairs, Bins)
TRUSTED = ["numpy.dtype", *(f"{part.__module__}.{part.__qualname__}" for part in _PARTS)]
MAX_FILE = 50 * 2**20
MAX_UNPACKED = 200 * 2**20
_AGAIN = "Train the model again, or restore its folder from a backup."


def save(pipeline: Pipeline, card: dict[str, Any], folder: Path) -> Path:
    """Write both files; the card, which names the other's hash, last.

    Returns
    -------
    Path
        The folder, with mode 0700; the files have 0600.
    """
    blob = skops.io.dumps(pipeline)
    card["sha256"] = hashlib.sha256(blob).hexdigest()
    make_private(folder)
    replace_file(folder / "model.skops", blob)
    replace_file(folder / "card.json", json.dumps(card, indent=1, allow_nan=False).encode())
    return folder


def load(folder: Path) -> tuple[Pipeline, dict[str, Any]]:
    """Read both files and check them against each other before anything is built.

    Raises
    ------
    ModelError
        See `leadscore.model.LeadModel.load`.
    """
    card, blob = _checked(folder)
    _check_archive(blob, folder)
    return _build(blob, folder), card


def read_card(folder: Path) -> dict[str, Any]:
    """Read the card alone, and check that the model beside it is the one that it describes.

    Raises
    ------
    ModelError
        As `load`, but for what only building the model can show.
    """
    return _checked(folder)[0]


def _checked(folder: Path) -> tuple[dict[str, Any], bytes]:
    card = _read_card(folder / "card.json")
    blob = _read(folder / "model.skops")
    if hashlib.sha256(blob).hexdigest() != card["sha256"]:
        raise ModelError(
            f"The model in {folder} is not the one that its card describes.", hint=_AGAIN
        )
    if card["versions"].get("scikit-learn") != sklearn.__version__:
        raise ModelError(
            f"The model was made with scikit-learn {card['versions'].get('scikit-learn')},"
            f" and this is {sklearn.__version__}.",
            hint="Train it again, or install that version.",
        )
    return card, blob


def _build(blob: bytes, folder: Path) -> Pipeline:
    try:
        pipeline = skops.io.loads(blob, trusted=TRUSTED)
        ours = _is_ours(pipeline)
    except Exception as error:  # noqa: BLE001  a damaged file can fail anywhere inside skops
        raise ModelError(
            f"The model in {folder} is refused: {str(error).splitlines()[0][:200]}", hint=_AGAIN
        ) from None
    if not ours:
        raise ModelError(f"The file in {folder} holds no leadscore model.", hint=_AGAIN)
    return pipeline


def _is_ours(pipeline: Any) -> bool:
    if type(pipeline) is not Pipeline:
        return False
    wanted = {"encode": ColumnTransformer, "logistic": LogisticRegression}
    if {name: type(step) for name, step in pipeline.steps} != wanted:
        return False
    parts = [step for _, step, _ in pipeline.named_steps["encode"].transformers_]
    return all(type(part) in _PARTS or part == "drop" for part in parts)


def _check_archive(blob: bytes, folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            sizes = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError):
        raise ModelError(f"The file in {folder} is not a model file.", hint=_AGAIN) from None
    if sizes > MAX_UNPACKED:
        raise ModelError(
            f"The model in {folder} unpacks to {sizes:,} bytes; the limit is {MAX_UNPACKED:,}.",
            hint=_AGAIN,
        )


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(_read(path))
    except ValueError:
        raise ModelError(f"The model card {path} is not JSON.", hint=_AGAIN) from None
    wanted = {
        *("id", "goal", "features", "limits", "means", "ahead"),
        *("excluded", "quantiles", "versions", "sha256"),
    }
    if not isinstance(card, dict) or not wanted <= card.keys():
        raise ModelError(f"The model card {path} is not complete.", hint=_AGAIN)
    return card


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ModelError(
            f"The model file {path} cannot be read: {error.strerror}.", hint=_AGAIN
        ) from None
    if len(content) > MAX_FILE:
        raise ModelError(f"The model file {path} has more than {MAX_FILE:,} bytes.", hint=_AGAIN)
    return content
