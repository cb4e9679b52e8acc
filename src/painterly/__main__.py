"""`python -m painterly`: the same as the command `painterly`."""

from painterly.commands import main

if __name__ == "__main__":
    main()
