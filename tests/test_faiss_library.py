from __future__ import annotations

import os
import subprocess
import sys

from fastdup_checks.faiss_library import kernels_for

SEARCH = """
import os, sys
import numpy as np
from fastdup_checks.faiss_library import load_faiss
before = dict(os.environ)
faiss = load_faiss()
assert dict(os.environ) == before
assert load_faiss() is faiss is sys.modules["faiss"]
vectors = np.random.default_rng(0).integers(-9, 9, (300, 32)).astype(np.float32)
index = faiss.IndexFlatIP(32)
index.add(vectors)
print(index.search(vectors, 5)[0].sum())
"""


def search(**variables):
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"} | variables
    done = subprocess.run([sys.executable, "-c", SEARCH], env=environment, capture_output=True, check=True, text=True)
    return done.stdout


def test_a_processor_gets_the_best_kernels_that_it_can_run():
    old = frozenset(("sse4_2", "avx"))
    modern = old | {"avx2", "fma"}
    assert kernels_for(old) is None
    assert kernels_for(modern) == "Haswell"
    assert kernels_for(modern | {"avx512f"}) == "Haswell"
    assert kernels_for(modern | {f"avx512{part}" for part in ("f", "bw", "cd", "dq", "vl")}) == "SkylakeX"
    assert kernels_for(frozenset()) is None


def test_loading_leaves_the_environment_as_it_was_and_results_do_not_depend_on_the_kernels():
    assert search() == search(OPENBLAS_CORETYPE="Prescott")
