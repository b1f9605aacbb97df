"""The concept document: what was found, what follows and what is done, on paper for those who decide."""
