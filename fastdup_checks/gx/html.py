"""Blocks of HTML for Data Docs, which puts templates, cells and attributes on the page as they are."""

from __future__ import annotations

import base64
import html
import io
from typing import TYPE_CHECKING, Any

from great_expectations.render import RenderedStringTemplateContent
from PIL import Image

from fastdup_checks.records import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ("OFFLINE", "badge", "data_uri", "escape", "finding_cards", "link", "raw_block")

THUMBNAIL_SIDE = 96
"""Pixels of a picture on the page. Pictures travel inside the stored result, so they are small."""


OFFLINE = (
    "<style>@layer fastdup_checks{"
    "body{margin:0;font-family:system-ui,sans-serif;line-height:1.5}"
    ".container-fluid{padding-left:15px;padding-right:15px}"
    ".table{width:100%;border-collapse:collapse}"
    ".table td,.table th{padding:.75rem;vertical-align:top;text-align:left;border-top:1px solid #dee2e6}"
    ".alert{padding:.75rem 1.25rem;margin-bottom:1rem;background-color:#e2e3e5}"
    ".badge{padding:.1em .4em;font-size:85%;border-radius:.25rem;color:#fff;background-color:#6c757d}"
    ".text-danger{color:#dc3545}"
    "}</style>"
)
"""What a page looks like without a network. Data Docs takes its styles from one; where they come, they win against
those of a layer, which say nothing that they do not say too."""


def escape(text: str) -> str:
    """Text for an element or a quoted attribute; `$` would begin a parameter of a template."""
    return html.escape(printable(text), quote=True).replace("$", "&#36;")


def raw_block(fragment: str) -> RenderedStringTemplateContent:
    """A block of our own HTML, in which everything is escaped already."""
    return RenderedStringTemplateContent(
        content_block_type="string_template",
        string_template={"template": fragment.replace("\n", " "), "params": {}, "tag": "div"},
    )


def badge(text: str) -> str:
    """A value in a sentence."""
    return f'<span class="badge badge-secondary">{escape(text)}</span>'


def data_uri(jpeg: bytes) -> str:
    """A small version of the picture, as an address that holds it."""
    with Image.open(io.BytesIO(jpeg)) as picture:
        picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        out = io.BytesIO()
        picture.convert("RGB").save(out, "JPEG", quality=75, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def finding_cards(findings: Sequence[Mapping[str, Any]], pictures: Mapping[str, str], group: int) -> str:
    """Findings as cards, each with its pictures side by side and the reason.

    Args:
        findings: as `fastdup_checks.report.summary.finding_payload` writes them.
        pictures: path -> data URI.
        group: at most so many images of one finding.
    """
    return "".join(_card(finding, pictures, group) for finding in findings)


def link(address: str, text: str) -> str:
    """A link that opens beside the page."""
    return f'<a href="{escape(address)}" target="_blank" rel="noopener">{escape(text)}</a>'


def _card(finding: Mapping[str, Any], pictures: Mapping[str, str], group: int) -> str:
    images = finding["images"]
    figures = "".join(_figure(path, pictures.get(path)) for path in images[:group])
    said = [escape(finding["note"])] if finding["note"] else []
    if len(images) > group:
        said.append(f"{len(images):,} images in all")
    return (
        '<div style="display:inline-block;vertical-align:top;max-width:100%;border:1px solid #ddd;border-radius:4px;'
        f'padding:6px 6px 2px;margin:6px 6px 0 0;overflow-wrap:anywhere">{figures}'
        f'<div style="max-width:30em"><small>{"; ".join(said)}</small></div></div>'
    )


def _figure(path: str, picture: str | None) -> str:
    folder, _, name = path.rstrip("/").rpartition("/")
    shown = (
        f'<img src="{escape(picture)}" alt="" style="max-width:{THUMBNAIL_SIDE}px;max-height:{THUMBNAIL_SIDE}px">'
        if picture
        else ""
    )
    return (
        f'<figure title="{escape(path)}" style="display:inline-block;margin:0 6px 0 0;vertical-align:top;'
        f'max-width:15em">{shown}<figcaption style="line-height:1.2"><small>{escape(name or path)}'
        f'<br><span style="color:#767676">{escape(folder)}</span></small></figcaption></figure>'
    )
