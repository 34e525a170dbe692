"""Settings -> a running service. The only part that knows every part. Read: directory, keys, service."""
