from __future__ import annotations

import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from fastdup_checks.errors import ScanError
from fastdup_checks.records import Stamp
from fastdup_checks.store import Measured, Store

NOW = time.time_ns()
OLD = NOW - 10**12


def measured(content, failure=None):
    return Measured(content, failure, 9, 4, 3, "PNG", "RGB", b"p" * 32, b"s", bytes(range(48)))


def remember(store, path, stamp, content, *, failure=None, vector=b"\0" * 8, seen_ns=NOW):
    seen, vectors = [(path, stamp, content)], [] if failure else [(content, vector)]
    store.remember("here", seen, [measured(content, failure)], vectors, seen_ns=seen_ns, decoder="d", encoder="e")


def test_a_file_is_known_while_its_stamp_stays(tmp_path):
    with Store(tmp_path) as store:
        remember(store, "a\udcff.png", Stamp(1, OLD), b"c")
        assert store.contents("here", {"a\udcff.png": Stamp(1, OLD)}) == {"a\udcff.png": b"c"}
        assert store.contents("here", {"a\udcff.png": Stamp(2, OLD)}) == {}
        assert store.contents("here", {"a\udcff.png": Stamp(1, OLD + 1)}) == {}
        assert store.contents("elsewhere", {"a\udcff.png": Stamp(1, OLD)}) == {}


def test_a_file_changed_just_before_it_was_read_is_not_trusted(tmp_path):
    with Store(tmp_path) as store:
        stamp = Stamp(1, NOW - 10**9)
        remember(store, "a.png", stamp, b"c")
        assert store.contents("here", {"a.png": stamp}) == {}


def test_complete_means_embedded_or_known_to_be_broken(tmp_path):
    with Store(tmp_path) as store:
        remember(store, "a", Stamp(1, OLD), b"good")
        remember(store, "b", Stamp(1, OLD), b"bad", failure="empty file")
        store.remember("here", [], [measured(b"half")], [], seen_ns=NOW, decoder="d", encoder="e")
        assert store.complete([b"good", b"bad", b"half", b"new"], decoder="d", encoder="e") == {b"good", b"bad"}
        assert store.all_complete(decoder="d", encoder="e") == {b"good", b"bad"}
        assert store.complete([b"good", b"bad"], decoder="d", encoder="other") == {b"bad"}
        assert store.complete([b"good", b"bad"], decoder="other", encoder="e") == set()


def test_most_of_a_store_reads_like_a_part_of_it(tmp_path):
    contents = [bytes([number % 256, number // 256]) for number in range(700)]
    with Store(tmp_path) as store:
        for encoder, vector in (("e", b"\1" * 8), ("other", b"\2" * 8)):
            done = [measured(content, "bad" if content[0] == 9 else None) for content in contents[:650]]
            vectors = [(content, vector) for content in contents[:600] if content[0] != 9]
            store.remember("here", [], done, vectors, seen_ns=NOW, decoder="d", encoder=encoder)
        for wanted in (contents[20:690], contents):
            parts = [wanted[start : start + 100] for start in range(0, len(wanted), 100)]
            known = {"decoder": "d", "encoder": "e"}
            assert store.complete(wanted, **known) == set().union(*(store.complete(part, **known) for part in parts))
            for read in (
                lambda some: store.vectors(some, encoder="e"),
                lambda some: store.pictures(some, decoder="d"),
            ):
                assert {row for part in parts for row in read(part)} == set(read(wanted))
                assert len(list(read(wanted))) == len(set(read(wanted))) > 500


def test_thumbnails_come_in_the_order_asked_for(tmp_path):
    with Store(tmp_path) as store:
        for number in range(3):
            content = bytes([number])
            m = Measured(content, None, 9, 4, 3, "PNG", "RGB", b"", b"", bytes([number]) * 48)
            store.remember("here", [], [m], [], seen_ns=NOW, decoder="d", encoder="e")
        found = store.thumbnails([b"\2", b"\0", b"\2"], decoder="d", side=4)
        assert found.shape == (3, 4, 4, 3)
        assert found[:, 0, 0, 0].tolist() == [2, 0, 2]


def test_a_store_of_another_schema_is_emptied_and_used(tmp_path):
    with Store(tmp_path) as store:
        store.derive("x", b"1")
    with sqlite3.connect(tmp_path / "scan.sqlite") as db:
        db.execute("PRAGMA user_version=99")
        db.execute("CREATE TABLE older (a)")
    db.close()
    with Store(tmp_path) as store:
        assert store.derived("x") is None
        store.derive("x", b"2")
        assert store.derived("x") == b"2"


def test_of_results_of_one_kind_the_newest_stay(tmp_path):
    with Store(tmp_path) as store:
        for name in ("a-1/x", "a-1/y", "a-1/z"):
            store.derive(name, b"1", newest=2)
            store.derive(name.replace("a-1", "a-10"), b"2")
        store.derive("a-1/y", b"3", newest=2)
        store.derive("a-1/x", b"4", newest=2)
        assert [store.derived(f"a-1/{n}") for n in "xyz"] == [b"4", b"3", None]
        assert [store.derived(f"a-10/{n}") for n in "xyz"] == [b"2"] * 3


def test_two_stores_on_one_file_see_each_other(tmp_path):
    with Store(tmp_path) as one, Store(tmp_path) as other:
        one.derive("x", b"1")
        assert other.derived("x") == b"1"


def test_the_directory_is_marked_as_a_cache(tmp_path):
    Store(tmp_path / "new").close()
    assert (tmp_path / "new" / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"


def test_a_directory_that_others_made_is_not_marked(tmp_path):
    Store(tmp_path).close()
    assert {file.name for file in tmp_path.iterdir()} == {"scan.sqlite"}
    (tmp_path / ".gitignore").write_text("*.log\n")
    Store(tmp_path).close()
    assert (tmp_path / ".gitignore").read_text() == "*.log\n"


def test_what_is_no_database_is_a_clear_error(tmp_path):
    (tmp_path / "scan.sqlite").write_bytes(b"nonsense" * 200)
    with pytest.raises(ScanError, match=r"scan\.sqlite: the cache cannot be opened"):
        Store(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(ScanError, match="cannot be opened"):
        Store(tmp_path / "file" / "cache")


def test_a_disk_that_is_full_is_a_clear_error_and_what_was_there_stays(tmp_path):
    with Store(tmp_path) as store:
        remember(store, "a.png", Stamp(1, OLD), b"a")
        store._db.execute("PRAGMA max_page_count=1")  # no more pages than there are
        with pytest.raises(ScanError, match=r"scan\.sqlite: the cache cannot be written .* is full"):
            remember(store, "b.png", Stamp(1, OLD), b"b", vector=b"v" * 100_000)
        assert set(store.contents("here", {"a.png": Stamp(1, OLD), "b.png": Stamp(1, OLD)})) == {"a.png"}


def test_a_damaged_file_is_a_clear_error(tmp_path):
    with Store(tmp_path) as store:
        remember(store, "a.png", Stamp(1, OLD), b"a")
    file = tmp_path / "scan.sqlite"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with Store(tmp_path) as store, pytest.raises(ScanError, match=r"scan\.sqlite: the cache cannot be read"):
        store.contents("here", {"a.png": Stamp(1, OLD)})


@pytest.mark.parametrize("damage", ["DELETE FROM thumbnails", "UPDATE thumbnails SET thumbnail = x'00'"])
def test_a_file_that_lacks_thumbnails_is_a_clear_error(tmp_path, damage):
    with Store(tmp_path) as store:
        remember(store, "a.png", Stamp(1, OLD), b"a")
        store._db.execute(damage)
        with pytest.raises(ScanError, match=r"scan\.sqlite: the cache lacks thumbnails .*\. Delete the file"):
            store.thumbnails([b"a"], decoder="d", side=4)


def test_an_empty_scan_has_no_thumbnails(tmp_path):
    with Store(tmp_path) as store:
        assert np.array_equal(store.thumbnails([], decoder="d", side=4), np.empty((0, 4, 4, 3), np.uint8))


def test_several_processes_may_make_and_use_one_store_at_once(tmp_path):
    code = (
        "import sys, pathlib; from fastdup_checks.store import Store\n"
        "for turn in range(5):\n"
        "    with Store(pathlib.Path(sys.argv[1])) as store: store.derive(f'{sys.argv[2]}-{turn}', b'x' * 50_000)\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, tmp_path, str(n)]) for n in range(4)]
    assert [worker.wait() for worker in workers] == [0, 0, 0, 0]
    with Store(tmp_path) as store:
        assert all(store.derived(f"{n}-{turn}") for n in range(4) for turn in range(5))


def test_a_store_without_the_details_of_a_drawing_says_so(tmp_path):
    with Store(tmp_path) as store:
        done = [measured(b"c")._replace(detail=b"cut short"), measured(b"d")]
        store.remember("here", [], done, [], seen_ns=NOW, decoder="d", encoder="e")
        for content in (b"c", b"d"):
            with pytest.raises(ScanError, match="lacks details"):
                store.details([content], decoder="d")
