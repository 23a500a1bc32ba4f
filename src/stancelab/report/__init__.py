"""Finished runs become pages, tables and figures."""
