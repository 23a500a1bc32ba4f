"""Fast on one machine, the same on many."""
