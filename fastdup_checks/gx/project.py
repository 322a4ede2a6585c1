"""A Great Expectations project that knows the image rules in every process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import great_expectations
from great_expectations.exceptions import DataContextError, GreatExpectationsError

from fastdup_checks.errors import DatasetError
from fastdup_checks.gx.actions import ImageGalleryAction
from fastdup_checks.stored_name import fault_of_name

__all__ = ("add_checkpoint", "find_checkpoint", "is_project", "open_project", "register_in_project")

MODULE = "fastdup_checks.gx"
DATA_SOURCE = "fastdup_checks"


def open_project(folder: Path) -> Any:
    """The project in a folder, which is made where there is none."""
    return great_expectations.get_context(mode="file", project_root_dir=str(folder))


def is_project(folder: Path) -> bool:
    """Whether there is a project in a folder."""
    return (folder / "gx/great_expectations.yml").is_file()


def find_checkpoint(context: Any, name: str) -> Any:
    """The checkpoint of that name, or None.

    Raises:
        DatasetError: if it is there and cannot be used: its suite or its data are lost, or no longer valid.
    """
    try:
        return context.checkpoints.get(name)
    except DataContextError:
        return None
    except (GreatExpectationsError, LookupError, TypeError, ValueError) as error:  # pydantic's are ValueErrors
        said = " ".join(str(error).split())
        raise DatasetError(
            f"checkpoint {name!r} cannot be loaded: {said}; add its suite again, and overwrite it"
        ) from error


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


def add_checkpoint(context: Any, suite: Any, *, overwrite: bool = False) -> Any:
    """Add a suite to a project, with everything that it takes to run it on a data frame.

    That is a pandas data source `fastdup_checks` with a data frame asset, a validation definition and a checkpoint,
    all of the name of the suite; the checkpoint writes the gallery and Data Docs.

    Args:
        context: the project.
        suite: see `fastdup_checks.gx.suite_from_config`.
        overwrite: replace a suite of that name.

    Returns:
        The checkpoint; run it with `batch_parameters={"dataframe": frame}`.

    Raises:
        DatasetError: if there is a suite of that name, or a project on disk cannot have one.
    """
    fault = fault_of_name(suite.name) if getattr(context, "root_directory", None) is not None else None
    if fault is not None:
        raise DatasetError(f"the suite cannot be called {suite.name!r:.60}: {fault}")
    if not overwrite and any(known.name == suite.name for known in context.suites.all()):
        raise DatasetError(f"the project has a suite {suite.name!r}; choose another name, or overwrite it")
    suite = context.suites.add_or_update(suite)
    data = _new_asset(context, suite.name).add_batch_definition_whole_dataframe("all")
    definition = context.validation_definitions.add_or_update(
        great_expectations.ValidationDefinition(name=suite.name, data=data, suite=suite)
    )
    return context.checkpoints.add_or_update(
        great_expectations.Checkpoint(
            name=suite.name, validation_definitions=[definition], actions=[ImageGalleryAction(name="gallery")]
        )
    )


def _new_asset(context: Any, name: str) -> Any:
    """A data frame asset of that name; those of the other suites stay, for their checkpoints name them."""
    try:
        source = context.data_sources.get(DATA_SOURCE)
    except KeyError:
        source = context.data_sources.add_pandas(DATA_SOURCE)
    if name in source.get_asset_names():
        source.delete_asset(name)
    return source.add_dataframe_asset(name)
