"""A Great Expectations project that knows the image rules in every process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastdup_checks.errors import DatasetError

__all__ = ("register_in_project",)

MODULE = "fastdup_checks.gx"


def register_in_project(context: Any) -> None:
    """Make whoever opens the project import the image rules.

    Writes `module_name: fastdup_checks.gx` below `stores.expectations_store` of great_expectations.yml. GX loads the
    store from there, which imports the rules. A process that has not imported them would drop them from every suite
    without a word, and pass.

    Args:
        context: a file context.

    Raises:
        DatasetError: if the project has no great_expectations.yml, or its store of expectations is a class of another
            module already.
    """
    from ruamel.yaml import YAML

    folder = getattr(context, "root_directory", None)
    if folder is None:
        raise DatasetError("only a project on disk can name the package that holds its rules (mode='file')")
    path = Path(folder) / "great_expectations.yml"
    yaml = YAML()
    yaml.preserve_quotes = True
    settings = yaml.load(path)
    store = settings["stores"][settings.get("expectations_store_name", "expectations_store")]
    if store.get("module_name") == MODULE:
        return
    if store.get("module_name") not in {None, "great_expectations.data_context.store"}:
        raise DatasetError(
            f"{path}: the store of expectations is a class of {store['module_name']}; import {MODULE} in that module"
        )
    store["module_name"] = MODULE
    yaml.dump(settings, path)
