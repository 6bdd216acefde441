"""The shape of a click as Slack sends it: one file per kind of source; the values are made up."""
