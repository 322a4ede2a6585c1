"""`model:` and `embeddings:` of data.yml -> a plan."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, get_args

from fastdup_checks.document import Block, Items, Problems, Text, nearest
from fastdup_checks.encoders.plan import (
    DEFAULT,
    Channels,
    Filter,
    HubFile,
    Layout,
    ModelPlan,
    Pooling,
    Stated,
    VectorPlan,
)
from fastdup_checks.errors import ConfigError

if TYPE_CHECKING:
    from fastdup_checks.document import Node
    from fastdup_checks.encoders.plan import EncoderPlan

__all__ = ("WORDS", "model_named", "read_encoder", "read_model_text")

WORDS: dict[str, tuple[str, ...]] = {
    "layout": get_args(Layout),
    "channels": get_args(Channels),
    "pooling": get_args(Pooling),
    "filter": get_args(Filter),
}
"""Key -> the words it may hold."""

_STATED = ("size", "resize", "filter", "layout", "channels", "scale", "mean", "std", "output", "pooling")
_COMMIT = re.compile(r"[0-9a-f]{40}\Z")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+\Z", re.ASCII)
_HUB_TEXT = re.compile(r"hf://(?P<hub>[^/@]+/[^/@]+)(?:@(?P<revision>[^/]*))?/(?P<file>.+)\Z")


def read_encoder(block: Block, here: Path, problems: Problems) -> EncoderPlan | None:
    """Read both entries of a file; None where there is neither, or where there are problems.

    Args:
        block: the whole file.
        here: the folder that paths are relative to.
        problems: hears what is wrong.
    """
    model, vectors = block.entries.get("model"), block.entries.get("embeddings")
    if model is not None and vectors is not None:
        problems.add(block.lines["embeddings"], "embeddings: there is a model as well; take one of them away")
    if vectors is not None:
        return _read_vectors(vectors, here, problems)
    if model is None:
        return None
    return _Model(here, problems).read(model)


def read_model_text(text: str, here: Path, problems: Problems, line: int = 0) -> ModelPlan | None:
    """Read a model that is one word: `default`, the path of a file, or `hf://owner/name@commit/file`."""
    if text == "default":
        return DEFAULT
    if text.startswith("hf://"):
        parts = _HUB_TEXT.match(text)
        if parts is None:
            problems.add(line, f"model: {text!r} is not understood; write hf://OWNER/NAME@COMMIT/FILE")
            return None
        hub = _hub_file(parts["hub"], parts["file"], parts["revision"], (line,) * 3, problems)
        return ModelPlan(hub) if hub else None
    file = _existing_file(text, here, "model", line, problems)
    return ModelPlan(file) if file else None


def model_named(model: str | Path | ModelPlan) -> ModelPlan:
    """Read a model that is an argument of a command or function; paths are relative to the working directory.

    Raises:
        ConfigError: if there is no such model.
    """
    if isinstance(model, ModelPlan):
        return model
    problems = Problems("argument")
    found = read_model_text(str(model), Path(), problems)
    if found is None:
        raise ConfigError(problems.found)
    return found


class _Model:
    """Reads `model`."""

    def __init__(self, here: Path, problems: Problems) -> None:
        self._here = here
        self._problems = problems

    def read(self, node: Node) -> ModelPlan | None:
        problems = self._problems
        if isinstance(node, Text):
            text = problems.text(node, "model")
            return read_model_text(text, self._here, problems, node.line) if text else None
        block = problems.block(node, "model")
        if block is None:
            return None
        before = len(problems.found)
        problems.known_keys(block, ("file", "hub", "revision", *_STATED), "model")
        source = self._source(block)
        stated = self._stated(block)
        return ModelPlan(source, stated) if source and len(problems.found) == before else None

    def _source(self, block: Block) -> Path | HubFile | None:
        problems = self._problems
        if "file" not in block.entries:
            problems.add(block.line, "model: the key 'file' is missing: the ONNX file")
            return None
        file = problems.text(block.entries["file"], "model.file")
        if "hub" not in block.entries:
            if "revision" in block.entries:
                problems.add(
                    block.lines["revision"], "model.revision: there is no 'hub: OWNER/NAME' that it belongs to"
                )
            return _existing_file(file, self._here, "model.file", block.lines["file"], problems) if file else None
        hub = problems.text(block.entries["hub"], "model.hub")
        node = block.entries.get("revision")
        revision = problems.text(node, "model.revision") if node is not None else None
        if hub is None or file is None or (node is not None and revision is None):
            return None
        lines = block.lines["hub"], block.lines["file"], block.lines.get("revision", block.line)
        return _hub_file(hub, file, revision, lines, problems)

    def _stated(self, block: Block) -> Stated:
        problems, found = self._problems, dict[str, Any]()
        for key in _STATED:
            node = block.entries.get(key)
            if node is None:
                continue
            what = f"model.{key}"
            if key == "size":
                found[key] = self._size(node)
            elif key == "resize":
                squashes = isinstance(node, Text) and node.text == "squash"
                found[key] = "squash" if squashes else self._pixels(node, f"{what}, where it is not 'squash',")
            elif key == "scale":
                found[key] = self._positive(node, what)
            elif key in {"mean", "std"}:
                found[key] = self._three(node, what, positive=key == "std")
            else:
                found[key] = text = problems.text(node, what)
                if text is not None and key in WORDS and text not in WORDS[key]:
                    problems.add(node.line, f"{what}: {text!r} is not known{nearest(text, WORDS[key])}")
        return Stated(**found)

    def _size(self, node: Node) -> tuple[int, int] | None:
        if isinstance(node, Items):
            if len(node.items) != 2:
                self._problems.add(node.line, "model.size must be one number or [height, width]")
                return None
            height, width = (self._pixels(item, "each of model.size") for item in node.items)
        else:
            height = width = self._pixels(node, "model.size")
        return (height, width) if height and width else None

    def _pixels(self, node: Node, what: str) -> int | None:
        value = self._problems.number(node, what)
        if value is None:
            return None
        if not value.is_integer() or not 1 <= value <= 4096:
            self._problems.add(node.line, f"{what} must be a whole number of pixels, 1 to 4096")
            return None
        return int(value)

    def _positive(self, node: Node, what: str) -> float | None:
        value = self._problems.number(node, what)
        if value is not None and value <= 0:
            self._problems.add(node.line, f"{what} must be larger than 0")
        return value

    def _three(self, node: Node, what: str, *, positive: bool) -> tuple[float, float, float] | None:
        read = self._positive if positive else self._problems.number
        if not isinstance(node, Items):
            value = read(node, what)
            return None if value is None else (value,) * 3
        if len(node.items) != 3:
            self._problems.add(node.line, f"{what} must be one number, or three: [red, green, blue]")
            return None
        one, two, three = (read(item, f"each of {what}") for item in node.items)
        return None if one is None or two is None or three is None else (one, two, three)


def _hub_file(
    hub: str,
    file: str,
    revision: str | None,
    lines: tuple[int, int, int],
    problems: Problems,
) -> HubFile | None:
    before = len(problems.found)
    if not _REPOSITORY.match(hub):
        problems.add(lines[0], f"model.hub: {hub!r} is not a repository; write OWNER/NAME")
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        problems.add(lines[1], f"model.file: {file!r} is not a path within the repository")
    if revision is None or not _COMMIT.match(revision):
        said = "the revision is missing" if revision is None else f"{revision!r} may move"
        problems.add(
            lines[2],
            f"model.revision: {said}; pin a commit, all 40 digits of it, from "
            f"https://huggingface.co/{hub}/commits/main, so that the same file is used every time",
        )
    return HubFile(hub, path.as_posix(), revision) if revision and len(problems.found) == before else None


def _read_vectors(node: Node, here: Path, problems: Problems) -> VectorPlan | None:
    block = problems.block(node, "embeddings")
    if block is None:
        return None
    keys = ("npy", "files")
    problems.known_keys(block, keys, "embeddings")
    files: list[Path | None] = []
    for key, about in zip(keys, ("the vectors, as numpy.save writes them", "their paths, one a line"), strict=True):
        if key not in block.entries:
            problems.add(block.line, f"embeddings: the key {key!r} is missing: {about}")
            files.append(None)
            continue
        name = problems.text(block.entries[key], f"embeddings.{key}")
        line = block.lines[key]
        files.append(_existing_file(name, here, f"embeddings.{key}", line, problems) if name else None)
    npy, paths = files
    return VectorPlan(npy, paths) if npy and paths else None


def _existing_file(name: str, here: Path, what: str, line: int, problems: Problems) -> Path | None:
    file = here / os.path.expanduser(name)  # noqa: PTH111 - the other way raises where there is no such user
    if os.path.isfile(file):  # noqa: PTH113 - takes any text, however long
        return file
    more = ""
    if what == "model":
        near = nearest(name, ["default"])
        more = near if near.endswith("?") else "; 'default' is the bundled encoder"
    problems.add(line, f"{what}: no such file {file}{more}")
    return None
