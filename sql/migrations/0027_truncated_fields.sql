-- What a card shows only in part, as JSON pointers into the interaction; null: unknown, because the card was not posted yet,
-- or was posted by a release without the column.
--
-- Safe beside the previous release: it neither reads nor writes the column.

alter table cards add column truncated text[];
