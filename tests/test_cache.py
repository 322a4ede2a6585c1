from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from fastdup_checks.cache import make_cache


def test_a_new_cache_is_marked(tmp_path):
    make_cache(tmp_path / "a" / "cache")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["cache"]
    assert (tmp_path / "a" / "cache" / ".gitignore").read_text() == "*\n"


def test_of_runs_at_the_same_time_all_find_it_marked(tmp_path):
    def make(_):
        make_cache(tmp_path / "cache")
        return sorted(path.name for path in (tmp_path / "cache").iterdir())

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(make, range(40))) == [[".gitignore", "CACHEDIR.TAG"]] * 40
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]


def test_where_a_cache_cannot_be_made_nothing_is_left(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        make_cache(tmp_path / "file" / "cache")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
