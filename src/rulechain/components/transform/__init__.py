"""Components that make another message of a message."""
