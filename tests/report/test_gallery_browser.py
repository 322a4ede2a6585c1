"""The gallery in a real browser."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import urllib.parse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image, ImageOps
from studio import Studio, verdict

from fastdup_checks.baseline import parse_baseline
from fastdup_checks.findings import Finding
from fastdup_checks.ledger import render, revise
from fastdup_checks.report.gallery import render_gallery
from fastdup_checks.report.page import Map, Page

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
        self.page.on("request", lambda request: self.requests.append(request.url[:500]))
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


def shown(page: sync_api.Page) -> int:
    return page.locator(".finding:visible").count()


def press(page: sync_api.Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: sync_api.Page, button: str) -> bytes:
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_bytes()


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
    assert page.locator(".finding:visible").inner_text().startswith("b.jpg")


def test_findings_can_be_put_in_another_order(visit: Visit) -> None:
    page = visit.page
    assert page.locator("#e2 .finding").evaluate_all("all => all.map(e => e.id)") == ["f2", "f3", "f4"]
    page.select_option("#order", "size")
    assert page.locator("#e2 .finding").evaluate_all("all => all.map(e => e.id)") == ["f4", "f2", "f3"]
    page.select_option("#order", "worst")
    assert page.locator("#e2 .finding").evaluate_all("all => all.map(e => e.id)") == ["f2", "f3", "f4"]


def test_everything_is_decided_and_exported_by_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    press(page, "n", "d", "k")  # the two broken files
    press(page, "d", "a", "2")  # exact copy: drop the second; mirror: accept; group: keep its second picture
    press(page, *"aaaa", "d", "k", "d")
    sync_api.expect(page.locator("#decided")).to_have_text("12 of 12 decided")
    press(page, "e")
    page.fill("#author", 'Ada "the" Reviewer')
    page.fill("#why", "campaign: same studio")
    removed = saved(page, "#save-removals")
    assert removed.decode().splitlines() == [
        "test/cat/a.jpg",
        "train/cat/wrong1.jpg",
        "train/dog/1.jpg",
        "train/dog/2.jpg",
        "train/dog/3.jpg",
        "train/dog/4.jpg",
        "train/dog/odd.jpg",
        "x.jpg",
    ]
    baseline = yaml.safe_load(saved(page, "#save-baseline"))
    assert baseline["version"] == 1
    assert [entry["check"] for entry in baseline["accepted"]] == ["dark_images"] * 4 + ["leak"]
    assert {entry["author"] for entry in baseline["accepted"]} == {'Ada "the" Reviewer'}
    assert {entry["reason"] for entry in baseline["accepted"]} == {"campaign: same studio"}
    leak = baseline["accepted"][-1]["images"]
    assert {image["path"] for image in leak} == {"train/cat/b.jpg", "test/dog/b.jpg"}
    assert all(re.fullmatch("[0-9a-f]{64}", image["sha256"]) for image in leak)


def test_an_exported_baseline_is_the_one_that_the_command_writes(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.locator("#f3 [data-do=accept]").click()
    page.locator("#f10 [data-do=accept]").click()
    press(page, "e")
    page.fill("#author", '\u00c4da \\ "x" \u2028')
    page.fill("#why", "a: b # c\u0085")
    text = saved(page, "#save-baseline")
    read = parse_baseline(tmp_path / "b.yml", text)
    assert [entry.check for entry in read.accepted] == ["label_consistency", "leak"]
    assert [[p.label for p in entry.pictures] for entry in read.accepted] == [["cat"], [None, None]]
    assert revise(text.decode()) == text.decode()
    assert "".join(render(entry) for entry in read.accepted) == text.decode().partition("accepted:\n")[2]


def test_a_baseline_is_saved_with_an_author_and_a_reason_only(visit: Visit) -> None:
    page = visit.page
    page.locator("#f3 [data-do=accept]").click()
    press(page, "e")
    page.click("#save-baseline")
    assert page.evaluate("document.activeElement.id") == "author"
    page.fill("#author", "Ada")
    page.click("#save-baseline")
    assert page.evaluate("document.activeElement.id") == "why"
    page.fill("#why", "same studio")
    assert saved(page, "#save-baseline")


def test_right_suggestions_are_exported_as_a_table(visit: Visit) -> None:
    page = visit.page
    assert not page.locator("#f2 [data-do=relabel]").is_visible()
    page.locator("#f10 [data-do=relabel]").click()
    press(page, "n", "l", "e")
    rows = list(csv.reader(io.StringIO(saved(page, "#save-labels").decode())))
    assert rows == [
        ["path", "label", "suggested"],
        ["train/cat/wrong0.jpg", "cat", "dog"],
        ["train/cat/wrong1.jpg", "cat", "dog"],
    ]


def test_names_that_would_break_a_line_are_exported_as_git_reads_them(
    visit: Visit, tmp_path: Path, full_page: Page
) -> None:
    page = visit.page
    page.locator("#e3 .bulk select").select_option("drop")
    press(page, "e")
    listed = tmp_path / "remove.txt"
    listed.write_bytes(saved(page, "#save-removals"))
    lines = listed.read_bytes().splitlines()
    assert b"train/cat/\xff\xfe.jpg" in lines
    assert b'"train/cat/two\\012lines.jpg"' in lines
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*arguments: str) -> bytes:
        return subprocess.run(("git", *arguments), cwd=repository, check=True, capture_output=True).stdout

    git("init", "-q")
    for finding in full_page.verdicts[2].measurement.findings:
        file = os.fsencode(repository) + b"/" + os.fsencode(finding.images[0])
        Path(os.fsdecode(file)).parent.mkdir(parents=True, exist_ok=True)
        Path(os.fsdecode(file)).touch()
    git("add", ".")
    git("rm", "-q", "--cached", f"--pathspec-from-file={listed}")
    assert git("ls-files") == b""


def test_a_decision_can_be_taken_back(visit: Visit) -> None:
    page = visit.page
    press(page, "n", "d", "a")
    sync_api.expect(page.locator("#decided")).to_have_text("2 of 12 decided")
    press(page, "u")
    sync_api.expect(page.locator("#decided")).to_have_text("1 of 12 decided")
    press(page, "u")
    sync_api.expect(page.locator("#decided")).to_have_text("0 of 12 decided")


def test_decisions_are_there_after_a_reload(visit: Visit) -> None:
    page = visit.page
    page.locator("#f3 [data-do=accept]").click()
    page.locator("#f3 .reason").fill("the same studio")
    page.locator("#f3 .reason").press("Enter")
    page.reload()
    sync_api.expect(page.locator("#decided")).to_have_text("1 of 12 decided")
    assert page.locator("#f3").get_attribute("data-decision") == "accept"
    assert page.locator("#f3 .reason").input_value() == "the same studio"


def test_only_undecided_findings_can_be_shown(visit: Visit) -> None:
    page = visit.page
    page.select_option("#by-decision", "none")
    press(page, "n", "k", "k", "k")
    assert shown(page) == 9
    page.select_option("#by-decision", "keep")
    assert shown(page) == 3


def test_a_section_is_decided_at_once_and_earlier_decisions_stay(visit: Visit) -> None:
    page = visit.page
    page.locator("#f2 [data-do=keep]").click()
    page.locator("#e2 .bulk select").select_option("accept")
    decided = page.locator("#e2 .finding").evaluate_all("all => all.map(e => e.dataset.decision)")
    assert decided == ["keep", "accept", "accept"]


def test_keys_are_left_alone_while_somebody_types(visit: Visit) -> None:
    page = visit.page
    page.locator("#search").press_sequentially("dad")
    sync_api.expect(page.locator("#decided")).to_have_text("0 of 12 decided")
    assert page.locator("#search").input_value() == "dad"


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
    assert page.locator("tr.finding:visible th").inner_text() == "broken/127.jpg"
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
