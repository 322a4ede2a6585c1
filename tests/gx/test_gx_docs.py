"""What Data Docs shows of the rules: words, pictures and the gallery, and never a file name as HTML."""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import pytest

pytest.importorskip("great_expectations")

import great_expectations as gx
import pandas as pd
from great_expectations.expectations.row_conditions import Column

import fastdup_checks.gx as images
from fastdup_checks.gx.rule import ImageRule

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome", "chromium-browser"))), None)
HOSTILE = [
    "<script>alert(1)</script>",
    "\"quoted' & $column $100.jpg",
    "two\nlines é.jpg",
    "<b>bold</b>.jpg",
    "{{ x }}.jpg",
]


RULES = [v for v in vars(images).values() if isinstance(v, type) and issubclass(v, ImageRule)]


class Site:
    """A project on disk whose checkpoint has written Data Docs."""

    def __init__(self, folder: Path, name: str = "images.of.cats") -> None:
        self.folder = folder
        self.name = name
        self.context = gx.get_context(mode="file", project_root_dir=str(folder))
        source = self.context.data_sources.add_pandas("pandas <i>")
        self.data = source.add_dataframe_asset("images").add_batch_definition_whole_dataframe("whole")

    def run(self, frame: pd.DataFrame, rules: list[object], **options: object) -> object:
        suite = self.context.suites.add(gx.ExpectationSuite(self.name, expectations=rules))
        definition = self.context.validation_definitions.add(
            gx.ValidationDefinition(name="validation", data=self.data, suite=suite)
        )
        checkpoint = self.context.checkpoints.add(
            gx.Checkpoint(
                name="checkpoint",
                validation_definitions=[definition],
                actions=[images.ImageGalleryAction(name="gallery")],
                **options,
            )
        )
        return checkpoint.run(batch_parameters={"dataframe": frame})

    @property
    def root(self) -> Path:
        return self.folder / "gx/uncommitted/data_docs/local_site"

    @property
    def page(self) -> Path:
        (page,) = (self.root / "validations").rglob("*.html")
        return page

    @property
    def text(self) -> str:
        return self.page.read_text(encoding="utf-8")

    @property
    def galleries(self) -> list[Path]:
        return sorted((self.root / "fastdup_checks").glob("*.html"))


def words(page: str) -> str:
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", page))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "project")


@pytest.fixture
def rules(root: str) -> list[object]:
    return [
        images.ExpectUnreadableImageCountToBeAtMost(root=root),
        images.ExpectImageDuplicateRateToBeAtMost(root=root, at_most=0.5),
        images.ExpectNoImageLeakBetweenSplits(root=root, severity="warning"),
        images.ExpectColumnImagesToBeReadable(column="path", root=root, mostly=0.9),
        images.ExpectColumnImagesNotToBeDuplicated(column="path", root=root),
    ]


def test_the_page_has_sentences_values_pictures_and_a_gallery(
    site: Site, frame: pd.DataFrame, rules: list[object]
) -> None:
    assert not site.run(frame, rules).success
    text = words(site.text)
    assert "None of the images in path may be unreadable." in text
    assert "At most 50% of the images in path may repeat another one exactly." in text
    assert "Severity: warning." in text
    assert f"3 images, above the 0 allowed (among {len(frame)} images)" in text
    assert "At least 90% of the rows must be so." in text
    assert "**" not in text  # what GX prints of rules that it cannot put in words
    pictures = re.findall(r'<img src="data:image/jpeg;base64,[^"]+"', site.text)
    assert 8 <= len(pictures) <= 5 * 12
    (gallery,) = site.galleries
    links = re.findall(r'<a href="([^"]*fastdup_checks/[^"]*)"', site.text)
    assert len(links) == len(rules)
    for link in links:
        assert (site.page.parent / unquote(link)).resolve() == gallery.resolve()
    assert "truncated JPEG" in gallery.read_text(encoding="utf-8")


@pytest.mark.parametrize("result_format", ["BOOLEAN_ONLY", "BASIC", "SUMMARY", "COMPLETE"])
def test_every_result_format_has_a_page(
    site: Site, frame: pd.DataFrame, rules: list[object], result_format: str
) -> None:
    site.run(frame, rules, result_format=result_format)
    assert "None of the images in path may be unreadable." in words(site.text)
    assert "alert-danger" not in site.text
    assert bool(site.galleries) is (result_format != "BOOLEAN_ONLY")


def test_names_stay_text(site: Site, root: str, tmp_path: Path, frame: pd.DataFrame) -> None:
    folder = tmp_path / "images"
    whole = (Path(root) / "train/hills/page.jpg").read_bytes()
    rows = []
    for number, name in enumerate(HOSTILE):
        for copy in ("one", "two"):
            path = f"{copy}/{name}"
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(whole + bytes([number]) if number else b"no image")
            rows.append((path, "<em>train</em>" if copy == "one" else "te$t", f"<u>{number}</u>"))
    table = pd.DataFrame(rows, columns=["path", "split", "label"])
    options = {"root": str(folder)}
    site.run(
        table,
        [
            images.ExpectUnreadableImageCountToBeAtMost(**options, label="<u>0</u>"),
            images.ExpectImageDuplicateRateToBeAtMost(**options, split="<em>train</em>"),
            images.ExpectNoImageLeakBetweenSplits(**options),
            images.ExpectNoImageLeakBetweenSplits(**options, between=["<em>nowhere</em>", "te$t"]),
            images.ExpectImageLabelConsistencyToBeAtLeast(**options),
            images.ExpectColumnImagesToBeReadable(column="path", **options),
            images.ExpectColumnImagesNotToBeDuplicated(column="path", **options),
        ],
        result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["path", "label"]},
    )
    for page in (site.page, *site.galleries):
        text = page.read_text(encoding="utf-8")
        for tag in ("<script>alert", "<b>bold", "<em>train", "<em>nowhere", "<u>0", "<u>1"):
            assert tag not in text, (page, tag)
    shown = html.unescape(site.text)
    for name in ("<script>alert(1)", "$column $100.jpg", "two\\nlines é.jpg", "<em>nowhere</em>", "{{ x }}.jpg"):
        assert name in shown


def test_ten_thousand_findings_make_a_small_page(site: Site) -> None:
    table = pd.DataFrame({"path": [f"folder {n % 7}/<b>{n}</b>.jpg" for n in range(10_000)]})
    rules = [
        images.ExpectUnreadableImageCountToBeAtMost(),
        images.ExpectColumnImagesToBeReadable(column="path"),
    ]
    site.run(table, rules, result_format="COMPLETE")
    assert len(site.text) < 3_000_000
    assert "10,000" in site.text


def test_an_ephemeral_context_gets_its_gallery_too(
    context: object, definition: object, frame: pd.DataFrame, rules: list[object]
) -> None:
    suite = context.suites.add(gx.ExpectationSuite("suite", expectations=rules))
    data = context.validation_definitions.add(gx.ValidationDefinition(name="v", data=definition, suite=suite))
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name="c", validation_definitions=[data], actions=[images.ImageGalleryAction(name="g")])
    )
    checkpoint.run(batch_parameters={"dataframe": frame})
    (site,) = context.get_docs_sites_urls()
    root = Path(unquote(site["site_url"].removeprefix("file://"))).parent
    assert len(list((root / "fastdup_checks").glob("*.html"))) == 1


def test_batches_that_memory_has_let_go_have_a_gallery(
    site: Site, frame: pd.DataFrame, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fastdup_checks.gx.report._ANALYSES", 1)
    splits = [Column("split") == name for name in ("train", "test")]
    site.run(frame, [images.ExpectUnreadableImageCountToBeAtMost(root=root, row_condition=s) for s in splits])
    assert len(site.galleries) == 2
    said = [gallery.read_text(encoding="utf-8") for gallery in site.galleries]
    assert sorted("2 unreadable" in words(text) for text in said) == [False, True]
    assert all("could not be judged" not in text for text in said)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_a_browser_shows_the_page_and_follows_the_link_without_a_network(
    site: Site, frame: pd.DataFrame, rules: list[object]
) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    site.run(frame, rules)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(offline=True)
        page = context.new_page()
        said: list[str] = []
        page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
        page.goto(site.page.as_uri(), wait_until="domcontentloaded")
        assert page.get_by_text("None of the images in path may be unreadable.").is_visible()
        picture = page.locator('img[src^="data:image/jpeg"]').first
        assert picture.evaluate("e => e.complete && e.naturalWidth") > 20
        assert page.get_by_text("failed", exact=True).first.is_visible()
        style = page.locator("td").first.evaluate("e => getComputedStyle(e).paddingLeft")
        assert style == "12px"  # no style sheet of the network is there to say so
        with context.expect_page() as opened:
            page.get_by_role("link", name="Open the gallery").first.click()
        opened.value.wait_for_load_state()
        assert opened.value.title() == "images.of.cats - fastdup-checks"
        assert said == []
        browser.close()


SET = {
    "split": "<odd> split",
    "label": "a label",
    "between": ["left", "right"],
    "kind": "exact",
    "threshold": 0.123,
    "against": "old",
    "reference": "old.npy",
    "p_value": 0.021,
}
SHOWN = {"between": "left and right", "threshold": ("0.123", "12.3%"), "p_value": "2.1%"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_sentence_says_every_argument_that_is_not_left_as_it_is(rule: type) -> None:
    column = {"column": "photo"} if "column" in rule.__fields__ else {"image_column": "photo"}
    own = {name: value for name, value in SET.items() if name in rule.args_keys}
    (bare,) = rule._prescriptive_renderer(configuration=rule(**column).configuration)
    (full,) = rule._prescriptive_renderer(configuration=rule(**column, **own).configuration)
    for block in (bare, full):
        text = words(block.string_template["template"])
        assert " photo " in text
        assert "$" not in text
        assert "At most 0 " not in text
    for name in own:
        shown = SHOWN.get(name, SET[name])
        assert any(one in text for one in ((shown,) if isinstance(shown, str) else shown)), name
    assert "<odd>" not in full.string_template["template"]


def test_the_suite_page_has_the_sentences(site: Site, frame: pd.DataFrame, rules: list[object]) -> None:
    site.run(frame, rules)
    (page,) = (site.root / "expectations").rglob("*.html")
    assert "may be unreadable." in page.read_text(encoding="utf-8")


def test_suite_parameters_show_name_and_value(site: Site, root: str, frame: pd.DataFrame) -> None:
    rule = images.ExpectImageDuplicateRateToBeAtMost(root=root, at_most={"$PARAMETER": "rate"})
    suite = site.context.suites.add(gx.ExpectationSuite("suite", expectations=[rule]))
    definition = site.context.validation_definitions.add(
        gx.ValidationDefinition(name="validation", data=site.data, suite=suite)
    )
    checkpoint = site.context.checkpoints.add(
        gx.Checkpoint(
            name="checkpoint", validation_definitions=[definition], actions=[images.ImageGalleryAction(name="gallery")]
        )
    )
    result = checkpoint.run(batch_parameters={"dataframe": frame}, expectation_parameters={"rate": 0.5})
    assert result.success
    assert "may repeat another one exactly" in site.text


def test_the_page_tells_unreadable_rows_and_those_that_are_not_judged(
    site: Site, frame: pd.DataFrame, root: str
) -> None:
    bare = pd.DataFrame({"path": [f"nowhere {number}.jpg" for number in range(4)]})
    rule = images.ExpectColumnImagesNotToHaveConflictingLabels(column="path", root=root, mostly=0.5)
    result = site.run(pd.concat([frame, bare], ignore_index=True), [rule])
    assert result.success
    (validation,) = result.run_results.values()
    counts = validation.results[0].result
    bad = counts["unexpected_count"]
    text = words(site.text)
    assert f"{100 * bad / len(frame):.2f}".rstrip("0") + "% unexpected" in text
    assert "4 rows without a label are not judged" in text
    assert "not counted" not in text
    (gallery,) = site.galleries
    for page in (text, words(gallery.read_text(encoding="utf-8"))):
        assert "cannot be read: truncated JPEG" in page
