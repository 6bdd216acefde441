-- Validate the checks of 0043_note_buttons, which keeps no one out of the table. In a migration of its own, so that the
-- locks of others, such as that of 0046_fixes on things, are not held while the table is read.

alter table notes
    validate constraint notes_buttons_check,
    validate constraint notes_over_at_check,
    validate constraint notes_edited_at_check;
