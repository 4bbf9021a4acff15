"""Pictures of pages beside those that are kept in `pictures/`: small files, compared with tolerance.

Machines draw text otherwise: a probe, a few words in the browser's own fonts, tells whether the kept pictures can be
those of this one. `LODE_PICTURES=renew python -m pytest tests/browser/test_screenshots.py` draws all of them anew, the
probe too; look at what `git diff` then shows before it is committed.
"""

from __future__ import annotations

import os
import tempfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

FOLDER = Path(__file__).with_name("pictures")
COLORS = 64  # of a kept picture
SEEN = 40  # of 255: a difference of a colour that an eye may see; above what keeping few colours costs
MOST_DIFFERENT = 0.005  # share of the pixels
_PROBE = """<body style="margin: 8px; width: 400px; background: white; color: black">
<p style="font: 16px sans-serif">Hamburgefonstiv 0123456789 &minus;&middot;&times;&#10004;&#10008;</p>
<p style="font: 16px monospace">rank(-ts_delta(close, 5))</p></body>"""


def renewing() -> bool:
    """Whether pictures are drawn anew instead of compared."""
    return os.environ.get("LODE_PICTURES") == "renew"


def require_fonts(browser: Browser) -> None:
    """Skip where this machine draws text otherwise than the one that drew the pictures."""
    page = browser.new_page(viewport={"width": 420, "height": 120})
    page.set_content(_PROBE)
    drawn = page.screenshot()
    page.close()
    if renewing():
        _keep(drawn, "probe")
    elif difference(drawn, (FOLDER / "probe.png").read_bytes()) > MOST_DIFFERENT:
        pytest.skip("this machine's fonts are not those of tests/browser/pictures; LODE_PICTURES=renew draws them anew")


def compare(page: Page, name: str) -> None:
    """Hold what the window shows against the picture of this name."""
    drawn = page.screenshot(animations="disabled", caret="hide")
    if renewing():
        _keep(drawn, name)
        return
    kept = FOLDER / f"{name}.png"
    assert kept.exists(), f"{kept} is not there; LODE_PICTURES=renew draws it"
    different = difference(drawn, kept.read_bytes())
    if different > MOST_DIFFERENT:
        beside = Path(os.environ.get("LODE_PICTURES_SEEN", tempfile.gettempdir())) / f"{name}.seen.png"
        beside.write_bytes(drawn)
        pytest.fail(f"{different:.1%} of {name} differs, more than {MOST_DIFFERENT:.1%}; what was seen is in {beside}")


def difference(one: bytes, other: bytes) -> float:
    """Share of the pixels whose colour differs so that it may be seen; 1 for pictures of another size."""
    pixels = [np.asarray(Image.open(BytesIO(body)).convert("RGB"), dtype=np.int16) for body in (one, other)]
    if pixels[0].shape != pixels[1].shape:
        return 1.0
    return float((np.abs(pixels[0] - pixels[1]).max(axis=2) > SEEN).mean())


def _keep(drawn: bytes, name: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    few = Image.open(BytesIO(drawn)).convert("RGB").quantize(COLORS, dither=Image.Dither.NONE)
    few.save(FOLDER / f"{name}.png", optimize=True)
