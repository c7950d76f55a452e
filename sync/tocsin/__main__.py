"""`python -m tocsin`."""

from tocsin.main import main

main()
