"""``python -m frontline``."""

import sys

try:
    from frontline.cli.main import main

    status = main()
except KeyboardInterrupt:  # before there was anything to interrupt
    status = 3
sys.exit(status)
