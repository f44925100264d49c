"""CRM reports from the store: tidy frames, each with a picture of its name in `leadscore.plots`.

They read the local copy and nothing else, so they say what is true as of its last sync. The pages
(`write_run`, `write_model`, `write_portal`) are single files of HTML without scripts.

>>> import leadscore as ls
>>> sorted(set(ls.report.__all__) & set(ls.plots.__all__))
['ages', 'campaigns', 'cohorts', 'completeness', 'funnel', 'sources', 'speed_to_lead']
"""

from leadscore.cohorttable import cohorts
from leadscore.filled import completeness
from leadscore.firsttouch import speed_to_lead
from leadscore.funnels import funnel
from leadscore.leadages import ages
from leadscore.modelpage import write_model
from leadscore.origins import campaigns, sources
from leadscore.pastscores import past_scores
from leadscore.portalpage import write_portal
from leadscore.runpage import write_run
from leadscore.scoreoutcomes import owners, tiers
from leadscore.uploading import Uploaded, take_back, upload

__all__ = [
    "Uploaded",
    "ages",
    "campaigns",
    "cohorts",
    "completeness",
    "funnel",
    "owners",
    "past_scores",
    "sources",
    "speed_to_lead",
    "take_back",
    "tiers",
    "upload",
    "write_model",
    "write_portal",
    "write_run",
]
