"""Races for a question in the last milliseconds before its deadline, with readers who look all the while."""
