"""What an organisation can do better and where it starts: measures, when they apply, and how they are put in order."""
