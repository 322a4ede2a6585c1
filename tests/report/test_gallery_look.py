"""How the gallery looks, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from visiting import Visit, in_browser, sync_api

from fastdup_checks.report.page import Page

pytestmark = in_browser


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


@pytest.mark.parametrize("width", [390, 1440])
def test_the_verdicts_are_seen_whole_on_a_phone_and_on_a_desk(
    browser: sync_api.Browser, gallery: Path, width: int
) -> None:
    visit = Visit(browser, gallery, viewport={"width": width, "height": 800})
    assert visit.page.locator("#verdicts .scroll").evaluate("e => e.scrollWidth - e.clientWidth") == 0
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


def test_on_paper_are_findings_and_gauges_and_nothing_to_press(visit: Visit) -> None:
    visit.page.emulate_media(media="print")
    assert visit.page.locator(".gauge .bar:visible").count() > 0
    assert visit.page.locator(".finding:visible").count() > 0
    assert visit.page.locator("button:visible, select:visible, input:visible").count() == 0
