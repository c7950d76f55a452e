"""`python -m tocsin_schema.paths`: follow paths for another process."""

import sys

from tocsin_schema.paths.process import limit, serve

if __name__ == "__main__":
    limit()
    serve(sys.stdin.buffer, sys.stdout.buffer)
