-- The checks of things hold for every stored row; reading them all keeps no click out of the tables.

alter table interactions validate constraint interactions_thing;
alter table interactions validate constraint interactions_anchor;
alter table events validate constraint events_thing;
alter table events validate constraint events_subject;
alter table deliveries validate constraint deliveries_thing;
alter table deliveries validate constraint deliveries_subject;
alter table clicks validate constraint clicks_verdict_check;
alter table clicks validate constraint clicks_refusal;
