"""Progress bars: text in a terminal, widgets in a notebook that has them."""

from __future__ import annotations

import warnings

from tqdm import TqdmWarning

with warnings.catch_warnings():
    # Without ipywidgets a notebook shows the bar as text, and that needs no red warning.
    warnings.simplefilter("ignore", TqdmWarning)
    from tqdm.auto import tqdm

__all__ = ["tqdm"]
