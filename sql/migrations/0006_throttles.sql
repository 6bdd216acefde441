-- What may be had only so often, shared by all replicas: an agent's requests, and turns to write to Slack.
--
-- Safe beside the previous release, which does not know the table.

create table throttles (
    organization_id uuid not null references organizations,
    name            text not null check (char_length(name) between 1 and 200),
    at              timestamptz not null, -- when everything that was taken will have come back
    primary key (organization_id, name)
);
