"""Feeds damaged files to all that reads files: each is to be read or refused, in bounded time and memory."""
