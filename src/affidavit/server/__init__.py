"""The ASGI edge: the only part that is asynchronous, and the only one that turns errors into status codes."""
