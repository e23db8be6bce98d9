"""The command line, `rulechain VERB …`: stdout carries data, stderr carries talk."""

from rulechain.cli.root import main

__all__ = ["main"]
