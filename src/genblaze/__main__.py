"""`python -m genblaze`: the command line."""

from genblaze.cli.main import main

if __name__ == "__main__":
    main()
