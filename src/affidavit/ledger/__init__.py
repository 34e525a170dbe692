"""The append pipeline and the reads. Synchronous; the server owns the event loop."""
