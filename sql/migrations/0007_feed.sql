-- The feed: an organization's events get their places in one order after they were committed.
--
-- Safe beside the previous release: that one knows neither column, and leaves its events without a place like everybody.

alter table events add column position bigint; -- null until it is numbered; what is not told to agents never is

alter table organizations add column events_position bigint not null default 0; -- the last place that was given
