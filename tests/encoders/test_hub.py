"""The Hub, through the real `huggingface_hub` and a real HTTP server on the loopback."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from datasets import CLEAN, DATASET, picture, write_images
from graphs import embed_one, flattening
from test_network import external

import fastdup_checks
from fastdup_checks.encoders import HubFile, ModelPlan, Stated
from fastdup_checks.encoders.network import OnnxEncoder
from fastdup_checks.encoders.plan import model_key
from fastdup_checks.errors import MissingExtra, ScanError

pytest.importorskip("huggingface_hub")

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves files the way the Hub does: /OWNER/NAME/resolve/COMMIT/PATH."""

    def __init__(self):
        self.files: dict[str, bytes] = {}
        self.asked: Counter[str] = Counter()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_HEAD(self):
                self.answer(body=False)

            def do_GET(self):
                self.answer(body=True)

            def answer(self, *, body):
                hub.asked[self.path] += 1
                repository, _, rest = self.path[1:].partition("/resolve/")
                commit, _, name = rest.partition("/")
                data = hub.files.get(name)
                wrong = (
                    "RepoNotFound"
                    if repository != "some/model"
                    else "RevisionNotFound"
                    if commit != COMMIT
                    else "EntryNotFound"
                    if data is None
                    else None
                )
                self.send_response(404 if wrong else 200)
                self.send_header("X-Repo-Commit", COMMIT)
                if wrong:
                    self.send_header("X-Error-Code", wrong)
                    data = b""
                self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if body:
                    self.wfile.write(data)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub with `some/model`, and an empty cache."""
    from huggingface_hub import constants

    hub = Hub()
    # What HF_ENDPOINT, HF_HUB_CACHE and HF_HUB_ETAG_TIMEOUT set; the library reads them when it is imported.
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    model = flattening(tmp_path / "made.onnx", ("n", 3, "height", "width"), "float")
    hub.files = {
        "onnx/model.onnx": model.read_bytes(),
        "preprocessor_config.json": b'{"size": 8, "image_mean": 0.5, "image_std": 0.5}',
    }
    yield hub
    hub.stop()


def source(**changes):
    return HubFile(**{"repository": "some/model", "file": "onnx/model.onnx", "revision": COMMIT, **changes})


def test_a_model_and_its_processor_file_come_from_the_hub(hub, tmp_path):
    found = OnnxEncoder(ModelPlan(source()))
    assert (found.preprocessing.size, found.preprocessing.mean) == ((8, 8), (0.5, 0.5, 0.5))
    local = tmp_path / "local"
    for name, data in hub.files.items():
        (local / name).parent.mkdir(parents=True, exist_ok=True)
        (local / name).write_bytes(data)
    same = OnnxEncoder(ModelPlan(local / "onnx" / "model.onnx"))
    assert np.array_equal(embed_one(found, picture(1)), embed_one(same, picture(1)))


def test_weights_beside_the_model_come_with_it(hub, tmp_path):
    made = external(tmp_path / "external" / "m.onnx")
    hub.files = {"onnx/m.onnx": made.read_bytes(), "onnx/m.onnx_data": made.with_name("m.onnx_data").read_bytes()}
    plain = Stated(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    found = embed_one(OnnxEncoder(ModelPlan(source(file="onnx/m.onnx"), plain)), picture(1))
    assert np.array_equal(found, embed_one(OnnxEncoder(ModelPlan(made, plain)), picture(1)))


@pytest.mark.parametrize("processor", [True, False])
def test_what_was_fetched_once_needs_no_network(hub, processor):
    if not processor:
        del hub.files["preprocessor_config.json"]
    first = embed_one(OnnxEncoder(ModelPlan(source())), picture(1))
    hub.stop()
    assert np.array_equal(first, embed_one(OnnxEncoder(ModelPlan(source())), picture(1)))


def test_a_finished_scan_needs_neither_the_network_nor_the_file(hub, tmp_path):
    config = tmp_path / "data.yml"
    config.write_text(
        f"{DATASET}expectations: [broken_images]\n"
        f"model: {{hub: some/model, file: onnx/model.onnx, revision: '{COMMIT}'}}\n"
    )
    write_images(tmp_path / "images", CLEAN)
    assert fastdup_checks.check(config).passed
    asked = hub.asked.total()
    hub.files.clear()
    assert fastdup_checks.check(config).passed
    assert hub.asked.total() == asked


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"repository": "other/model"}, r"other/model/\S* at 01234567: no such repository; or it is private"),
        ({"revision": "f" * 40}, "some/model/.* at ffffffff: the repository has no such commit"),
        ({"file": "onnx/none.onnx"}, "some/model/onnx/none.onnx at .*: the repository has no such file at that commit"),
    ],
)
def test_what_the_hub_does_not_have_is_one_clear_error(hub, changes, message):
    with pytest.raises(ScanError, match=message):
        OnnxEncoder(ModelPlan(source(**changes)))


def test_a_hub_that_cannot_be_reached_is_one_clear_error(hub, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # the library tries again, more and more patiently
    hub.stop()
    with pytest.raises(ScanError, match="the Hub cannot be reached, and the file is not in the cache"):
        OnnxEncoder(ModelPlan(source()))


def test_the_key_names_the_commit_and_the_file():
    keys = {model_key(ModelPlan(s)) for s in (source(), source(file="a"), source(revision="f" * 40))}
    assert len(keys) == 3


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtra, match=r"pip install 'fastdup-checks\[hub\]'"):
        OnnxEncoder(ModelPlan(source()))


def test_the_command_line_fetches_through_the_environment_and_then_works_offline(hub, tmp_path):
    """A process of its own: HF_ENDPOINT and HF_HUB_OFFLINE as a user would set them."""
    root = write_images(tmp_path / "images", {"a.png": 1, "b.png": 2})
    command = [sys.executable, "-m", "fastdup_checks", "run", root, "-q", "--model"]
    command += [f"hf://some/model@{COMMIT}/onnx/model.onnx", "--work-dir"]
    environment = {**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "home")}
    environment["PYTHONPATH"] = str(Path(fastdup_checks.__file__).parents[1])
    offline = {**environment, "HF_HUB_OFFLINE": "1"}

    def run(out, env):
        return subprocess.run([*command, tmp_path / out], capture_output=True, text=True, check=False, env=env)

    empty = run("none", {**offline, "HF_HOME": str(tmp_path / "other")})
    assert empty.returncode == 3
    assert "the Hub cannot be reached, and the file is not in the cache" in empty.stderr
    assert "Traceback" not in empty.stderr
    online = run("online", environment)
    assert (online.returncode, online.stderr) == (0, "")
    again = run("offline", offline)
    assert (again.returncode, again.stderr) == (0, "")
    first, second = ((tmp_path / out / "embeddings.npy").read_bytes() for out in ("online", "offline"))
    assert first == second
