"""The JSON Schema of data.yml, made from the registry of checks.

Editors complete from it; `python -m fastdup_checks.schema > expectations/schema.json` renews the shipped file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastdup_checks.checks import CHECKS
from fastdup_checks.encoders.entry import WORDS
from fastdup_checks.folder_names import FOLDER_NAMES
from fastdup_checks.suite import shipped_suites

if TYPE_CHECKING:
    from fastdup_checks.checks.check import Check

__all__ = ("make_schema",)

_PERCENT = {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"}
_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"oneOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_SHARE = {"oneOf": [{"type": "number", "minimum": 0, "maximum": 1}, _PERCENT]}
_PART = {"oneOf": [{"type": "number", "minimum": 0, "exclusiveMaximum": 1}, _PERCENT]}
_NUMBER = {"oneOf": [{"type": "number"}, _PERCENT]}
_KINDS: dict[str, Any] = {
    "split": _TEXT,
    "label": {"type": ["string", "number"]},
    "split_pair": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2, "uniqueItems": True},
    "share": _SHARE,
    "number": _NUMBER,
    "path": _TEXT,
}
_SEVERITY = {"enum": ["error", "warn"], "default": "error", "description": "warn: a failure does not fail the build."}
_COMMON: dict[str, Any] = {
    "id": {**_TEXT, "description": "A name of its own; by default the check and its scope."},
    "severity": _SEVERITY,
    "skip": {**_TEXT, "description": "Do not judge this; the reason."},
    "xfail": {**_TEXT, "description": "Known to fail; the reason."},
    "marks": {**_TEXTS, "description": "pytest marks of the item."},
}


def make_schema() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fastdup-checks data.yml",
        "description": "Expectations about an image dataset.",
        "type": "object",
        "additionalProperties": False,
        "required": ["version"],
        "properties": {
            "version": {"const": 1},
            "description": _TEXT,
            "extends": {
                "description": "Suites whose expectations come first: shipped ones, or files.",
                "oneOf": [{"$ref": "#/$defs/suite"}, {"type": "array", "items": {"$ref": "#/$defs/suite"}}],
            },
            "dataset": {"$ref": "#/$defs/dataset"},
            "baseline": {
                **_TEXT,
                "default": "fastdup-baseline.yml",
                "description": "The file of accepted findings, relative to this file; none to accept nothing.",
            },
            "model": _model(),
            "embeddings": {
                "type": "object",
                "additionalProperties": False,
                "required": ["npy", "files"],
                "description": "Vectors of your own instead of an encoder.",
                "properties": {
                    "npy": {**_TEXT, "description": "(n, d) floating-point numbers, as numpy.save writes them."},
                    "files": {**_TEXT, "description": "One path a line, relative to the dataset root."},
                },
            },
            "limits": {
                "type": "object",
                "additionalProperties": False,
                "description": "Larger files are broken images.",
                "properties": {
                    "megabytes": {"type": "integer", "minimum": 1, "default": 256},
                    "megapixels": {"type": "integer", "minimum": 1, "default": 150},
                },
            },
            "expectations": {"type": "array", "items": {"$ref": "#/$defs/expectation"}},
        },
        "not": {"required": ["model", "embeddings"]},
        "$defs": {
            "suite": {"anyOf": [{"enum": list(shipped_suites())}, _TEXT]},
            "dataset": _dataset(),
            "expectation": {
                "oneOf": [
                    {"enum": list(CHECKS)},
                    *({"$ref": f"#/$defs/{name}"} for name in CHECKS),
                ],
            },
            **{name: _check(check) for name, check in CHECKS.items()},
        },
    }


def _model() -> dict[str, Any]:
    pixels = {"type": "integer", "minimum": 1, "maximum": 4096}
    numbers = {
        "oneOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}, "minItems": 3, "maxItems": 3}]
    }
    about = {
        "layout": "Order of the dimensions of the input.",
        "channels": "Order of the colours.",
        "pooling": "What is made of an output with one vector a token: the first one, or the mean of all.",
        "filter": "How pictures are resized.",
    }
    whole = {
        "type": "object",
        "additionalProperties": False,
        "required": ["file"],
        "dependentRequired": {"hub": ["revision"], "revision": ["hub"]},
        "properties": {
            "file": {**_TEXT, "description": "The ONNX file; with hub, its path in the repository."},
            "hub": {**_TEXT, "pattern": "^[^/]+/[^/]+$", "description": "A repository of the Hugging Face Hub."},
            "revision": {"type": "string", "pattern": "^[0-9a-f]{40}$", "description": "The commit."},
            "size": {
                "description": "Pixels of the input: the side, or [height, width].",
                "oneOf": [pixels, {"type": "array", "items": pixels, "minItems": 2, "maxItems": 2}],
            },
            "resize": {
                "description": "squash: the whole picture; a number: pixels of the shorter side, then a centre crop.",
                "oneOf": [{"const": "squash"}, pixels],
            },
            "scale": {
                "type": "number",
                "exclusiveMinimum": 0,
                "description": "What 0..255 is multiplied by first; 1/255 by default.",
            },
            "mean": {**numbers, "description": "Is subtracted next: one number, or [red, green, blue]."},
            "std": {**numbers, "description": "Is divided by last."},
            "output": {**_TEXT, "description": "Name of the output."},
            **{key: {"enum": list(words), "description": about[key]} for key, words in WORDS.items()},
        },
    }
    return {
        "default": "default",
        "description": "The encoder: default, an ONNX file, a file of the Hugging Face Hub.",
        "oneOf": [_TEXT, whole],
    }


def _table(column: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["csv"],
        "properties": {"csv": _TEXT, "path": {**_TEXT, "default": "path"}, column: {**_TEXT, "default": column}},
    }


def _dataset() -> dict[str, Any]:
    def column(name: str, about: str) -> dict[str, Any]:
        return {"description": about, "oneOf": [{"enum": [*FOLDER_NAMES, "none"]}, _table(name)]}

    whole = {
        "type": "object",
        "additionalProperties": False,
        "required": ["root"],
        "properties": {
            "root": {**_TEXT, "description": "The folder of the images, relative to this file."},
            "splits": {
                "description": "name: folder or glob pattern below root; or a CSV file.",
                "oneOf": [
                    {"const": "none"},
                    _table("split"),
                    {
                        "type": "object",
                        "minProperties": 1,
                        "not": {"required": ["csv"]},
                        "additionalProperties": _TEXTS,
                    },
                ],
            },
            "labels": column("label", "Where the class of an image comes from."),
            "groups": column("group", "What an image belongs to: a patient, a video, a product."),
            "include": {**_TEXTS, "description": "Glob patterns of the images; by default all image names."},
            "exclude": {**_TEXTS, "description": "Folders or glob patterns that take images out again."},
        },
    }
    return {"oneOf": [_TEXT, whole]}


def _check(check: Check) -> dict[str, Any]:
    bound: dict[str, Any] = {"type": "integer", "minimum": 0}
    if check.unit == "statistic":
        bound = _SHARE
    elif check.unit == "share":
        bound = _PART if check.bound.direction == "at_most" else _SHARE
    properties: dict[str, Any] = {
        check.bound.direction: {**bound, "default": check.bound.value, "description": "The bound, inclusive."},
    }
    for name, about in check.parameters().items():
        kind: dict[str, Any] = {"enum": list(about["choices"])} if about["kind"] == "choice" else _KINDS[about["kind"]]
        if about["inside"]:
            kind = {"oneOf": [{"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, _PERCENT]}
        elif about["least"]:
            kind = {"oneOf": [{"type": "number", "minimum": about["least"], "maximum": 1}, _PERCENT]}
        properties[name] = {**kind, "description": about["doc"]}
        if about["default"] is not None:
            properties[name]["default"] = about["default"]
    body = {"type": ["object", "null"], "additionalProperties": False, "properties": {**properties, **_COMMON}}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [check.name],
        "description": check.summary,
        "properties": {check.name: {**body, "description": check.doc}},
    }


if __name__ == "__main__":
    print(json.dumps(make_schema(), indent=2))  # noqa: T201 - the output of the command
