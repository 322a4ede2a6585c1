"""The gallery in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastdup_checks.report.gallery import render_gallery
from fastdup_checks.report.page import Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome", "chromium-browser"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
sync_api = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Visit:
    """The gallery, opened from a file; any complaint or request fails the test in `close`."""

    def __init__(self, browser: sync_api.Browser, path: Path, **options: object) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.context = browser.new_context(accept_downloads=True, **options)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url[:80]))
        self.page.goto(path.as_uri())
        self.own = path.as_uri()

    def close(self) -> None:
        self.context.close()
        assert self.complaints == []
        assert [url for url in self.requests if url != self.own and not url.startswith(("data:", "blob:"))] == []


@pytest.fixture
def gallery(full_page: Page, tmp_path: Path) -> Path:
    path = tmp_path / "gallery.html"
    path.write_text(render_gallery(full_page), encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def visit(browser: sync_api.Browser, gallery: Path) -> Iterator[Visit]:
    opened = Visit(browser, gallery)
    yield opened
    opened.close()


def test_it_opens_without_complaint_and_shows_the_pictures(visit: Visit) -> None:
    page = visit.page
    assert page.title() == "shapes - fastdup-checks"
    page.locator("#e2").scroll_into_view_if_needed()
    image = page.locator("#e2 .pic").first
    assert image.evaluate("e => getComputedStyle(e).backgroundImage").startswith('url("data:image/jpeg;base64,')
    assert image.bounding_box()["width"] > 90


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_nothing_sticks_out_sideways(browser: sync_api.Browser, gallery: Path, width: int) -> None:
    visit = Visit(browser, gallery, viewport={"width": width, "height": 800})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(browser: sync_api.Browser, gallery: Path, scheme: str) -> None:
    visit = Visit(browser, gallery, color_scheme=scheme)
    worst = visit.page.evaluate(
        """() => {
        const parse = c => c.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
        const ground = e => { for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > .99) return c; }
            return [255, 255, 255]; };
        let worst = [99, ""];
        for (const e of document.querySelectorAll("body *:not(script):not(style)")) {
            if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
            if (!e.checkVisibility()) continue;
            const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))].sort((x, y) => y - x);
            const ratio = (a + .05) / (b + .05);
            if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 120)];
        }
        return worst; }"""
    )
    assert worst[0] >= 4.5, worst[1]
    visit.close()


def test_without_javascript_everything_can_be_read(browser: sync_api.Browser, gallery: Path, full_page: Page) -> None:
    visit = Visit(browser, gallery, java_script_enabled=False)
    findings = sum(len(v.measurement.findings) for v in full_page.verdicts)
    assert visit.page.locator(".finding").count() == findings
    assert visit.page.get_by_text("the file is empty").first.is_visible()
    assert visit.page.locator("button:visible").count() == 0
    visit.close()
