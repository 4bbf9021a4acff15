from __future__ import annotations

import pytest

from tools import prerequisites, sanitize
from tools.failure import SetupError


def test_the_tests_process_watches_before_python_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(sanitize, "runtime", lambda compiler, name: f"/lib/{name}")
    env = sanitize.surroundings("/usr/bin/g++", tmp_path / "_core_avx2.so")
    assert env["LD_PRELOAD"] == "/lib/libasan.so /lib/libubsan.so"
    assert env["LODE_SIMD"] == sanitize.variant()
    assert env[sanitize.WATCHED].endswith("_core_avx2.so")
    assert "detect_leaks=0" in env["ASAN_OPTIONS"]


def test_without_a_compiler_it_says_what_is_needed(monkeypatch):
    monkeypatch.setattr(prerequisites, "find_compiler", lambda: None)
    with pytest.raises(SetupError, match="need g\\+\\+ or clang\\+\\+"):
        sanitize.found_compiler()


def test_a_runtime_that_is_absent_is_named():
    compiler = prerequisites.find_compiler()
    if compiler is None:
        pytest.skip("needs a compiler")
    with pytest.raises(SetupError, match=r"has no libnosuch.so; install"):
        sanitize.runtime(compiler, "libnosuch.so")
