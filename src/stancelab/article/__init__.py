"""From a raw article to a table of who said what, and where they stand on a target."""
