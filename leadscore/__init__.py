"""Lead scoring for HubSpot, in notebooks.

The public names are listed once, in ``_HOMES``, and loaded on first use: ``import leadscore``
costs next to nothing.

>>> import leadscore as ls
>>> goal = ls.reaches("customer", within="90D")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Brought": "brought",
    "Checkup": "checkup",
    "Goal": "goals",
    "LeadModel": "model",
    "LeadscoreError": "errors",
    "Plan": "plans",
    "Portal": "hubspot.connection",
    "RecordPlan": "recordplans",
    "RecordRun": "recordruns",
    "Run": "runrecords",
    "Sandbox": "sandbox",
    "Settings": "settings",
    "Store": "store",
    "apply": "writeback",
    "associate": "pairing",
    "association_labels": "pairing",
    "associations": "pairing",
    "audit": "auditing",
    "backtest": "evaluation",
    "breakdown": "breakdowns",
    "bring": "bringing",
    "challenge": "challenging",
    "compare_baselines": "baselines",
    "compare_models": "registry",
    "compare_naive": "naive",
    "connect": "hubspot.connection",
    "create": "records",
    "deal_won": "goals",
    "dissociate": "pairing",
    "doctor": "checkup",
    "evaluate": "evaluation",
    "fetch_table": "datasets",
    "find": "finding",
    "held_out": "leavingout",
    "live_model": "steps",
    "load_live": "registry",
    "load_model": "model",
    "load_plan": "plans",
    "models": "modellist",
    "monitor": "monitoring",
    "open_portal": "portals",
    "open_sandbox": "sandbox",
    "open_store": "store",
    "plan": "planning",
    "promote": "registry",
    "property_equals": "goals",
    "pull": "pulling",
    "push": "pushing",
    "reaches": "goals",
    "react": "reacting",
    "read_table": "tables",
    "register": "registry",
    "roll_back": "registry",
    "run_demo": "demo",
    "run_notebook": "notebooks",
    "runs": "runlist",
    "scopes": "scopecheck",
    "score": "scores",
    "score_frame": "scores",
    "scoring_frame": "snapshots",
    "snapshot_batches": "snapshots",
    "settle": "settling",
    "sql": "sqlsources",
    "sign_in": "signingin",
    "sign_out": "signingin",
    "signed_in": "signingin",
    "sync": "syncing",
    "train": "training",
    "training_set": "snapshots",
    "undo": "undoing",
    "update": "records",
    "upsert": "records",
    "usage": "headroom",
    "write_report": "scorereport",
    "write_snapshot": "snapshots",
}
_MODULES = ("errors", "files", "followups", "forms", "plots", "report", "rules", "widgets")

__all__ = ["__version__", *sorted([*_HOMES, *_MODULES])]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"leadscore.{name}")
    if name in _HOMES:
        value = getattr(import_module(f"leadscore.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    if name == "__version__":
        from importlib.metadata import version

        return version("leadscore")
    raise AttributeError(f"module 'leadscore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
