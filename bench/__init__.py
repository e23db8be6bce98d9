"""How fast this engine is: `python -m bench`, beside its peers and against its targets."""
