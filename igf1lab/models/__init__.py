"""One module a model: pure functions on plain numbers and arrays."""
