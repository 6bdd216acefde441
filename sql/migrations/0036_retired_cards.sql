-- Cards whose thing has its cards elsewhere.
--
-- Safe beside the previous release, see 0029_things.

alter table cards
    add column retired_at timestamptz; -- since when the cards of its thing are elsewhere
