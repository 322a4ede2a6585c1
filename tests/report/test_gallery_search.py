"""Finding something in the gallery, in a real browser."""

from __future__ import annotations

import os
import re
import urllib.parse
from pathlib import Path

import pytest
from studio import Studio, verdict
from visiting import Visit, in_browser, press, saved, shown, sync_api

from fastdup_checks.findings import Finding
from fastdup_checks.report.gallery import render_gallery

pytestmark = in_browser


def test_search_finds_paths_and_notes_and_hides_the_rest(visit: Visit) -> None:
    page = visit.page
    everything = shown(page)
    page.fill("#search", "WRONG1")
    sync_api.expect(page.locator("#shown")).to_have_text(f"1 of {everything} findings")
    assert shown(page) == 1
    page.fill("#search", "test/ mirror")
    sync_api.expect(page.locator("#shown")).to_have_text(f"1 of {everything} findings")
    page.fill("#search", "<script>")
    sync_api.expect(page.locator("#shown")).to_have_text(f"1 of {everything} findings")
    page.fill("#search", "no such thing")
    sync_api.expect(page.locator("#none")).to_be_visible()
    page.click("#clear")
    assert shown(page) == everything


def test_filters_by_split_and_class_work_together(visit: Visit) -> None:
    page = visit.page
    page.select_option("#by-split", "test")
    assert shown(page) == 2
    page.select_option("#by-class", "dog")
    assert shown(page) == 1
    sync_api.expect(page.locator(".finding:visible")).to_have_text(re.compile(r"^\s*b\.jpg"))


def test_findings_can_be_put_in_another_order(visit: Visit) -> None:
    page = visit.page
    assert page.locator("#e2 .finding").evaluate_all("all => all.map(e => e.id)") == ["f2", "f3", "f4"]
    page.select_option("#order", "size")
    assert page.locator("#e2 .finding").evaluate_all("all => all.map(e => e.id)") == ["f4", "f2", "f3"]
    page.select_option("#order", "worst")
    assert page.locator("#e2 .finding").evaluate_all("all => all.map(e => e.id)") == ["f2", "f3", "f4"]


def test_only_undecided_findings_can_be_shown(visit: Visit) -> None:
    page = visit.page
    page.select_option("#by-decision", "none")
    press(page, "n", "k", "k", "k")
    assert shown(page) == 9
    page.select_option("#by-decision", "keep")
    assert shown(page) == 3


def test_many_findings_come_in_portions_and_all_are_reached(
    browser: sync_api.Browser, studio: Studio, tmp_path: Path
) -> None:
    findings = [Finding((studio.image(f"{i:03}.jpg", i % 7),), 1 - i / 1000, "dark") for i in range(150)]
    file = tmp_path / "gallery.html"
    file.write_text(render_gallery(studio.page(verdict("dark_images", findings))), encoding="utf-8")
    visit = Visit(browser, file)
    page = visit.page
    assert shown(page) == 60
    page.get_by_role("button", name="Show 60 more").click()
    sync_api.expect(page.locator(".finding:visible")).to_have_count(120)
    page.get_by_role("button", name="Show all 150").click()
    sync_api.expect(page.locator(".finding:visible")).to_have_count(150)
    assert not page.locator(".pager").is_visible()
    page.reload()
    page.evaluate("goTo(visible[59])")
    press(page, "n")
    assert page.locator(".finding.current").get_attribute("id") == "f60"
    page.fill("#search", "149")
    sync_api.expect(page.locator("#shown")).to_have_text("1 of 150 findings")
    assert page.locator(".finding:visible").get_attribute("id") == "f149"
    visit.close()


def test_one_finding_is_no_plural(browser: sync_api.Browser, studio: Studio, tmp_path: Path) -> None:
    finding = Finding((studio.image("a.jpg", 1),), 1, "dark")
    file = tmp_path / "gallery.html"
    file.write_text(render_gallery(studio.page(verdict("dark_images", [finding]))), encoding="utf-8")
    visit = Visit(browser, file)
    sync_api.expect(visit.page.locator("#shown")).to_have_text("1 finding")
    sync_api.expect(visit.page.locator("li.sum", has_text="image")).to_have_text("1 image")
    visit.page.fill("#search", "a.jpg")
    sync_api.expect(visit.page.locator("#shown")).to_have_text("1 of 1 finding")
    visit.close()


def test_nothing_moves_when_findings_are_drawn_on_scrolling(
    browser: sync_api.Browser, studio: Studio, tmp_path: Path
) -> None:
    single = [Finding((studio.image(f"{i:03}.jpg", i % 7),), 1 - i / 1000, "dark") for i in range(60)]
    pairs = [Finding((studio.image(f"a{i}.jpg", i), studio.image(f"b{i}.jpg", i)), 1, "mirror") for i in range(60)]
    file = tmp_path / "gallery.html"
    page = studio.page(verdict("dark_images", single), verdict("near_duplicate_rate", pairs))
    file.write_text(render_gallery(page), encoding="utf-8")
    visit = Visit(browser, file)
    tall = "document.documentElement.scrollHeight"
    before = visit.page.evaluate(tall)
    for y in range(0, before, 400):
        visit.page.evaluate(f"scrollTo(0, {y}); new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    assert visit.page.evaluate(tall) == pytest.approx(before, abs=2)
    visit.close()


def test_what_comes_later_is_searched_reviewed_and_pictured_like_the_rest(
    browser: sync_api.Browser, studio: Studio, tmp_path: Path
) -> None:
    sets = [
        Finding((studio.image(f"train/cat/a{i:03}.jpg", i), studio.image(f"b{i:03}.jpg", 200 + i)), 1, f"edit {i}")
        for i in range(130)
    ]
    files = [
        Finding((studio.image(f"broken/{i:03}.jpg"),), 1, "", (("reason", f"cut </noscript> {i}"),)) for i in range(130)
    ]
    html = render_gallery(studio.page(verdict("near_duplicate_rate", sets), verdict("broken_images", files)))
    file = tmp_path / "gallery.html"
    file.write_text(html, encoding="utf-8")
    visit = Visit(browser, file)
    page = visit.page
    assert page.evaluate("document.querySelectorAll('.finding').length") == 120
    page.fill("#search", "edit 129")
    sync_api.expect(page.locator("#shown")).to_have_text("1 of 260 findings")
    pictures = page.locator("#f129 .pic").evaluate_all("all => all.map(e => getComputedStyle(e).backgroundImage)")
    assert [text[:23] for text in pictures] == ['url("data:image/jpeg;ba'] * 2
    press(page, "Escape", "n", "d", "v")
    sync_api.expect(page.locator("#gap")).to_contain_text("mean difference")
    press(page, "Escape")
    assert page.locator("#f129").get_attribute("data-decision") == "drop"
    page.fill("#search", "noscript> 127")
    sync_api.expect(page.locator("#shown")).to_have_text("1 of 260 findings")
    sync_api.expect(page.locator("tr.finding:visible th")).to_have_text("broken/127.jpg")
    page.click("#clear")
    page.locator("#e2 .bulk select").select_option("drop")
    press(page, "Escape", "e")
    assert len(saved(page, "#save-removals").splitlines()) == 131
    visit.close()

    plain = Visit(browser, file, java_script_enabled=False)
    assert plain.page.locator(".finding").count() == 260
    last = plain.page.locator("#f129 .pic").first
    last.scroll_into_view_if_needed()
    assert last.evaluate("e => getComputedStyle(e).backgroundImage").startswith('url("data:image/jpeg;base64,')
    plain.close()


def test_links_to_the_files_keep_every_byte_of_their_names(
    browser: sync_api.Browser, studio: Studio, tmp_path: Path
) -> None:
    name = "a b/#1?\udcff\u00e9.jpg"
    finding = Finding((studio.image(name, 1),), 1, "dark")
    file = tmp_path / "gallery.html"
    file.write_text(render_gallery(studio.page(verdict("dark", [finding]), originals="../data/")), encoding="utf-8")
    visit = Visit(browser, file)
    press(visit.page, "n", "v")
    href = visit.page.locator("#names a").get_attribute("href")
    assert os.fsdecode(urllib.parse.unquote_to_bytes(href)) == "../data/" + name
    visit.close()
