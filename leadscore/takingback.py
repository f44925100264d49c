"""Take back what runs about files did: a file that was uploaded, notes that were attached."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leadscore.attaching import notes_with, remove_notes
from leadscore.errors import UsageError
from leadscore.hubspot.batchreading import chunks
from leadscore.hubspot.files import delete_file
from leadscore.journal import STATES
from leadscore.lostrows import ARCHIVED
from leadscore.runrecords import Run, on_record

if TYPE_CHECKING:
    from leadscore.hubspot.connection import Portal
    from leadscore.store import Store

__all__ = ["is_of_files", "refuse_for_good", "take_back"]

_FILES = ("upload", "attach")
_ON = "notes on "
_PIECE = 1_000
_GONE = {
    "submit": (
        "submitted rows to a form, and a submission cannot be taken back",
        "Delete the contacts that it made, or restore them, in HubSpot.",
    ),
    "delete_file": (
        "deleted a file, and HubSpot keeps none of it",
        "Upload it again: ls.files.upload.",
    ),
}


def refuse_for_good(store: Store, run: str) -> None:
    """Refuse to undo what HubSpot does not take back.

    Raises
    ------
    UsageError
        The run submitted to a form, deleted a file, archived records whose row was gone, or took
        files or notes back itself.
    """
    found = store.ledger.run(run)
    kind = found["kind"]
    if kind == "undo" and is_of_files(store, str(found["facts"].get("undoes") or "")):
        raise UsageError(
            f"Run {run} took a file back, and that cannot be undone.",
            hint="Upload or attach it again: ls.files.",
        )
    if kind == "push":
        raise _archived(store, found)
    if kind in _GONE:
        said, hint = _GONE[kind]
        raise UsageError(f"Run {run} {said}.", hint=hint)


def _archived(store: Store, run: Mapping[str, Any]) -> UsageError:
    """Say what a push archived, which HubSpot's API has no call to restore."""
    name, kind = str(run["run"]), run["facts"].get("object_type", "records")
    found = store.ledger.counts(name, action=ARCHIVED)["written"]
    open_ = len(store.ledger.pending(name, action=ARCHIVED))
    more = f" ({open_:,} more may be: the reply was lost)" if open_ else ""
    return UsageError(
        f"Run {name} archived {found:,} {kind}{more}, and HubSpot's API has no call that restores "
        "them.",
        hint="HubSpot's user interface does, for 90 days (Actions, Restore records); "
        f"`leadscore runs {name} --contacts` lists their ids.",
    )


def is_of_files(store: Store, run: str) -> bool:
    """Say whether a run uploaded a file or attached one."""
    found = store.ledger.query("SELECT kind FROM runs WHERE run = ?", run)
    return bool(found) and found[0][0] in _FILES


def take_back(portal: Portal, store: Store, run: str) -> Run:
    """Delete the file that a run uploaded, or archive the notes that it attached, on record.

    What is not there any more stays so. Done once, the same call does nothing more.

    Raises
    ------
    UsageError
        The run was cut short before HubSpot named the file.
    HubSpotError
        HubSpot refuses it, or does not answer.
    """
    found = store.ledger.run(run)
    before = store.ledger.undone_by(run)
    if before is not None and store.ledger.run(before)["status"] == "done":
        return _as_told(store, before)
    store.ledger.bind_portal(portal.id)
    if found["kind"] == "upload" and "file" not in found["facts"]:
        raise UsageError(
            f"Run {run} was cut short before HubSpot named the file.",
            hint="Look for it: ls.files.find(portal); then ls.files.delete(portal, id).",
        )
    mine = before or store.ledger.start_run("undo", undoes=run)
    with on_record(portal, store, mine) as facts:
        if found["kind"] == "upload":
            facts["deleted"] = delete_file(portal, str(found["facts"]["file"]))
        else:
            _without_notes(portal, store, mine, found)
    return _as_told(store, mine)


def _without_notes(portal: Portal, store: Store, mine: str, run: Mapping[str, Any]) -> None:
    name, file_id = str(run["run"]), str(run["facts"]["file"])
    rows = store.ledger.query("SELECT DISTINCT action FROM journal WHERE run = ?", name)
    for (action,) in rows:
        entries = store.ledger.entries(name, action=action)
        ids = (one.contact for one in entries if one.state in ("written", ""))
        for some in chunks(ids, _PIECE):
            _from_records(portal, store, mine, str(action), some, file_id)


def _from_records(
    portal: Portal, store: Store, mine: str, action: str, ids: list[str], file_id: str
) -> None:
    there = notes_with(portal, action.removeprefix(_ON), ids, file_id)
    intents = [{"object_id": one, "old": {"file": file_id}, "new": {}} for one in there]
    store.ledger.journal_intent(mine, intents, action=action, names=("file",))
    remove_notes(portal, sorted(set(there.values())))
    ended = [{"object_id": one, "state": "written" if one in there else "missing"} for one in ids]
    known = store.ledger.known(mine, ids, action=action)
    fresh = [one for one in ended if not getattr(known.get(one["object_id"]), "state", "")]
    store.ledger.journal_outcome(mine, fresh, action=action)


def _as_told(store: Store, run: str) -> Run:
    found = store.ledger.counts_by_action(run)
    counts = {state: sum(one[state] for one in found.values()) for state in STATES}
    return Run(run, counts, 0, found, store.workspace)
