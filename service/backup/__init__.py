"""Backups of both stores at one point in time, and their restoration."""
