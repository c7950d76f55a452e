"""`make demo`: from definitions to delivered messages, everything real, nothing outside this machine."""

import sys

from demo.story import tell

sys.exit(tell())
