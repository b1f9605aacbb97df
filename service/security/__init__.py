"""Who may read: local accounts, sessions, and what protects a browser."""
