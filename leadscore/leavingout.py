"""Which contacts are left out: by list or rule, and who is scored but never written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.errors import UsageError

__all__ = ["Exclude", "chosen_rows", "excluded_by", "held_out", "needs_columns"]

Rule: TypeAlias = "str | Iterable[str] | Callable[[pd.DataFrame], Any]"
Exclude: TypeAlias = "Rule | Mapping[str, Rule] | None"
# Sixteen bytes each: the same contacts are held out, and the same rows chosen, every night.
_HOLD_OUT = "leadscore-unseen"
_ROWS = "leadscore-sample"
_EXAMPLE = "exclude=\"lifecyclestage == 'other'\", a list of ids, or a function of the contacts."


def excluded_by(exclude: Exclude, contacts: pd.DataFrame) -> dict[str, npt.NDArray[np.bool_]]:
    """Return who is left out, by reason.

    Parameters
    ----------
    exclude : list or Series of str, str, callable, mapping of them, or None
        Ids; or a condition on the contacts' present values as `DataFrame.query` takes it; or a
        function of the contacts' frame that returns one bool each. A mapping names the reasons.
    contacts : DataFrame
        ``id`` and the columns that the conditions are about.

    Returns
    -------
    dict of str to array of bool, shape (contacts,)
        Who has several reasons counts for the first. Missing values meet no condition.

    Raises
    ------
    UsageError
        The condition cannot be read, or does not tell a bool for each contact.

    Examples
    --------
    >>> contacts = pd.DataFrame({"id": ["1", "2"], "seniority": ["student", "manager"]})
    >>> found = excluded_by({"students": "seniority == 'student'"}, contacts)
    >>> {reason: who.tolist() for reason, who in found.items()}
    {'students': [True, False]}
    """
    if exclude is None:
        return {}
    rules = exclude if isinstance(exclude, Mapping) else {"left out on request": exclude}
    taken = np.zeros(len(contacts), bool)
    found = {}
    for reason, rule in rules.items():
        found[str(reason)] = _meets(rule, contacts) & ~taken
        taken |= found[str(reason)]
    return found


def needs_columns(exclude: Exclude) -> bool:
    """Return whether leaving out takes more than ids."""
    rules = exclude.values() if isinstance(exclude, Mapping) else [exclude]
    return any(isinstance(rule, str) or callable(rule) for rule in rules)


def _meets(rule: Rule, contacts: pd.DataFrame) -> npt.NDArray[np.bool_]:
    if isinstance(rule, str) or callable(rule):
        return _told(rule, contacts)
    if not isinstance(rule, Iterable):
        raise UsageError("exclude is no list, condition or function.", hint=f"Write {_EXAMPLE}")
    ids = {str(one) for one in rule}
    return np.asarray(contacts["id"].isin(ids), dtype=bool)


def _told(
    rule: str | Callable[[pd.DataFrame], Any], contacts: pd.DataFrame
) -> npt.NDArray[np.bool_]:
    try:
        found = contacts.eval(rule) if isinstance(rule, str) else rule(contacts)
        told = pd.Series(found, index=contacts.index).astype("boolean")
    except Exception as error:  # noqa: BLE001 - a condition may fail in any way
        # Other errors may quote a contact's values.
        told_by = error if isinstance(error, NameError | SyntaxError) else type(error).__name__
        raise UsageError(
            f"The condition in exclude cannot be used: {told_by}.",
            hint=f"Use internal names of contact properties: {_EXAMPLE}",
        ) from None
    return np.asarray(told.fillna(value=False), dtype=bool)


def held_out(ids: Iterable[str], share: float) -> npt.NDArray[np.bool_]:
    """Return which contacts are scored but never written: a random share, the same every night.

    What is written changes what sales does, and so what the next model learns. Contacts whose
    scores nobody saw show how leads fare without.

    Parameters
    ----------
    ids : iterable of str
        Contact ids.
    share : float
        From 0 to 1.

    Returns
    -------
    array of bool
        It depends on the id alone. A greater share holds out the same contacts, and more.

    Raises
    ------
    UsageError
        The share is not between 0 and 1.

    Examples
    --------
    >>> held_out([str(i) for i in range(10_000)], 0.1).mean().round(2)
    np.float64(0.1)
    """
    if not 0 <= share <= 1:
        raise UsageError(f"A hold-out of {share} is no share.", hint="Write hold_out=0.05, say.")
    return np.asarray(_unit(ids, _HOLD_OUT) < share)


def _unit(ids: Iterable[str], key: str) -> npt.NDArray[np.float64]:
    """Return a number from 0 to 1 for each id, which looks random."""
    texts = np.asarray(list(ids), dtype=object)
    if not len(texts):
        return np.zeros(0)
    return np.asarray(pd.util.hash_array(texts, hash_key=key) / 2.0**64)


def chosen_rows(
    ids: Iterable[str], contact: npt.NDArray[Any], at: npt.NDArray[Any], *, most: int
) -> npt.NDArray[np.bool_]:
    """Return which snapshots stay where there are too many: a random share, the same every time.

    Parameters
    ----------
    ids : iterable of str
        Contact ids.
    contact, at : array of int, shape (n,)
        The snapshots: places in the ids, epoch milliseconds.
    most : int
        About how many rows stay.
    """
    if len(at) <= most:
        return np.ones(len(at), bool)
    seed = pd.util.hash_array(np.asarray(list(ids), dtype=object), hash_key=_ROWS)
    mixed = pd.util.hash_array(seed[contact] ^ at.astype(np.uint64))
    return np.asarray(mixed / 2.0**64 < most / len(at))
