"""`python -m rulechain` is the command `rulechain`."""

from rulechain.cli import main

if __name__ == "__main__":
    main()
