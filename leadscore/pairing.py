"""Associate records, end associations, and look at them: frames in, frames out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from leadscore.arrowtypes import to_frame
from leadscore.finding import ids_of
from leadscore.hubspot.associationtypes import association_types
from leadscore.hubspot.objecttypes import find_type
from leadscore.hubspot.reading import ASSOCIATIONS, read_associations
from leadscore.hubspot.searching import keyset
from leadscore.pairinput import pair_frame, pair_rows

if TYPE_CHECKING:
    from pathlib import Path

    from leadscore.hubspot.connection import Portal
    from leadscore.pairplans import PairPlan
    from leadscore.pairruns import PairRun

__all__ = ["associate", "association_labels", "associations", "dissociate"]

_SHOWN = ["from_id", "to_id", "label", "category", "type_id"]


def associate(
    portal: Portal,
    from_type: str,
    to_type: str,
    pairs: Any,
    *,
    label: str | None = None,
    dry_run: bool = False,
    workspace: str | Path | None = None,
    max_writes: int | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> PairRun | PairPlan:
    """Associate records, one pair or a hundred thousand, each accounted for.

    Pairs that are associated already cost no write, so the same call can be made again at any
    time, also after one that was interrupted.

    Parameters
    ----------
    portal : Portal
    from_type, to_type : str
        ``contacts``, ``companies``, ``deals``, ``tasks``, ``notes``, …, or a custom type.
    pairs : DataFrame, tuple, or list of tuples
        ``from_id``, ``to_id`` and, where there is one, ``label``.
    label : str, optional
        Of the pairs that have none of their own: "Primary", or one that the portal has made. It is
        looked up, whatever the case of its letters; labels that a pair has already stay. A record
        has one primary company: of several rows that name one, the last counts, and the others
        are duplicates, left out whole.
    dry_run : bool, default False
        Return the plan and write nothing; `apply` carries it out.
    workspace : path, optional
        Where it goes on record; by default that of the settings.
    max_writes : int, optional
        More pairs than this are not written (guard ``write_cap``); by default that of the
        settings.
    override : mapping of str to str, optional
        Guards to pass over, each with the reason.
    progress : bool, default True

    Returns
    -------
    PairRun or PairPlan
        ``.counts``, and ``.results``: per row associated, unchanged, conflict, rejected (with
        HubSpot's words: there is no such record, say) or duplicate.

    Raises
    ------
    UsageError
        An id that is none, a label or an object type that the portal has not: before anything is
        written.
    GuardError
        More pairs than may be written.
    HubSpotError
        The portal stopped answering. What was done is on record; the same call goes on.

    Notes
    -----
    HubSpot API docs, "Associate records": 2,000 pairs a call. Every label goes with the type that
    has none, which is set too. The first company of a contact or deal becomes its primary one by
    itself. `undo` takes off what the run put on, unless the pair has got a label of the portal's
    own since.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     contact = ls.find(portal, "contacts", limit=1)["id"][0]
    ...     company = ls.find(portal, "companies", sort="-createdate", limit=1)["id"][0]
    ...     pair = (contact, company)
    ...     plan = ls.associate(portal, "contacts", "companies", pair, dry_run=True)
    >>> plan.results[["state"]].shape
    (1, 1)
    """
    given = _Given(portal, (from_type, to_type), pairs, label, workspace)
    return given.done(
        "associate", dry_run=dry_run, max_writes=max_writes, override=override, progress=progress
    )


def dissociate(
    portal: Portal,
    from_type: str,
    to_type: str,
    pairs: Any,
    *,
    label: str | None = None,
    dry_run: bool = False,
    workspace: str | Path | None = None,
    max_writes: int | None = None,
    override: Mapping[str, str] | None = None,
    progress: bool = True,
) -> PairRun | PairPlan:
    """End associations, or take a label off them.

    Parameters
    ----------
    portal, from_type, to_type, pairs, dry_run, workspace, max_writes, override, progress
        As for `associate`.
    label : str, optional
        Only this label is taken off, and the records stay associated. Without one the association
        ends, with all of its labels.

    Returns
    -------
    PairRun or PairPlan
        Per row dissociated, unchanged, conflict (it has got another label meanwhile), rejected or
        duplicate. `undo` puts back what was taken off.

    Raises
    ------
    UsageError, GuardError, HubSpotError
        As for `associate`.
    """
    given = _Given(portal, (from_type, to_type), pairs, label, workspace)
    return given.done(
        "dissociate", dry_run=dry_run, max_writes=max_writes, override=override, progress=progress
    )


class _Given:
    """What a person gave, as rows."""

    def __init__(
        self,
        portal: Portal,
        ends: tuple[str, str],
        pairs: Any,
        label: str | None,
        workspace: str | Path | None,
    ) -> None:
        self.portal, self.ends, self.workspace = portal, ends, workspace
        self.frame, self.label = pair_frame(pairs), label

    def done(
        self,
        how: str,
        *,
        dry_run: bool,
        max_writes: int | None,
        override: Mapping[str, str] | None,
        progress: bool,
    ) -> PairRun | PairPlan:
        """Plan, and carry it out unless it is a dry run."""
        from leadscore.pairplanning import plan_pairs
        from leadscore.writeback import apply

        plan = plan_pairs(
            self.portal,
            self.ends,
            list(pair_rows(self.frame, self.label)),
            how=how,
            workspace=self.workspace,
            max_writes=max_writes,
            override=override,
            progress=progress,
        )
        if dry_run:
            return plan
        run = apply(self.portal, plan, override=override, progress=progress)
        return replace(run, index=self.frame.index)  # type: ignore[call-arg, return-value]


def associations(
    portal: Portal, from_type: str, to_type: str, ids: Any = None, *, progress: bool = True
) -> pd.DataFrame:
    """Return which records are associated.

    Parameters
    ----------
    portal : Portal
    from_type, to_type : str
    ids : str, or a list or Series of them, optional
        Of `from_type`; all of them unless given.
    progress : bool, default True

    Returns
    -------
    DataFrame
        One row per pair and type: ``from_id``, ``to_id``, ``label`` (missing for the type that
        every two associated records have), ``category``, ``type_id`` (Int64).

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=50) as sandbox, ls.connect(sandbox) as portal:
    ...     found = ls.associations(portal, "contacts", "companies")
    >>> list(found)
    ['from_id', 'to_id', 'label', 'category', 'type_id']
    """
    from leadscore.bars import tqdm

    one, other = find_type(portal, from_type), find_type(portal, to_type)
    wanted = _all_ids(portal, one) if ids is None else ids_of(ids)
    tables = [ASSOCIATIONS.empty_table()]
    with tqdm(unit="row", desc="Reading", disable=not progress, delay=2, leave=False) as bar:
        for table in read_associations(portal, one, other, wanted):
            bar.update(table.num_rows)
            tables.append(table)
    return to_frame(pa.concat_tables(tables).select(_SHOWN))


def _all_ids(portal: Portal, kind: str) -> Iterable[str]:
    pages: Iterator[Any] = keyset(portal, kind, ())
    return (record for page in pages for record in page.ids)


def association_labels(portal: Portal, from_type: str, to_type: str) -> pd.DataFrame:
    """Return in which ways records of two types can be associated: HubSpot's, and the portal's own.

    Returns
    -------
    DataFrame
        ``label`` (missing for the type without one), ``category`` (HUBSPOT_DEFINED or
        USER_DEFINED), ``type_id`` (Int64).

    Raises
    ------
    UsageError
        HubSpot cannot associate the two.

    Examples
    --------
    >>> import leadscore as ls
    >>> with ls.open_sandbox(contacts=10) as sandbox, ls.connect(sandbox) as portal:
    ...     ls.association_labels(portal, "contacts", "companies")["label"].tolist()
    ['Primary', nan]
    """
    one, other = find_type(portal, from_type), find_type(portal, to_type)
    rows = [
        {"label": each.label or None, "category": each.category, "type_id": each.number}
        for each in association_types(portal, one, other)
    ]
    return pd.DataFrame(rows).astype({"label": "str", "category": "str", "type_id": "Int64"})
