-- An organization can be disabled as a whole: its keys open no door, its connections are disabled with it.
--
-- Safe beside the previous release: that one does not know the column, but it opens no question on a connection that is
-- disabled, and disabling an organization disables all of them.

alter table organizations add column disabled_at timestamptz;
