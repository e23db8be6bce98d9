"""Components that route a message by what it is."""
