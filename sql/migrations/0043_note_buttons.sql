-- Notes with buttons: such a note asks something that the open round of its thing offers, and loses its buttons when
-- this round ends.
--
-- Safe beside the previous release, which posts such a note without buttons. The checks are validated in
-- 0045_note_checks, which keeps no one out of the table.

alter table notes
    add column round_id uuid, -- the round that its buttons name; null: it has no buttons
    add column buttons jsonb, -- [{"move", "label", "has_form", "is_primary"}]
    add column over_at timestamptz, -- since when the round has ended
    add column edited_at timestamptz, -- since when the message has no buttons, or none that could be taken from it
    add constraint notes_buttons_check check ((round_id is null) = (buttons is null)) not valid,
    add constraint notes_over_at_check check (over_at is null or round_id is not null) not valid,
    add constraint notes_edited_at_check check (edited_at is null or over_at is not null) not valid;
