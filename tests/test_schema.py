from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest
import yaml
from datasets import DATASET

from fastdup_checks.config import load_plan
from fastdup_checks.schema import make_schema
from fastdup_checks.suite import shipped_suites


def test_the_shipped_schema_is_the_one_the_registry_gives():
    shipped = json.loads((resources.files("fastdup_checks.expectations") / "schema.json").read_text())
    assert shipped == make_schema(), "run: make schema"


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(make_schema())


@pytest.mark.parametrize("suite", shipped_suites())
def test_every_shipped_suite_keeps_to_it(suite):
    text = (resources.files("fastdup_checks.expectations") / f"{suite.split('/')[1]}.yml").read_text()
    jsonschema.validate(yaml.safe_load(text), make_schema())


@pytest.mark.parametrize(
    "entry",
    [
        *("{duplicate_rate: {at_most: 5}}", "{duplicate_rate: {at_most: 1}}", "{duplicate_rate: {at_least: 1}}"),
        *("nonsense", "{leak: {between: [a]}}", "{split_drift: {at_most: 10}}"),
        *("{novelty_rate: {p_value: 0}}", "{novelty_rate: {p_value: 1}}"),
    ],
)
def test_it_refuses_what_the_loader_refuses(entry):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(f"{DATASET}\nexpectations: [{entry}]"), make_schema())


def test_it_takes_a_description_as_the_loader_does(tmp_path):
    text = f"{DATASET}description: what it is for\nexpectations: [tiny]"
    jsonschema.validate(yaml.safe_load(text), make_schema())
    (tmp_path / "data.yml").write_text(text)
    assert load_plan(tmp_path / "data.yml").expectations
