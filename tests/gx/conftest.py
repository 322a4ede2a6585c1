"""A small dataset with planted problems, as a data frame and as Great Expectations sees it."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from fastdup_checks.demo import make_demo

if find_spec("great_expectations"):
    with warnings.catch_warnings():  # their own, at import
        warnings.simplefilter("ignore")
        import great_expectations as gx
        import pandas as pd

        import fastdup_checks.gx  # noqa: F401

HERE = Path(__file__).parent
GUIDE = Path(__file__).parents[2] / "examples/great_expectations/README.md"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            # GX and pandas warn of each other, and Spark leaves sockets to the end.
            item.add_marker(pytest.mark.filterwarnings("default", "ignore:unclosed:ResourceWarning"))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is there that the tests need, a test that is skipped has failed: it has tested nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("FASTDUP_CHECKS_SKIP_NOTHING") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("")
        reporter.write_line("tests were skipped, and FASTDUP_CHECKS_SKIP_NOTHING is set", red=True)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _one_cache(cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FASTDUP_CHECKS_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of data.yml and images/."""
    folder = tmp_path_factory.mktemp("demo")
    make_demo(folder)
    return folder


@pytest.fixture(scope="session")
def root(demo: Path) -> str:
    return str(demo / "images")


@pytest.fixture(scope="session")
def frame(root: str) -> pd.DataFrame:
    """One row an image: path, split, label."""
    paths = sorted(path.relative_to(root).as_posix() for path in Path(root).rglob("*.jpg"))
    return pd.DataFrame([(path, *path.split("/")[:2]) for path in paths], columns=["path", "split", "label"])


@pytest.fixture
def guide(demo: Path, frame: pd.DataFrame, tmp_path: Path) -> Callable[..., dict]:
    """guide(spark_frame=None) -> the names that the Python of the guide leaves, in the folder that it speaks of."""
    blocks = re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    frame.to_csv(tmp_path / "images.csv", index=False)
    (tmp_path / "photos").symlink_to(demo / "images")
    settings = (demo / "data.yml").read_text(encoding="utf-8")
    (tmp_path / "data.yml").write_text(settings.replace("root: images", "root: photos"), encoding="utf-8")

    def run(spark_frame: object = None) -> dict:
        names: dict = {"spark_frame": spark_frame}
        for block in blocks:
            if spark_frame is not None or "spark" not in block:
                exec(compile(block, str(GUIDE), "exec"), names)
        return names

    return run


@pytest.fixture
def context() -> object:
    return gx.get_context(mode="ephemeral")


@pytest.fixture
def definition(context: object) -> object:
    """A batch definition that takes a data frame."""
    source = context.data_sources.add_pandas("pandas")
    return source.add_dataframe_asset("images").add_batch_definition_whole_dataframe("whole")


@pytest.fixture
def validate(definition: object) -> Callable[..., object]:
    """validate(frame, rule or rules, **options) -> result or results, in the order of the rules."""

    def run(frame: pd.DataFrame, rules: object, **options: object) -> object:
        batch = definition.get_batch({"dataframe": frame})
        if not isinstance(rules, list):
            return batch.validate(rules, **options)
        result = batch.validate(gx.ExpectationSuite("suite", expectations=rules), **options)
        by_type = {r.expectation_config.type: r for r in result.results}
        return [by_type[rule.expectation_type] for rule in rules]

    return run
