"""The gallery, visited in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chrome", "chromium-browser"))), None)
in_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


class Visit:
    """The gallery, opened from a file; any complaint or request fails the test in `close`."""

    def __init__(self, browser: sync_api.Browser, path: Path, **options: object) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        # A click aimed while the page still glides to its target would miss it.
        self.context = browser.new_context(accept_downloads=True, reduced_motion="reduce", **options)
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


def shown(page: sync_api.Page) -> int:
    return page.locator(".finding:visible").count()


def press(page: sync_api.Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def saved(page: sync_api.Page, button: str) -> bytes:
    with page.expect_download() as download:
        page.click(button)
    return Path(download.value.path()).read_bytes()
