"""`python -m fastdup_checks`: the command line."""

from __future__ import annotations

import sys

from fastdup_checks.cli import main

if __name__ == "__main__":
    sys.exit(main())
