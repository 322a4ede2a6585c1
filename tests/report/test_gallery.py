"""What the HTML of the gallery says, and what it never contains."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from studio import HOSTILE, Studio, jpeg, verdict

from fastdup_checks.checks import CHECKS
from fastdup_checks.findings import Finding
from fastdup_checks.report.gallery import render_gallery
from fastdup_checks.report.page import Budget, Page
from fastdup_checks.report.shrink import shrink
from fastdup_checks.verdict import judge, skipped


class Reader(HTMLParser):
    """Collects elements with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def of_class(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for _, attributes in self.elements if name in (attributes.get("class") or "").split()]


def data_of(html: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_every_verdict_has_a_row_and_a_section_that_it_links_to(full_page: Page) -> None:
    reader = Reader(render_gallery(full_page))
    targets = {attributes["href"] for tag, attributes in reader.elements if tag == "a"}
    ids = [attributes["id"] for _, attributes in reader.elements if "id" in attributes]
    for number in range(1, len(full_page.verdicts) + 1):
        assert f"#e{number}" in targets
        assert f"e{number}" in ids
    assert len(ids) == len(set(ids))


def test_every_finding_is_on_the_page(full_page: Page) -> None:
    html = render_gallery(full_page)
    findings = sum(len(v.measurement.findings) for v in full_page.verdicts)
    assert len(Reader(html).of_class("finding")) == findings == len(data_of(html)["findings"])
    assert "No findings." in html


def test_the_same_page_gives_the_same_bytes(full_page: Page) -> None:
    assert render_gallery(full_page) == render_gallery(full_page)


def test_each_picture_is_embedded_once_however_often_it_is_shown(studio: Studio) -> None:
    same = [studio.image(f"train/cat/{i}.jpg", 1) for i in range(4)]
    findings = [Finding(tuple(same), 1.0, "copies"), Finding((same[0],), 0.5, "dark")]
    html = render_gallery(studio.page(verdict("duplicate_rate", findings)))
    assert html.count("data:image/jpeg;base64,") == 1
    assert len(Reader(html).of_class("p0")) == 5


def test_hostile_names_are_text_and_nothing_else(full_page: Page) -> None:
    html = render_gallery(full_page)
    html.encode("utf-8")
    scripts = [attributes for tag, attributes in Reader(html).elements if tag == "script"]
    assert all(not attributes or attributes == {"type": "application/json", "id": "data"} for attributes in scripts)
    assert "<script>alert" not in html
    assert "dark <b>" not in html
    assert "\\xff\\xfe.jpg" in html


def test_the_data_for_the_script_names_every_path_exactly(full_page: Page) -> None:
    paths = {path for path, *_ in data_of(render_gallery(full_page))["images"]}
    assert set(HOSTILE) <= paths


def test_nothing_on_the_page_points_out_of_it(full_page: Page) -> None:
    html = render_gallery(full_page)
    for tag, attributes in Reader(html).elements:
        assert "style" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert tag not in {"link", "iframe", "base", "object"}
        for name in ("src", "href", "action", "srcset"):
            assert (attributes.get(name) or "#").startswith("#")
    styles = "".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL))
    assert set(re.findall(r"url\((.{5})", styles)) == {"data:"}
    assert "@import" not in styles


def test_findings_over_the_budget_are_counted_and_the_table_is_named(studio: Studio) -> None:
    findings = [Finding((studio.image(f"{i}.jpg", i),), 1 - i / 100, "dark") for i in range(10)]
    page = studio.page(verdict("leak", findings), budget=Budget(findings=3), tables={"leak": "leaks.csv"})
    html = render_gallery(page)
    assert len(Reader(html).of_class("finding")) == 3
    assert "And 7 more, see leaks.csv." in html


def test_the_worst_of_every_expectation_get_their_pictures_first(studio: Studio) -> None:
    first = [Finding((studio.image(f"a{i}.jpg", i),), 1, "") for i in range(5)]
    second = [Finding((studio.image(f"b{i}.jpg", 10 + i),), 1, "") for i in range(5)]
    room = sum(len(shrink(jpeg(seed))) for seed in (0, 10, 1))
    html = render_gallery(studio.page(verdict("a", first), verdict("b", second), budget=Budget(picture_bytes=room)))
    shown = {a["aria-label"] for a in Reader(html).of_class("pic") if "none" not in (a["class"] or "").split()}
    assert {"a0.jpg", "b0.jpg"} <= shown < {f"{x}{i}.jpg" for x in "ab" for i in range(5)}
    assert "Some pictures are left out" in html


def test_a_group_shows_the_kept_image_first_and_says_how_many_are_not_shown(studio: Studio) -> None:
    paths = tuple(studio.image(f"{i}.jpg", i) for i in range(9))
    finding = Finding(paths, 0.9, "alike", (("keep", "8.jpg"),))
    html = render_gallery(studio.page(verdict("duplicate_rate", [finding]), budget=Budget(group=4)))
    tiles = [attributes["aria-label"] for attributes in Reader(html).of_class("pic")]
    assert tiles == ["8.jpg", "0.jpg", "1.jpg", "2.jpg"]
    assert "and 5 more" in html
    assert len(Reader(html).of_class("keep")) == 1


def test_a_page_without_findings_labels_or_figures_is_still_a_page(studio: Studio) -> None:
    html = render_gallery(studio.page(verdict("broken_images", [])))
    assert "No findings." in html
    assert "Images per class" not in html
    assert "data:image" not in html.partition("<body>")[2]


def test_a_run_without_bounds_speaks_of_measurements(full_page: Page) -> None:
    free = tuple(judge(replace(given.expectation, bound=None), given.measurement) for given in full_page.verdicts)
    html = render_gallery(replace(full_page, verdicts=free))
    assert "Measurements" in html
    assert "Outcome" not in html


def test_a_skipped_expectation_says_why(full_page: Page) -> None:
    given = full_page.verdicts[0]
    html = render_gallery(replace(full_page, verdicts=(skipped(replace(given.expectation, skip="not <yet>")),)))
    assert "Skipped: not &lt;yet&gt;" in html
    assert "nothing to measure" not in html


def test_a_known_failure_says_why(full_page: Page) -> None:
    given = full_page.verdicts[0]
    known = judge(replace(given.expectation, xfail="old <scans>"), given.measurement)
    html = render_gallery(replace(full_page, verdicts=(known,)))
    assert 'class="mark xfailed"' in html
    assert "known to fail: old &lt;scans&gt;" in html


def test_a_known_failure_that_is_none_any_more_says_so(full_page: Page) -> None:
    given = full_page.verdicts[-1]
    mended = judge(replace(given.expectation, xfail="old"), given.measurement)
    assert "no longer fails, so remove its xfail: old" in render_gallery(replace(full_page, verdicts=(mended,)))


def test_a_finding_without_images_is_said_and_not_to_be_decided(studio: Studio) -> None:
    findings = [Finding((), 2, "no <cat> in test"), Finding((studio.image("a.jpg", 1),), 1, "no dog in test")]
    html = render_gallery(studio.page(verdict("missing_classes", findings), verdict("empty", findings[:1])))
    assert html.count("<li>no &lt;cat&gt; in test</li>") == 2
    assert len(data_of(html)["findings"]) == 1
    assert "more, see" not in html


def test_accepted_findings_are_shown_apart_and_are_not_to_be_decided(studio: Studio) -> None:
    accepted = tuple(Finding((studio.image(f"old{i}.jpg", i),), 1, "dark") for i in range(70))
    given = verdict("dark_images", [Finding((studio.image("new.jpg", 99),), 1, "dark")])
    html = render_gallery(studio.page(judge(given.expectation, given.measurement, accepted)))
    assert "70 accepted in the baseline" in html
    assert "And 10 more, see the baseline." in html
    data = data_of(html)
    assert len(data["findings"]) == 1
    assert [sha256 != "" for *_, sha256 in data["images"]] == [True] + [False] * 60


@pytest.mark.parametrize(("sizes", "layout"), [([1, 1], "narrow"), ([2, 1], ""), ([4, 3, 2], "broad"), ([9, 9, 3], "")])
def test_columns_are_as_wide_as_most_cards_need(studio: Studio, sizes: list[int], layout: str) -> None:
    paths = [studio.image(f"{i}.jpg", i) for i in range(9)]
    findings = [Finding(tuple(paths[:size]), 1, "") for size in sizes]
    (found,) = Reader(render_gallery(studio.page(verdict("x", findings)))).of_class("findings")
    assert (found["class"] or "").split()[1:] == layout.split()


@pytest.mark.parametrize("text", ["<script>", "a\nb", "\udcff", '"'])
def test_hostile_text_in_every_other_place_is_escaped_too(studio: Studio, text: str) -> None:
    path = studio.image(f"{text}/{text}/1.jpg", 1)
    finding = Finding((path,), 0.5, text, ((text, text), ("suggested", text)))
    page = studio.page(verdict(text, [finding]), dataset=text, root=text, about=((text, text),), tables={text: text})
    html = render_gallery(page)
    html.encode("utf-8")
    assert len(re.findall("<script", html)) == len(re.findall("<script", render_gallery(studio.page())))


def test_each_section_says_what_its_check_means_and_what_to_do(studio: Studio) -> None:
    html = render_gallery(studio.page(verdict("label_consistency", []), verdict("one_of_my_own", [])))
    assert html.count('class="meaning"') == 1
    said = " ".join(html.split())
    for paragraph in CHECKS["label_consistency"].doc.split("\n\n"):
        assert " ".join(paragraph.replace("`", "").split()) in said
