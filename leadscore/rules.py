"""Point rules, as in HubSpot's own tool: for little data, and for models typed into HubSpot.

>>> import leadscore as ls
>>> rules = ls.rules.parse('''
... groups:
...   Fit:
...     max: 30
...     rules:
...       - {property: jobtitle, seniority: [vp, chief], points: 20}
...       - {property: seats_needed, at_least: 50, points: 15}
... ''')
>>> import pandas as pd
>>> leads = pd.DataFrame({"jobtitle": ["VP Sales", "Nurse"], "seats_needed": [80.0, 60.0]})
>>> rules.points(leads).tolist()
[30.0, 15.0]
"""

from __future__ import annotations

from leadscore.nativescore import to_hubspot
from leadscore.pointsmodel import PointsModel, as_model
from leadscore.pointtables import from_model
from leadscore.rulefiles import load, parse
from leadscore.rulescoring import backtest, evaluate, score_frame
from leadscore.ruleset import Rules

__all__ = [
    "PointsModel",
    "Rules",
    "as_model",
    "backtest",
    "evaluate",
    "from_model",
    "load",
    "parse",
    "score_frame",
    "to_hubspot",
]
