-- The full text of an action, such as a diff: apart from the request, so that nothing reads it that does not show it. The
-- request has its size, its SHA-256 and its first lines.
--
-- Safe beside the previous release: it neither reads nor writes the column. What it draws of a question with a full text
-- is the same card without it, so agents should send full texts only once every replica is of this release.

alter table interactions add column full_text text;
