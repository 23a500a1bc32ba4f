"""`python -m stancelab`, the same as the command stancelab."""

from stancelab.cli import main

if __name__ == "__main__":
    main()
