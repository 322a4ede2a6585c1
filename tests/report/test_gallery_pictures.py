"""Large views, comparisons and the map, in a real browser."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from studio import Studio, verdict
from visiting import Visit, in_browser, press, sync_api

from fastdup_checks.findings import Finding
from fastdup_checks.report.gallery import render_gallery
from fastdup_checks.report.page import Map

pytestmark = in_browser


def test_two_pictures_are_compared_side_by_side_by_swipe_and_by_difference(visit: Visit) -> None:
    page = visit.page
    page.locator("#f3 .look").first.click()
    dialog = page.locator("#compare")
    sync_api.expect(page.locator("#gap")).to_contain_text("mean difference")
    one, two = (page.locator(name).bounding_box() for name in ("#one", "#two"))
    assert one["x"] + one["width"] <= two["x"]
    press(page, "s")
    one, two = (page.locator(name).bounding_box() for name in ("#one", "#two"))
    assert one == two
    page.locator("#swipe").fill("20")
    assert "80%" in page.locator("#one").evaluate("e => getComputedStyle(e).clipPath")
    press(page, "f")
    assert page.locator("#two").evaluate("e => getComputedStyle(e).mixBlendMode") == "difference"
    press(page, "d")
    sync_api.expect(page.locator("#decided")).to_have_text("1 of 12 decided")
    sync_api.expect(dialog).to_be_visible()
    press(page, "Escape")
    sync_api.expect(dialog).to_be_hidden()


def test_the_large_view_goes_through_the_findings_and_decides(visit: Visit) -> None:
    page = visit.page
    page.locator("#f3 .look").first.click()
    dialog = page.locator("#compare")
    dialog.get_by_role("button", name="Drop").click()
    assert page.locator("#f3").get_attribute("data-decision") == "drop"
    assert dialog.get_by_role("button", name="Drop").get_attribute("aria-pressed") == "true"
    dialog.get_by_role("button", name="Next").click()
    sync_api.expect(dialog.locator("#names b").first).to_have_text("train/dog/3.jpg")
    assert dialog.get_by_role("button", name="Drop").get_attribute("aria-pressed") == "false"
    dialog.locator("#strip button").nth(2).click()
    sync_api.expect(dialog.locator("#names b").last).to_have_text("train/dog/1.jpg")


def test_a_mirrored_copy_is_turned_to_match(browser: sync_api.Browser, studio: Studio, tmp_path: Path) -> None:
    path = studio.image("a.jpg", 7)
    with Image.open(io.BytesIO(studio.pictures[path])) as image:
        out = io.BytesIO()
        ImageOps.mirror(image).save(out, "JPEG", quality=90)
    studio.facts["b.jpg"] = replace(studio.facts[path], sha256="0" * 64)
    studio.pictures["b.jpg"] = out.getvalue()
    file = tmp_path / "gallery.html"
    pair = Finding((path, "b.jpg"), 0.99, "mirror")
    file.write_text(render_gallery(studio.page(verdict("near_duplicate_rate", [pair]))), encoding="utf-8")
    visit = Visit(browser, file)
    press(visit.page, "n", "v")
    sync_api.expect(visit.page.locator("#gap")).to_contain_text("mirrored to match")
    assert float(re.search(r"[\d.]+", visit.page.locator("#gap").inner_text())[0]) < 10
    visit.page.uncheck("#align")
    sync_api.expect(visit.page.locator("#gap")).not_to_contain_text("mirrored")
    visit.close()


def test_the_map_shows_the_picture_under_the_pointer_and_leads_to_its_finding(
    browser: sync_api.Browser, studio: Studio, tmp_path: Path
) -> None:
    paths = [studio.image(f"train/cat/{i}.jpg", i) for i in range(3)]
    file = tmp_path / "gallery.html"
    page = studio.page(
        verdict("dark_images", [Finding((paths[1],), 1, "dark")]),
        map=Map(tuple(paths), np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])),
    )
    file.write_text(render_gallery(page), encoding="utf-8")
    visit = Visit(browser, file)
    canvas, tip = visit.page.locator("#map"), visit.page.locator("#map-tip")
    canvas.hover()  # over its middle
    assert tip.locator("b").inner_text() == "train/cat/1.jpg"
    assert "dark_images" in tip.locator("small").inner_text()
    assert tip.locator(".pic").evaluate("e => getComputedStyle(e).backgroundImage").startswith("url")
    canvas.hover(position={"x": 5, "y": 5})
    assert not tip.is_visible()
    canvas.click()
    assert visit.page.locator(".finding.current").get_attribute("id") == "f0"
    visit.close()


def test_the_map_zooms_and_moves_by_keyboard(visit: Visit) -> None:
    page = visit.page
    canvas = page.locator("#map")
    canvas.focus()
    views = []
    for key in ("Home", "+", "ArrowLeft", "-", "Home"):
        press(page, key)
        page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        views.append(canvas.evaluate("e => e.toDataURL()"))
    assert views[0] == views[-1]
    assert len(set(views)) == 4
