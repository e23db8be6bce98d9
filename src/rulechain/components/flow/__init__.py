"""Components that lead into other chains."""
