"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

pytest_plugins = ("pytester",)

# Nothing is asserted about time: a busy machine must not fail a test.
settings.register_profile("fastdup-checks", deadline=None)
settings.load_profile("fastdup-checks")
