"""Sets the project up: standard library only, since nothing else is installed yet."""
