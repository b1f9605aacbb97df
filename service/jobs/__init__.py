"""Jobs: what runs by itself, when, and who does it. Kept in the database, so that any number of processes agree."""
