"""Model files, the networks that ship, and the callable that hides both."""
