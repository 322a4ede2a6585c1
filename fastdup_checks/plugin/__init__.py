"""The pytest plugin: options, and fixtures for hand-written tests.

It is loaded by every pytest run of an environment that has fastdup-checks installed, so it imports nothing but pytest
and the standard library until a configuration file is given, and asks pytest to skip what there is no use for here:
PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fastdup_checks.plugin.options import add_options, configured_paths

if TYPE_CHECKING:
    from pathlib import Path

    from fastdup_checks.plugin.facade import Fastdup
    from fastdup_checks.result import Result

__all__ = ("FastdupWarning",)


class FastdupWarning(pytest.PytestWarning):
    """An expectation of severity `warn` was not met, or the plugin could not do a minor thing.

    Of an expectation it fails no test by `-W error`; by `-W error::fastdup_checks.plugin.FastdupWarning` it does.
    """


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare options and ini keys."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Come alive where a configuration file is given."""
    config.addinivalue_line("markers", "fastdup: an expectation on an image dataset, from a data.yml")
    paths = configured_paths(config)
    if paths:
        from fastdup_checks.plugin.session import start

        start(config, paths)


@pytest.fixture(scope="session")
def fastdup_config(pytestconfig: pytest.Config) -> str | Path:
    """The configuration file that the other fixtures speak of.

    By default the one given by --fastdup-config or the ini key fastdup_config. Override it in a conftest.py, with
    scope="session", to use another file, or give it params to run tests over several.
    """
    from fastdup_checks.plugin.session import only_config

    return only_config(pytestconfig)


@pytest.fixture(scope="session")
def fastdup_scan(fastdup: Fastdup) -> Result:
    """The scanned dataset, a `fastdup_checks.Result`: `assert fastdup_scan.leaks("train", "test") == []`."""
    return fastdup.result


@pytest.fixture(scope="session")
def fastdup(fastdup_config: str | Path, pytestconfig: pytest.Config) -> Fastdup:
    """Measures of the dataset: `assert fastdup.measure("duplicate_rate", split="train") <= 0.01`."""
    from fastdup_checks.plugin.session import facade

    return facade(pytestconfig, fastdup_config)


def pytest_assertrepr_compare(op: str, left: Any, right: Any) -> list[str] | None:
    """Show findings where a hand-written assertion on them fails."""
    if not (_is_ours(left) or _is_ours(right)):
        return None
    from fastdup_checks.plugin.facade import explain

    return explain(op, left, right)


def _is_ours(value: Any) -> bool:
    sample = value[0] if isinstance(value, list) and value else value
    return type(sample).__module__ in {"fastdup_checks.result", "fastdup_checks.findings"}
