-- Two more verdicts on clicks: refused by the thing, and added to it.
--
-- Safe beside the previous release, see 0029_things.

alter table clicks
    add column refusal jsonb, -- {code, detail, field}: why the thing did not allow it
    drop constraint clicks_verdict_check,
    add constraint clicks_verdict_check check (verdict in (
        'won', 'recorded', 'decided', 'opened', 'mistaken', 'refused', 'added', 'taken', 'expired', 'cancelled',
        'superseded', 'unreachable', 'outsider', 'not_yours', 'gone')) not valid,
    add constraint clicks_refusal check (refusal is null or verdict = 'refused') not valid;
