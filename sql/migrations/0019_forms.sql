-- Answers that can be completed: choices that need words, or that will move something, stand beside those that a bare click
-- may win.
--
-- Safe beside the previous release. That release knows only `answers`: a click on a choice that stands in `forms` is told
-- `gone` there, and never wins. It stores no verdict that the wider check adds. The check is validated by a later migration,
-- without keeping clicks out of the table.

alter table interactions
    add column forms jsonb not null default '{}'; -- choice -> the answer that a submission with words completes

alter table clicks
    drop constraint clicks_verdict_check,
    add constraint clicks_verdict_check check (verdict in (
        'won', 'recorded', 'decided', 'opened', 'mistaken', 'taken', 'expired', 'cancelled', 'superseded', 'unreachable',
        'outsider', 'not_yours', 'gone')) not valid;
