"""A page as people meet it: in every size and scheme it fits, can be read, and axe finds nothing.

With CER_PICTURES set (`make screenshots`) each is also kept as a picture to be looked at.
"""

import os
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from tests.chromium import axe_complaints

PICTURED = [(1280, 800), (360, 740), (320, 640)]
SIZES = PICTURED if os.environ.get("CER_PICTURES") else [PICTURED[0], PICTURED[-1]]  # what fits 320 fits 360; pictures are made of all
BY_AXE = {(1280, "light"), (320, "dark")}  # what it sees besides contrast changes with the width alone

CONTRAST = """() => {
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = parts(getComputedStyle(node).backgroundColor);
      if (color.length < 4 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || !node.checkVisibility() || node.closest("noscript, option")) continue;
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(`${node.className || node.tagName}: ${node.textContent.trim().slice(0, 30)}`);
  }
  return poor;
}"""


def looker(page: Page, folder: Path) -> Callable[[str], None]:
    """Looks at the page as it is now and names its pictures, which go under `folder`. Fails at what is wrong with it.

    No page may be wider than the screen, and all text needs WCAG AA's contrast (4.5:1) with what is behind it.
    """

    def look(name: str) -> None:
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                look_once(page, folder / f"{width}-{scheme}" / f"{name}.png", by_axe=(width, scheme) in BY_AXE)
        page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})

    return look


def look_once(page: Page, picture: Path, *, by_axe: bool = True) -> None:
    """The same in the size and scheme that the page has now."""
    if os.environ.get("CER_PICTURES"):
        page.screenshot(path=picture, full_page=True, animations="disabled")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), picture
    assert page.evaluate(CONTRAST) == [], picture
    assert not by_axe or axe_complaints(page) == [], picture
