"""Components that do something with a message and pass it on."""
