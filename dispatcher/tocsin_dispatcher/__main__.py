"""`python -m tocsin_dispatcher`."""

from tocsin_dispatcher.main import main

main()
