from __future__ import annotations

import leadscore as ls


def test_every_widget_is_documented():
    for name in ls.widgets.__all__:
        assert "Returns" in getattr(ls.widgets, name).__doc__, name
