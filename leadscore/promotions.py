"""The journal of promotions: which model is live under which prefix, since when, and why.

A table of the ledger, made when it is first needed, so that a ledger of an older leadscore goes on
as it is. What is live stands in a checkpoint beside it, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from leadscore.ledger import Ledger
from leadscore.stamps import now, to_json

__all__ = ["DEFAULT_PREFIX", "earlier", "empty_reasons", "live_id", "note_promotion", "promotions"]

DEFAULT_PREFIX = "leadscore"
_TABLE = """
CREATE TABLE IF NOT EXISTS promotions (
    place INTEGER PRIMARY KEY, prefix TEXT NOT NULL, kind TEXT NOT NULL, model TEXT NOT NULL,
    before TEXT NOT NULL, why TEXT NOT NULL, promoted_at TEXT NOT NULL)
"""
_ADDED = """
INSERT INTO promotions (prefix, kind, model, before, why, promoted_at) VALUES (?, ?, ?, ?, ?, ?)
"""
_CHECKPOINT = "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?)"
_ALL = "SELECT prefix, kind, model, before, why, promoted_at FROM promotions ORDER BY place"


def live_id(ledger: Ledger, prefix: str) -> str | None:
    """Return the id of the model whose scores are written under a prefix, None before the first."""
    found = ledger.checkpoint(_name(prefix))
    return None if found is None else str(found)


def _name(prefix: str) -> str:
    return "model" if prefix == DEFAULT_PREFIX else f"model:{prefix}"


def note_promotion(ledger: Ledger, model: str, *, prefix: str, kind: str, why: str) -> None:
    """Make a model the live one of a prefix, and put on record why.

    Parameters
    ----------
    ledger : Ledger
    model, prefix : str
    kind : {"promote", "roll_back"}
    why : str
    """
    before, moment = live_id(ledger, prefix) or "", now()
    with ledger.transaction() as connection:
        connection.execute(_TABLE)
        connection.execute(_ADDED, (prefix, kind, model, before, why, moment))
        connection.execute(_CHECKPOINT, (_name(prefix), to_json(model), moment))


def promotions(ledger: Ledger) -> pd.DataFrame:
    """Return all promotions, oldest first.

    Returns
    -------
    DataFrame
        ``prefix``, ``kind`` ("promote" or "roll_back"), ``model``, ``before`` (the model that was
        live until then, empty for the first), ``why`` (str), ``promoted_at`` (UTC).
    """
    with ledger.transaction() as connection:
        connection.execute(_TABLE)
    return ledger.frame(_ALL)


def empty_reasons(ledger: Ledger, texts: Iterable[str]) -> None:
    """Take reasons out that must not stay, because they name a person; the promotions stay."""
    with ledger.transaction() as connection:
        connection.execute(_TABLE)
        connection.executemany(
            "UPDATE promotions SET why = '' WHERE why = ?", [(text,) for text in texts]
        )


def earlier(ledger: Ledger, prefix: str) -> list[str]:
    """Return the models that were live before the present one, the latest first.

    Each roll-back takes one off: after A, B, C and a roll-back, B is live and A the one before.
    """
    found = promotions(ledger)
    stack: list[str] = []
    for row in found[found["prefix"] == prefix].itertuples():
        if row.kind == "roll_back":
            _take_down_to(stack, str(row.model))
        else:
            stack += [name for name in (str(row.before),) if name and name not in stack[-1:]]
            stack.append(str(row.model))
    live = live_id(ledger, prefix)
    return [name for name in reversed(stack) if name != live]


def _take_down_to(stack: list[str], model: str) -> None:
    while stack and stack[-1] != model:
        stack.pop()
