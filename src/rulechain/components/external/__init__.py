"""Components that reach out of the process."""
