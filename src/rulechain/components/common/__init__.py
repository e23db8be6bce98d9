"""Components that shape a chain: where it branches, where it ends."""
