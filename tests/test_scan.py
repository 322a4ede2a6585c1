from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from datasets import BROKEN, CLEAN, PLANTED, encoded, picture, write_images
from PIL import Image, ImageFile

from fastdup_checks import worker
from fastdup_checks.decode import decode
from fastdup_checks.encoders import DEFAULT_MODEL, ModelPlan
from fastdup_checks.encoders.network import OnnxEncoder
from fastdup_checks.errors import ConfigError
from fastdup_checks.folder import open_folder
from fastdup_checks.limits import Limits
from fastdup_checks.scan import Settings, scan
from fastdup_checks.store import Store


def settings(tmp_path, **changes):
    return Settings(cache=tmp_path / "cache", limits=Limits(), **changes)


def scanned(tmp_path, root, **changes):
    return scan(open_folder(root), settings(tmp_path, **changes))


def test_every_file_is_an_image_or_broken_with_a_reason(tmp_path):
    root = write_images(tmp_path / "images", PLANTED)
    found = scanned(tmp_path, root)
    assert found.size == len(PLANTED)
    assert [(b.record.path, b.reason) for b in found.broken] == [
        ("train/dog/broken.jpg", "not an image: the file holds text")
    ]
    assert len(found.images) == len(found.vectors) == len(found.statistics) == len(PLANTED) - 1


def test_a_vector_is_what_the_encoder_gives_for_the_decoded_file(tmp_path):
    root = write_images(tmp_path / "images", CLEAN)
    found, encoder = scanned(tmp_path, root), OnnxEncoder()
    for record, vector in zip(found.images, found.vectors, strict=True):
        picture = decode((root / record.path).read_bytes(), Limits())
        assert np.array_equal(encoder.embed([encoder.prepare(picture.rgb)])[0], vector)


@pytest.mark.parametrize("place", ["0.png", "train/cat/1x.png", "zz.png"])
def test_a_broken_file_anywhere_shifts_no_name(tmp_path, place):
    clean = scanned(tmp_path, write_images(tmp_path / "clean", CLEAN))
    found = scanned(tmp_path, write_images(tmp_path / "images", {**CLEAN, place: BROKEN}))
    assert [b.record.path for b in found.broken] == [place]
    assert [r.path for r in found.images] == [r.path for r in clean.images]
    assert found.contents == clean.contents
    assert np.array_equal(found.vectors, clean.vectors)


def test_how_many_images_are_in_memory_at_a_time_changes_nothing(tmp_path, monkeypatch):
    root = write_images(tmp_path / "images", PLANTED)
    together = scanned(tmp_path / "together", root)
    monkeypatch.setattr(worker, "_BYTES", 1)
    monkeypatch.setattr(worker, "_PIXELS", 20_000)
    alone = scanned(tmp_path / "alone", root)
    assert alone.fingerprint() == together.fingerprint()
    assert [b.record.path for b in alone.broken] == [b.record.path for b in together.broken]
    assert np.array_equal(alone.vectors, together.vectors)
    assert alone.statistics.tobytes() == together.statistics.tobytes()


def test_a_second_scan_measures_nothing(tmp_path):
    root = write_images(tmp_path / "images", PLANTED)
    first, second = scanned(tmp_path, root), scanned(tmp_path, root)
    assert first.measured > 0
    assert second.measured == 0
    assert np.array_equal(first.vectors, second.vectors)
    assert first.statistics.tobytes() == second.statistics.tobytes()


def test_a_moved_file_is_not_measured_again_and_a_new_one_is(tmp_path):
    root = write_images(tmp_path / "images", CLEAN)
    scanned(tmp_path, root)
    shutil.move(root / "train", root / "moved")
    write_images(root, {"new.png": 999})
    assert scanned(tmp_path, root).measured == 1


def test_a_changed_file_is_measured_again_even_within_the_same_clock_tick(tmp_path):
    root = write_images(tmp_path / "images", {"a.png": 1, "b.png": 2})
    before = scanned(tmp_path, root)
    stamp = os.stat(root / "a.png")
    data = encoded(3)
    size = len((root / "a.png").read_bytes())
    (root / "a.png").write_bytes((data + b"\0" * size)[: max(size, len(data))])
    os.utime(root / "a.png", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    after = scanned(tmp_path, root)
    assert before.contents[0] != after.contents[0]


def test_other_limits_are_another_scan(tmp_path):
    root = write_images(tmp_path / "images", {"small.png": 1, "large.png": encoded(2, side=1100)})
    dataset = open_folder(root)

    def broken(limits):
        return [b.record.path for b in scan(dataset, Settings(tmp_path / "cache", limits)).broken]

    assert broken(Limits(megapixels=1)) == ["large.png"]
    assert broken(Limits()) == []
    assert broken(Limits(megapixels=1)) == ["large.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is bounded as on Linux")
def test_what_the_memory_did_not_hold_is_tried_again(tmp_path):
    root = write_images(tmp_path / "images", {"small.png": 1})
    Image.new("1", (12_000, 12_000)).save(root / "large.png")
    code = f"""
import resource
from pathlib import Path
from fastdup_checks.decode import decode
from fastdup_checks.encoders.vectors import Blind
from fastdup_checks.folder import open_folder
from fastdup_checks.limits import Limits
from fastdup_checks.scan import Settings, scan

root = Path({str(root)!r})
decode((root / "small.png").read_bytes(), Limits())
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
for room in (200, 4000):
    resource.setrlimit(resource.RLIMIT_AS, (used + room * 1_000_000, resource.RLIM_INFINITY))
    done = scan(open_folder(root), Settings(Path({str(tmp_path / "cache")!r}), Limits(), threads=1), encoder=Blind())
    print([(b.record.path, b.reason) for b in done.broken])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    wanted = [("large.png", "picture too large for the memory of this machine")]
    assert done.stdout.splitlines() == [str(wanted), "[]"]


def test_a_training_script_that_reads_truncated_files_is_told_of_them(tmp_path, monkeypatch):
    out = io.BytesIO()
    picture(1).save(out, "BMP")
    root = write_images(tmp_path / "images", {"whole.png": 1, "cut.bmp": out.getvalue()[:5000]})
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert [b.record.path for b in scanned(tmp_path, root).broken] == ["cut.bmp"]
    assert ImageFile.LOAD_TRUNCATED_IMAGES


class SlowEngine:
    """Gives back what it has done a while later."""

    def map(self, work, shards):
        for shard in shards:
            done = work(shard)
            time.sleep(2.2)
            yield done


def test_a_file_changed_just_before_a_long_scan_is_looked_at_again(tmp_path):
    root = write_images(tmp_path / "images", {"a.png": 1})
    scan(open_folder(root), settings(tmp_path), engine=SlowEngine())
    dataset = open_folder(root)
    with Store(tmp_path / "cache") as store:
        stamps = {record.path: dataset.reader.stamp(record) for record in dataset.records}
        assert store.contents(dataset.reader.key, stamps) == {}


class Interrupted(Exception):
    pass


class StoppingEncoder:
    """The real encoder, until it has served some pictures."""

    def __init__(self, after):
        self._real = OnnxEncoder()
        self.key, self.side, self.square = self._real.key, self._real.side, None
        self.left = after

    def prepare(self, rgb):
        self.left -= 1
        if self.left < 0:
            raise Interrupted
        return self._real.prepare(rgb)

    def embed(self, prepared):
        return self._real.embed(prepared)


def test_a_stopped_scan_goes_on_where_it_was(tmp_path):
    root = write_images(tmp_path / "images", {f"{n:03}.png": n for n in range(100)})
    dataset = open_folder(root)
    with pytest.raises(Interrupted):
        scan(dataset, settings(tmp_path, threads=1), encoder=StoppingEncoder(70))
    again = scan(dataset, settings(tmp_path, threads=1))
    assert 0 < again.measured < 100
    assert len(again.images) == 100


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(tmp_path, threads):
    root = write_images(tmp_path / "images", {f"{n:03}.png": n for n in range(80)})
    one = scan(open_folder(root), Settings(tmp_path / "one", Limits(), threads=1))
    other = scan(open_folder(root), Settings(tmp_path / "other", Limits(), threads=threads))
    assert one.vectors.tobytes() == other.vectors.tobytes()
    assert one.statistics.tobytes() == other.statistics.tobytes()
    assert one.contents == other.contents


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="everything may be read by this user")
def test_a_file_that_may_not_be_read_is_broken(tmp_path):
    root = write_images(tmp_path / "images", {"a.png": 1, "b.png": 2})
    (root / "a.png").chmod(0)
    assert [b.reason for b in scanned(tmp_path, root).broken] == ["cannot be read: Permission denied"]


def test_a_listed_file_that_is_not_there_is_broken(tmp_path):
    root = write_images(tmp_path / "images", {"a.png": 1, "b.png": 2})
    dataset = open_folder(root)
    (root / "a.png").unlink()
    assert [b.reason for b in scan(dataset, settings(tmp_path)).broken] == ["cannot be read: No such file or directory"]


def test_a_file_that_may_be_read_later_is_tried_again(tmp_path):
    root = write_images(tmp_path / "images", {"a.png": 1, "b.png": 2})
    dataset = open_folder(root)
    hidden = (root / "a.png").rename(tmp_path / "hidden")
    assert scan(dataset, settings(tmp_path)).broken
    hidden.rename(root / "a.png")
    assert not scan(dataset, settings(tmp_path)).broken


def test_only_broken_files_make_an_empty_scan(tmp_path):
    root = write_images(tmp_path / "images", {"a.png": BROKEN, "b.jpg": b""})
    found = scanned(tmp_path, root)
    assert (len(found.images), len(found.broken)) == (0, 2)


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"x" * 100, lambda b: b""])
def test_a_damaged_model_is_one_clear_error(tmp_path, damage):
    model = tmp_path / "model.onnx"
    model.write_bytes(damage(DEFAULT_MODEL.read_bytes()))
    root = write_images(tmp_path / "images", {"a.png": 1})
    with pytest.raises(ConfigError, match=r"model\.onnx: not a usable ONNX model"):
        scanned(tmp_path, root, model=ModelPlan(model))


def test_odd_names_are_scanned(tmp_path):
    names = ["a b.png", "it's.png", 'say "x".png', "<script>.png", "new\nline.png", "ünï.png", "a,b;c.png", "$HOME.png"]
    root = write_images(tmp_path / "images", {name: n for n, name in enumerate(names)})
    if sys.platform == "linux":
        Path(os.fsdecode(os.fsencode(root) + b"/\xff.png")).write_bytes(encoded(50))
        names.append("\udcff.png")
    found = scanned(tmp_path, root)
    assert sorted(r.path for r in found.images) == sorted(names)
