"""Push as hints: platforms tell that something has happened, and the next reading looks there first. Polling remains the base."""
