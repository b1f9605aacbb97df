"""The agreement: what may be collected, computed and shown; signed, enforced, and never silently loosened."""
