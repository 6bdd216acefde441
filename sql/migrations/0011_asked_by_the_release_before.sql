-- What a replica of the release before asks has no say in whether it was heard, because that one does not remember it.
-- The default of 0010 said otherwise; a replica that remembers says so itself.
--
-- Safe beside the previous release: what it asks stays null, like what was asked before 0010.

alter table interactions alter column unheard drop default;
