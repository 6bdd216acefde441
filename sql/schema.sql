-- What the migrations make, all together: to read, never to run. A test keeps it equal to a migrated database;
-- `make schema` writes it anew.

CREATE TABLE cards (
    organization_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    id uuid NOT NULL,
    ordinal integer NOT NULL,
    address jsonb NOT NULL,
    channel text,
    ts text,
    permalink text,
    wanted integer DEFAULT 1 NOT NULL,
    shown integer DEFAULT 0 NOT NULL,
    maybe_shown boolean DEFAULT false NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    plain boolean DEFAULT false NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    leased_until timestamp with time zone,
    given_up_at timestamp with time zone,
    reason jsonb,
    settled boolean DEFAULT false NOT NULL,
    shelved integer DEFAULT 0 NOT NULL,
    truncated text[],
    retired_at timestamp with time zone,
    CONSTRAINT cards_pkey PRIMARY KEY (organization_id, interaction_id, id),
    CONSTRAINT cards_check CHECK (((channel IS NULL) = (ts IS NULL))),
    CONSTRAINT cards_check1 CHECK ((shown <= wanted)),
    CONSTRAINT cards_check2 CHECK (((given_up_at IS NULL) OR (reason IS NOT NULL)))
);

CREATE TABLE clicks (
    organization_id uuid NOT NULL,
    claim_id bytea NOT NULL,
    connection_id uuid NOT NULL,
    interaction_id uuid,
    verdict text NOT NULL,
    choice text,
    user_id text NOT NULL,
    user_name text,
    user_team text,
    channel text,
    ts text,
    repeats integer DEFAULT 0 NOT NULL,
    clicked_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    refusal jsonb,
    CONSTRAINT clicks_pkey PRIMARY KEY (organization_id, claim_id),
    CONSTRAINT clicks_claim_id_check CHECK ((octet_length(claim_id) = 32)),
    CONSTRAINT clicks_refusal CHECK (((refusal IS NULL) OR (verdict = 'refused'::text))),
    CONSTRAINT clicks_verdict_check CHECK ((verdict = ANY (ARRAY['won'::text, 'recorded'::text, 'decided'::text, 'opened'::text, 'mistaken'::text, 'refused'::text, 'added'::text, 'taken'::text, 'expired'::text, 'cancelled'::text, 'superseded'::text, 'unreachable'::text, 'outsider'::text, 'not_yours'::text, 'gone'::text])))
);

CREATE TABLE connections (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    app_id text NOT NULL,
    enterprise_id text,
    team_id text,
    home_teams text[] NOT NULL,
    bot_user_id text NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    disabled_at timestamp with time zone,
    first_click_at timestamp with time zone,
    default_channel text,
    CONSTRAINT connections_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT connections_check CHECK (((team_id IS NOT NULL) OR (enterprise_id IS NOT NULL))),
    CONSTRAINT connections_home_teams_check CHECK ((cardinality(home_teams) > 0))
);

CREATE TABLE deliveries (
    organization_id uuid NOT NULL,
    target_id uuid NOT NULL,
    event_id uuid NOT NULL,
    interaction_id uuid,
    endpoint_id uuid,
    status text DEFAULT 'pending'::text NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    leased_until timestamp with time zone,
    outcome jsonb,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    put_off boolean DEFAULT false NOT NULL,
    thing_id uuid,
    CONSTRAINT deliveries_pkey PRIMARY KEY (organization_id, target_id, event_id),
    CONSTRAINT deliveries_check CHECK (((endpoint_id IS NULL) OR (endpoint_id = target_id))),
    CONSTRAINT deliveries_check1 CHECK (((status = 'pending'::text) = (ended_at IS NULL))),
    CONSTRAINT deliveries_check2 CHECK (((status = 'pending'::text) OR ((leased_until IS NULL) AND (outcome IS NOT NULL)))),
    CONSTRAINT deliveries_failures_check CHECK ((failures >= 0)),
    CONSTRAINT deliveries_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'delivered'::text, 'dead'::text]))),
    CONSTRAINT deliveries_subject CHECK ((num_nonnulls(interaction_id, thing_id) = 1))
);

CREATE TABLE events (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    interaction_id uuid,
    type text NOT NULL,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    position bigint,
    owed boolean DEFAULT false NOT NULL,
    thing_id uuid,
    CONSTRAINT events_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT events_subject CHECK ((num_nonnulls(interaction_id, thing_id) = 1))
);

CREATE TABLE fixes (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    session text NOT NULL,
    title text NOT NULL,
    description text,
    confidence integer,
    key text,
    template jsonb,
    script text,
    parameters jsonb,
    decision text,
    decided_at timestamp with time zone,
    decided_by jsonb,
    outcome text NOT NULL,
    outcome_at timestamp with time zone,
    outcome_by jsonb,
    partial_notes text,
    failure_reason text,
    waiting_on text,
    waiting_since timestamp with time zone,
    applied_at timestamp with time zone,
    verified_at timestamp with time zone,
    outcome_proposal jsonb,
    due_at timestamp with time zone,
    superseded_at timestamp with time zone,
    superseded_by uuid,
    CONSTRAINT fixes_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT fixes_check CHECK (((template IS NULL) OR (script IS NULL))),
    CONSTRAINT fixes_check1 CHECK (((parameters IS NULL) OR (script IS NOT NULL))),
    CONSTRAINT fixes_check10 CHECK (((outcome <> 'applied_partial'::text) OR (partial_notes IS NOT NULL))),
    CONSTRAINT fixes_check11 CHECK (((outcome <> 'applied_failed'::text) OR (failure_reason IS NOT NULL))),
    CONSTRAINT fixes_check12 CHECK (((outcome <> 'applied_pending'::text) OR (waiting_on IS NOT NULL))),
    CONSTRAINT fixes_check13 CHECK (((waiting_on IS NULL) = (waiting_since IS NULL))),
    CONSTRAINT fixes_check14 CHECK (((outcome_proposal IS NULL) OR ((outcome <> 'dismissed'::text) AND (superseded_at IS NULL)))),
    CONSTRAINT fixes_check15 CHECK (((due_at IS NULL) OR ((superseded_at IS NULL) AND ((outcome = 'applied_pending'::text) OR ((outcome = 'proposed'::text) AND (NOT (decision IS DISTINCT FROM 'one_off'::text))))))),
    CONSTRAINT fixes_check16 CHECK (((superseded_by IS NULL) OR (superseded_at IS NOT NULL))),
    CONSTRAINT fixes_check17 CHECK ((superseded_by IS DISTINCT FROM id)),
    CONSTRAINT fixes_check2 CHECK (((decision IS NULL) = (decided_at IS NULL))),
    CONSTRAINT fixes_check3 CHECK (((decision IS NULL) = (decided_by IS NULL))),
    CONSTRAINT fixes_check4 CHECK (((decision IS DISTINCT FROM 'dismissed'::text) OR (outcome = 'dismissed'::text))),
    CONSTRAINT fixes_check5 CHECK (((outcome = 'proposed'::text) = (outcome_at IS NULL))),
    CONSTRAINT fixes_check6 CHECK (((outcome = 'proposed'::text) = (outcome_by IS NULL))),
    CONSTRAINT fixes_check7 CHECK (((outcome = ANY (ARRAY['proposed'::text, 'dismissed'::text])) = (applied_at IS NULL))),
    CONSTRAINT fixes_check8 CHECK (((outcome = ANY (ARRAY['applied_success'::text, 'applied_failed'::text])) = (verified_at IS NOT NULL))),
    CONSTRAINT fixes_check9 CHECK (((applied_at IS NOT NULL) OR ((partial_notes IS NULL) AND (failure_reason IS NULL) AND (waiting_on IS NULL)))),
    CONSTRAINT fixes_confidence_check CHECK (((confidence >= 0) AND (confidence <= 100))),
    CONSTRAINT fixes_decided_by_check CHECK (((decided_by IS NULL) OR (decided_by ? 'user'::text))),
    CONSTRAINT fixes_decision_check CHECK ((decision = ANY (ARRAY['one_off'::text, 'draft_template'::text, 'build_template'::text, 'dismissed'::text]))),
    CONSTRAINT fixes_outcome_check CHECK ((outcome = ANY (ARRAY['proposed'::text, 'applied_success'::text, 'applied_failed'::text, 'applied_partial'::text, 'applied_pending'::text, 'dismissed'::text])))
);

CREATE TABLE form_pages (
    organization_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    form bytea NOT NULL,
    user_id text NOT NULL,
    page integer NOT NULL,
    entered jsonb NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT form_pages_pkey PRIMARY KEY (organization_id, interaction_id, form, user_id)
);

CREATE TABLE history (
    organization_id uuid NOT NULL,
    thing_id uuid NOT NULL,
    id uuid NOT NULL,
    number integer,
    move text NOT NULL,
    from_status text,
    to_status text,
    by jsonb NOT NULL,
    reason text,
    detail jsonb DEFAULT '{}'::jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT history_pkey PRIMARY KEY (organization_id, thing_id, id)
);

CREATE TABLE incident_runs (
    organization_id uuid NOT NULL,
    run text NOT NULL,
    incident_id uuid NOT NULL,
    linked_at timestamp with time zone NOT NULL,
    CONSTRAINT incident_runs_pkey PRIMARY KEY (organization_id, run, incident_id)
);

CREATE TABLE incident_updates (
    organization_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    number integer NOT NULL,
    id uuid NOT NULL,
    message text,
    changes jsonb,
    by jsonb NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT incident_updates_pkey PRIMARY KEY (organization_id, incident_id, number),
    CONSTRAINT incident_updates_organization_id_incident_id_id_key UNIQUE (organization_id, incident_id, id),
    CONSTRAINT incident_updates_check CHECK (((message IS NOT NULL) OR (changes IS NOT NULL))),
    CONSTRAINT incident_updates_number_check CHECK ((number > 0))
);

CREATE TABLE incidents (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    title text NOT NULL,
    description text,
    severity text NOT NULL,
    status text NOT NULL,
    status_by jsonb NOT NULL,
    status_at timestamp with time zone NOT NULL,
    systems text[] NOT NULL,
    resolved_at timestamp with time zone,
    has_notes boolean DEFAULT true NOT NULL,
    suppress_notifications boolean DEFAULT false NOT NULL,
    update_count integer DEFAULT 0 NOT NULL,
    recent_updates jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT incidents_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT incidents_check CHECK (((status = 'resolved'::text) = (resolved_at IS NOT NULL))),
    CONSTRAINT incidents_check1 CHECK ((jsonb_array_length(recent_updates) = LEAST(update_count, 20))),
    CONSTRAINT incidents_severity_check CHECK ((severity = ANY (ARRAY['minor'::text, 'major'::text, 'critical'::text]))),
    CONSTRAINT incidents_status_check CHECK ((status = ANY (ARRAY['investigating'::text, 'identified'::text, 'fixing'::text, 'monitoring'::text, 'resolved'::text]))),
    CONSTRAINT incidents_systems_check CHECK (((cardinality(systems) > 0) AND (array_position(systems, NULL::text) IS NULL))),
    CONSTRAINT incidents_update_count_check CHECK ((update_count >= 0))
);

CREATE TABLE interactions (
    organization_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL,
    status text DEFAULT 'pending'::text NOT NULL,
    request jsonb NOT NULL,
    digest text NOT NULL,
    answers jsonb NOT NULL,
    responders text[],
    home_teams text[],
    key_id uuid NOT NULL,
    asked_by text NOT NULL,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    idempotency_key text,
    request_hash bytea,
    supersedes uuid,
    superseded_by uuid,
    answer jsonb,
    choice text,
    answered_by text,
    claim_id bytea,
    reason jsonb,
    cards_left integer NOT NULL,
    cards_shown integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    on_expiry text,
    callback text,
    callback_target uuid,
    heard_at timestamp with time zone,
    unheard boolean,
    receipt jsonb,
    forms jsonb DEFAULT '{}'::jsonb NOT NULL,
    unable jsonb DEFAULT '{}'::jsonb NOT NULL,
    last_called boolean DEFAULT false NOT NULL,
    full_text text,
    thing_id uuid,
    is_anchor boolean DEFAULT false NOT NULL,
    CONSTRAINT interactions_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT interactions_anchor CHECK (((NOT is_anchor) OR (thing_id IS NOT NULL))),
    CONSTRAINT interactions_callback CHECK (((callback IS NULL) = (callback_target IS NULL))),
    CONSTRAINT interactions_cards_left_check CHECK ((cards_left >= 0)),
    CONSTRAINT interactions_cards_shown_check CHECK ((cards_shown >= 0)),
    CONSTRAINT interactions_check CHECK ((expires_at > created_at)),
    CONSTRAINT interactions_check1 CHECK (((status = 'pending'::text) = (ended_at IS NULL))),
    CONSTRAINT interactions_check2 CHECK (((status = 'answered'::text) = (answer IS NOT NULL))),
    CONSTRAINT interactions_check3 CHECK (((status = 'answered'::text) = (claim_id IS NOT NULL))),
    CONSTRAINT interactions_check4 CHECK (((status = 'answered'::text) = (choice IS NOT NULL))),
    CONSTRAINT interactions_check5 CHECK (((answered_by IS NULL) OR (status = 'answered'::text))),
    CONSTRAINT interactions_check6 CHECK (((status = ANY (ARRAY['cancelled'::text, 'unreachable'::text])) = (reason IS NOT NULL))),
    CONSTRAINT interactions_check7 CHECK (((status = 'superseded'::text) = (superseded_by IS NOT NULL))),
    CONSTRAINT interactions_check8 CHECK (((idempotency_key IS NULL) = (request_hash IS NULL))),
    CONSTRAINT interactions_claim_id_check CHECK ((octet_length(claim_id) = 32)),
    CONSTRAINT interactions_heard_at CHECK (((heard_at IS NULL) OR (status <> 'pending'::text) OR (heard_at >= expires_at))),
    CONSTRAINT interactions_home_teams_check CHECK ((cardinality(home_teams) > 0)),
    CONSTRAINT interactions_on_expiry CHECK (((on_expiry IS NULL) OR (answers ? on_expiry))),
    CONSTRAINT interactions_receipt CHECK (((receipt IS NULL) OR ((heard_at IS NOT NULL) AND ((status = 'answered'::text) OR ((status = 'pending'::text) AND (on_expiry IS NOT NULL))) AND ((receipt ->> 'status'::text) = ANY (ARRAY['picked_up'::text, 'succeeded'::text, 'failed'::text])) AND ((receipt ->> 'at'::text) IS NOT NULL) AND (((receipt ->> 'status'::text) <> 'picked_up'::text) OR ((receipt ->> 'picked_up_at'::text) = (receipt ->> 'at'::text)))))),
    CONSTRAINT interactions_responders_check CHECK ((cardinality(responders) > 0)),
    CONSTRAINT interactions_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'answered'::text, 'expired'::text, 'cancelled'::text, 'superseded'::text, 'unreachable'::text]))),
    CONSTRAINT interactions_unheard CHECK (((unheard IS NOT TRUE) OR (status = 'answered'::text)))
);

CREATE TABLE keys (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    digest bytea NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    revoked_at timestamp with time zone,
    CONSTRAINT keys_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT keys_digest_check CHECK ((octet_length(digest) = 32)),
    CONSTRAINT keys_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 80)))
);

CREATE TABLE migrations (
    version integer NOT NULL,
    name text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT migrations_pkey PRIMARY KEY (version)
);

CREATE TABLE notes (
    organization_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    thing_id uuid NOT NULL,
    interaction_id uuid NOT NULL,
    card_id uuid NOT NULL,
    id uuid NOT NULL,
    number integer NOT NULL,
    text text NOT NULL,
    size integer NOT NULL,
    attempt integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    leased_until timestamp with time zone,
    maybe_sent boolean DEFAULT false NOT NULL,
    channel text,
    ts text,
    sent_at timestamp with time zone,
    given_up_at timestamp with time zone,
    reason jsonb,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    round_id uuid,
    buttons jsonb,
    over_at timestamp with time zone,
    edited_at timestamp with time zone,
    CONSTRAINT notes_pkey PRIMARY KEY (organization_id, interaction_id, card_id, number),
    CONSTRAINT notes_buttons_check CHECK (((round_id IS NULL) = (buttons IS NULL))),
    CONSTRAINT notes_check CHECK (((channel IS NULL) = (ts IS NULL))),
    CONSTRAINT notes_check1 CHECK (((ts IS NULL) = (sent_at IS NULL))),
    CONSTRAINT notes_check2 CHECK (((ts IS NULL) OR maybe_sent)),
    CONSTRAINT notes_check3 CHECK (((ts IS NULL) OR (given_up_at IS NULL))),
    CONSTRAINT notes_check4 CHECK (((given_up_at IS NULL) OR (reason IS NOT NULL))),
    CONSTRAINT notes_edited_at_check CHECK (((edited_at IS NULL) OR (over_at IS NOT NULL))),
    CONSTRAINT notes_number_check CHECK ((number > 0)),
    CONSTRAINT notes_over_at_check CHECK (((over_at IS NULL) OR (round_id IS NOT NULL))),
    CONSTRAINT notes_size_check CHECK (((size >= 1) AND (size <= 3000)))
);

CREATE TABLE organizations (
    organization_id uuid NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    disabled_at timestamp with time zone,
    events_position bigint DEFAULT 0 NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (organization_id),
    CONSTRAINT organizations_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
);

CREATE TABLE recoveries (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    status text NOT NULL,
    outcome text,
    source_type text NOT NULL,
    source_id text NOT NULL,
    source_url text,
    kind text NOT NULL,
    cause text NOT NULL,
    fingerprint text NOT NULL,
    next_action text NOT NULL,
    owner_agent text,
    owner_user text,
    previous_owner jsonb,
    return_owner jsonb,
    recovery_ref text,
    wake_policy jsonb,
    monitor_policy jsonb,
    evidence jsonb,
    max_attempts integer,
    timeout_at timestamp with time zone,
    attempt_count integer NOT NULL,
    last_attempt_at timestamp with time zone NOT NULL,
    escalated_at timestamp with time zone,
    escalation_step integer DEFAULT 0 NOT NULL,
    due_at timestamp with time zone,
    note text,
    blocker jsonb,
    blocker_id uuid,
    resolved_by jsonb,
    resolved_at timestamp with time zone,
    CONSTRAINT recoveries_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT recoveries_attempt_count_check CHECK ((attempt_count > 0)),
    CONSTRAINT recoveries_check CHECK (((owner_agent IS NULL) OR (owner_user IS NULL))),
    CONSTRAINT recoveries_check1 CHECK (((status = ANY (ARRAY['resolved'::text, 'cancelled'::text])) = (outcome IS NOT NULL))),
    CONSTRAINT recoveries_check2 CHECK (((status = ANY (ARRAY['resolved'::text, 'cancelled'::text])) = (resolved_at IS NOT NULL))),
    CONSTRAINT recoveries_check3 CHECK (((resolved_at IS NULL) = (resolved_by IS NULL))),
    CONSTRAINT recoveries_check4 CHECK (((status = 'cancelled'::text) = (NOT (outcome IS DISTINCT FROM 'cancelled'::text)))),
    CONSTRAINT recoveries_check5 CHECK (((NOT (outcome IS DISTINCT FROM 'blocked'::text)) = (blocker IS NOT NULL))),
    CONSTRAINT recoveries_check6 CHECK (((blocker_id IS NULL) OR (blocker IS NOT NULL))),
    CONSTRAINT recoveries_check7 CHECK (((status <> 'escalated'::text) OR (escalated_at IS NOT NULL))),
    CONSTRAINT recoveries_check8 CHECK (((due_at IS NULL) OR (status = ANY (ARRAY['active'::text, 'escalated'::text])))),
    CONSTRAINT recoveries_escalation_step_check CHECK ((escalation_step >= 0)),
    CONSTRAINT recoveries_max_attempts_check CHECK ((max_attempts > 0)),
    CONSTRAINT recoveries_outcome_check CHECK ((outcome = ANY (ARRAY['restored'::text, 'blocked'::text, 'false_positive'::text, 'cancelled'::text]))),
    CONSTRAINT recoveries_status_check CHECK ((status = ANY (ARRAY['active'::text, 'escalated'::text, 'resolved'::text, 'cancelled'::text])))
);

CREATE TABLE serving (
    organization_id uuid NOT NULL,
    connection_id uuid NOT NULL,
    served_since timestamp with time zone NOT NULL,
    served_until timestamp with time zone NOT NULL,
    CONSTRAINT serving_pkey PRIMARY KEY (organization_id, connection_id)
);

CREATE TABLE thing_requests (
    organization_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    request_hash bytea NOT NULL,
    thing_id uuid NOT NULL,
    made_id uuid,
    CONSTRAINT thing_requests_pkey PRIMARY KEY (organization_id, idempotency_key)
);

CREATE TABLE things (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    noun text NOT NULL,
    connection_id uuid NOT NULL,
    key_id uuid NOT NULL,
    opened_by text NOT NULL,
    addresses jsonb NOT NULL,
    asked_addresses jsonb,
    added_addresses jsonb DEFAULT '[]'::jsonb NOT NULL,
    responders text[],
    anyone boolean DEFAULT false NOT NULL,
    home_teams text[],
    agent jsonb,
    tags text[] DEFAULT '{}'::text[] NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    callback text,
    callback_target uuid,
    anchor_id uuid,
    moves integer DEFAULT 0 NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    updated_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    is_correctable boolean DEFAULT false NOT NULL,
    CONSTRAINT things_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT things_check CHECK (((callback IS NULL) = (callback_target IS NULL))),
    CONSTRAINT things_check1 CHECK (((responders IS NULL) OR (NOT anyone))),
    CONSTRAINT things_home_teams_check CHECK ((cardinality(home_teams) > 0)),
    CONSTRAINT things_moves_check CHECK ((moves >= 0)),
    CONSTRAINT things_noun_check CHECK (((char_length(noun) >= 1) AND (char_length(noun) <= 40))),
    CONSTRAINT things_responders_check CHECK ((cardinality(responders) > 0))
);

CREATE TABLE throttles (
    organization_id uuid NOT NULL,
    name text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT throttles_pkey PRIMARY KEY (organization_id, name),
    CONSTRAINT throttles_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 200)))
);

CREATE TABLE webhook_endpoints (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    url text NOT NULL,
    types text[],
    generation integer DEFAULT 1 NOT NULL,
    rotated_at timestamp with time zone,
    failing_since timestamp with time zone,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    disabled_at timestamp with time zone,
    disabled_reason text,
    CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT webhook_endpoints_check CHECK (((generation > 1) = (rotated_at IS NOT NULL))),
    CONSTRAINT webhook_endpoints_check1 CHECK (((disabled_at IS NULL) = (disabled_reason IS NULL))),
    CONSTRAINT webhook_endpoints_generation_check CHECK ((generation > 0)),
    CONSTRAINT webhook_endpoints_types_check CHECK ((cardinality(types) > 0))
);

CREATE TABLE work_dependencies (
    organization_id uuid NOT NULL,
    item_id uuid NOT NULL,
    depends_on_id uuid NOT NULL,
    depends_on text NOT NULL,
    is_met boolean NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT work_dependencies_pkey PRIMARY KEY (organization_id, item_id, depends_on_id),
    CONSTRAINT work_dependencies_check CHECK ((item_id <> depends_on_id))
);

CREATE TABLE work_items (
    organization_id uuid NOT NULL,
    id uuid NOT NULL,
    name text,
    title text NOT NULL,
    body text,
    phase text,
    priority integer NOT NULL,
    acceptance jsonb,
    status text NOT NULL,
    attempts integer NOT NULL,
    take_seconds integer NOT NULL,
    holder_agent text,
    holder_user text,
    holder_name text,
    leased_at timestamp with time zone,
    leased_until timestamp with time zone,
    lease_end text,
    blocked_reason text,
    result text,
    done_by jsonb,
    done_at timestamp with time zone,
    unmet integer NOT NULL,
    has_cards boolean DEFAULT false NOT NULL,
    refresh_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT work_items_pkey PRIMARY KEY (organization_id, id),
    CONSTRAINT work_items_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT work_items_check CHECK (((lease_end IS NOT NULL) = ((attempts > 0) AND (status <> 'leased'::text)))),
    CONSTRAINT work_items_check1 CHECK ((
CASE status
    WHEN 'leased'::text THEN ((attempts > 0) AND (leased_until > leased_at) AND (num_nonnulls(holder_agent, holder_user) = 1) AND ((holder_name IS NULL) OR (holder_user IS NOT NULL)) AND (num_nonnulls(blocked_reason, result, done_by, done_at) = 0))
    WHEN 'done'::text THEN ((num_nonnulls(holder_agent, holder_user, holder_name, leased_at, leased_until, blocked_reason, refresh_at) = 0) AND (done_at IS NOT NULL) AND (done_by ?| ARRAY['user'::text, 'key'::text]))
    ELSE ((lease_end IS DISTINCT FROM 'done'::text) AND ((blocked_reason IS NULL) OR (status = 'blocked'::text)) AND (num_nonnulls(holder_agent, holder_user, holder_name, leased_at, leased_until, result, done_by, done_at) = 0))
END IS TRUE)),
    CONSTRAINT work_items_lease_end_check CHECK ((lease_end = ANY (ARRAY['released'::text, 'blocked'::text, 'done'::text, 'reclaimed'::text]))),
    CONSTRAINT work_items_name_check CHECK (((length(name) <= 100) AND (name ~ '^[A-Za-z0-9][A-Za-z0-9_.-]*$'::text) AND ("left"(name, 4) <> 'wrk_'::text) AND (name <> ALL (ARRAY['lease'::text, 'reclaim'::text, 'stats'::text])))),
    CONSTRAINT work_items_priority_check CHECK (((priority >= '-1000'::integer) AND (priority <= 1000))),
    CONSTRAINT work_items_status_check CHECK ((status = ANY (ARRAY['ready'::text, 'leased'::text, 'blocked'::text, 'done'::text]))),
    CONSTRAINT work_items_take_seconds_check CHECK ((take_seconds > 0)),
    CONSTRAINT work_items_unmet_check CHECK ((unmet >= 0))
);

ALTER TABLE cards ADD CONSTRAINT cards_organization_id_interaction_id_fkey FOREIGN KEY (organization_id, interaction_id) REFERENCES interactions(organization_id, id);
ALTER TABLE clicks ADD CONSTRAINT clicks_organization_id_interaction_id_fkey FOREIGN KEY (organization_id, interaction_id) REFERENCES interactions(organization_id, id);
ALTER TABLE connections ADD CONSTRAINT connections_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(organization_id);
ALTER TABLE deliveries ADD CONSTRAINT deliveries_organization_id_endpoint_id_fkey FOREIGN KEY (organization_id, endpoint_id) REFERENCES webhook_endpoints(organization_id, id);
ALTER TABLE deliveries ADD CONSTRAINT deliveries_organization_id_interaction_id_fkey FOREIGN KEY (organization_id, interaction_id) REFERENCES interactions(organization_id, id);
ALTER TABLE deliveries ADD CONSTRAINT deliveries_thing FOREIGN KEY (organization_id, thing_id) REFERENCES things(organization_id, id);
ALTER TABLE events ADD CONSTRAINT events_organization_id_interaction_id_fkey FOREIGN KEY (organization_id, interaction_id) REFERENCES interactions(organization_id, id);
ALTER TABLE events ADD CONSTRAINT events_thing FOREIGN KEY (organization_id, thing_id) REFERENCES things(organization_id, id);
ALTER TABLE fixes ADD CONSTRAINT fixes_organization_id_id_fkey FOREIGN KEY (organization_id, id) REFERENCES things(organization_id, id) ON DELETE CASCADE;
ALTER TABLE fixes ADD CONSTRAINT fixes_organization_id_superseded_by_fkey FOREIGN KEY (organization_id, superseded_by) REFERENCES things(organization_id, id) ON DELETE SET NULL (superseded_by);
ALTER TABLE form_pages ADD CONSTRAINT form_pages_organization_id_interaction_id_fkey FOREIGN KEY (organization_id, interaction_id) REFERENCES interactions(organization_id, id) ON DELETE CASCADE;
ALTER TABLE history ADD CONSTRAINT history_organization_id_thing_id_fkey FOREIGN KEY (organization_id, thing_id) REFERENCES things(organization_id, id) ON DELETE CASCADE;
ALTER TABLE incident_runs ADD CONSTRAINT incident_runs_organization_id_incident_id_fkey FOREIGN KEY (organization_id, incident_id) REFERENCES incidents(organization_id, id) ON DELETE CASCADE;
ALTER TABLE incident_updates ADD CONSTRAINT incident_updates_organization_id_incident_id_fkey FOREIGN KEY (organization_id, incident_id) REFERENCES incidents(organization_id, id) ON DELETE CASCADE;
ALTER TABLE incidents ADD CONSTRAINT incidents_organization_id_id_fkey FOREIGN KEY (organization_id, id) REFERENCES things(organization_id, id) ON DELETE CASCADE;
ALTER TABLE interactions ADD CONSTRAINT interactions_organization_id_connection_id_fkey FOREIGN KEY (organization_id, connection_id) REFERENCES connections(organization_id, id);
ALTER TABLE interactions ADD CONSTRAINT interactions_organization_id_key_id_fkey FOREIGN KEY (organization_id, key_id) REFERENCES keys(organization_id, id);
ALTER TABLE interactions ADD CONSTRAINT interactions_thing FOREIGN KEY (organization_id, thing_id) REFERENCES things(organization_id, id);
ALTER TABLE keys ADD CONSTRAINT keys_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(organization_id);
ALTER TABLE notes ADD CONSTRAINT notes_organization_id_interaction_id_card_id_fkey FOREIGN KEY (organization_id, interaction_id, card_id) REFERENCES cards(organization_id, interaction_id, id) ON DELETE CASCADE;
ALTER TABLE notes ADD CONSTRAINT notes_organization_id_thing_id_fkey FOREIGN KEY (organization_id, thing_id) REFERENCES things(organization_id, id) ON DELETE CASCADE;
ALTER TABLE recoveries ADD CONSTRAINT recoveries_organization_id_blocker_id_fkey FOREIGN KEY (organization_id, blocker_id) REFERENCES things(organization_id, id) ON DELETE SET NULL (blocker_id);
ALTER TABLE recoveries ADD CONSTRAINT recoveries_organization_id_id_fkey FOREIGN KEY (organization_id, id) REFERENCES things(organization_id, id) ON DELETE CASCADE;
ALTER TABLE serving ADD CONSTRAINT serving_organization_id_connection_id_fkey FOREIGN KEY (organization_id, connection_id) REFERENCES connections(organization_id, id) ON DELETE CASCADE;
ALTER TABLE thing_requests ADD CONSTRAINT thing_requests_organization_id_thing_id_fkey FOREIGN KEY (organization_id, thing_id) REFERENCES things(organization_id, id) ON DELETE CASCADE;
ALTER TABLE things ADD CONSTRAINT things_organization_id_anchor_id_fkey FOREIGN KEY (organization_id, anchor_id) REFERENCES interactions(organization_id, id) ON DELETE SET NULL (anchor_id);
ALTER TABLE things ADD CONSTRAINT things_organization_id_connection_id_fkey FOREIGN KEY (organization_id, connection_id) REFERENCES connections(organization_id, id);
ALTER TABLE things ADD CONSTRAINT things_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(organization_id);
ALTER TABLE things ADD CONSTRAINT things_organization_id_key_id_fkey FOREIGN KEY (organization_id, key_id) REFERENCES keys(organization_id, id);
ALTER TABLE throttles ADD CONSTRAINT throttles_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(organization_id);
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES organizations(organization_id);
ALTER TABLE work_dependencies ADD CONSTRAINT work_dependencies_organization_id_item_id_fkey FOREIGN KEY (organization_id, item_id) REFERENCES things(organization_id, id) ON DELETE CASCADE;
ALTER TABLE work_items ADD CONSTRAINT work_items_organization_id_id_fkey FOREIGN KEY (organization_id, id) REFERENCES things(organization_id, id) ON DELETE CASCADE;

CREATE INDEX cards_due ON cards USING btree (due_at) WHERE ((shown < wanted) AND (given_up_at IS NULL));
CREATE INDEX cards_handle ON cards USING btree (organization_id, connection_id, channel, ts) WHERE (ts IS NOT NULL);
CREATE INDEX cards_ready ON cards USING btree (organization_id, connection_id, due_at) WHERE ((shown < wanted) AND (shelved < wanted) AND (given_up_at IS NULL));
CREATE INDEX cards_shelved ON cards USING btree (organization_id, connection_id, due_at) WHERE ((shown < wanted) AND (shelved = wanted) AND (given_up_at IS NULL));
CREATE INDEX clicks_gone ON clicks USING btree (clicked_at) WHERE (interaction_id IS NULL);
CREATE INDEX clicks_interaction ON clicks USING btree (organization_id, interaction_id);
CREATE UNIQUE INDEX clicks_winner ON clicks USING btree (organization_id, interaction_id) WHERE (verdict = 'won'::text);
CREATE UNIQUE INDEX connections_enterprise ON connections USING btree (app_id, enterprise_id) WHERE ((disabled_at IS NULL) AND (team_id IS NULL));
CREATE UNIQUE INDEX connections_installation ON connections USING btree (app_id, COALESCE(enterprise_id, ''::text), COALESCE(team_id, ''::text)) WHERE (disabled_at IS NULL);
CREATE UNIQUE INDEX connections_workspace ON connections USING btree (app_id, team_id) WHERE ((disabled_at IS NULL) AND (team_id IS NOT NULL));
CREATE INDEX deliveries_interaction ON deliveries USING btree (organization_id, interaction_id);
CREATE INDEX deliveries_leased ON deliveries USING btree (organization_id, target_id) WHERE (leased_until IS NOT NULL);
CREATE INDEX deliveries_of_callbacks ON deliveries USING btree (organization_id, event_id) WHERE (endpoint_id IS NULL);
CREATE INDEX deliveries_pending ON deliveries USING btree (organization_id, target_id, due_at) WHERE (status = 'pending'::text);
CREATE INDEX deliveries_put_off ON deliveries USING btree (due_at) WHERE ((status = 'pending'::text) AND put_off);
CREATE INDEX deliveries_ready ON deliveries USING btree (organization_id, target_id, due_at) WHERE ((status = 'pending'::text) AND (NOT put_off));
CREATE INDEX deliveries_thing ON deliveries USING btree (organization_id, thing_id) WHERE (thing_id IS NOT NULL);
CREATE INDEX events_due ON events USING btree (organization_id, at, id) WHERE (owed OR (("position" IS NULL) AND (type !~~ 'card.%'::text)));
CREATE INDEX events_interaction ON events USING btree (organization_id, interaction_id);
CREATE UNIQUE INDEX events_position ON events USING btree (organization_id, "position") WHERE ("position" IS NOT NULL);
CREATE INDEX events_thing ON events USING btree (organization_id, thing_id, at) WHERE (thing_id IS NOT NULL);
CREATE INDEX events_type ON events USING btree (organization_id, type, "position") WHERE ("position" IS NOT NULL);
CREATE INDEX events_unnumbered ON events USING btree (at) WHERE (("position" IS NULL) AND (type ~~ 'interaction.%'::text));
CREATE UNIQUE INDEX fixes_active ON fixes USING btree (organization_id, session) WHERE (superseded_at IS NULL);
CREATE INDEX fixes_current ON fixes USING btree (organization_id, id) WHERE (superseded_at IS NULL);
CREATE INDEX fixes_due ON fixes USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX fixes_key ON fixes USING btree (organization_id, key, id) INCLUDE (outcome) WHERE (key IS NOT NULL);
CREATE INDEX fixes_outcome ON fixes USING btree (organization_id, outcome, id);
CREATE INDEX fixes_session ON fixes USING btree (organization_id, session, id);
CREATE INDEX fixes_superseded ON fixes USING btree (organization_id, id) WHERE (superseded_at IS NOT NULL);
CREATE INDEX fixes_superseded_by ON fixes USING btree (organization_id, superseded_by) WHERE (superseded_by IS NOT NULL);
CREATE INDEX history_at ON history USING btree (organization_id, thing_id, at);
CREATE UNIQUE INDEX history_number ON history USING btree (organization_id, thing_id, number);
CREATE INDEX incident_runs_incident ON incident_runs USING btree (organization_id, incident_id);
CREATE INDEX incident_runs_latest ON incident_runs USING btree (organization_id, run, linked_at, incident_id);
CREATE INDEX incidents_open_systems ON incidents USING gin (array_prepend((organization_id)::text, systems)) WITH (fastupdate=off) WHERE (status <> 'resolved'::text);
CREATE INDEX incidents_severity ON incidents USING btree (organization_id, severity, id);
CREATE INDEX incidents_status ON incidents USING btree (organization_id, status, id);
CREATE INDEX incidents_systems ON incidents USING gin (array_prepend((organization_id)::text, systems)) WITH (fastupdate=off);
CREATE INDEX interactions_deadline ON interactions USING btree (expires_at) WHERE (status = 'pending'::text);
CREATE INDEX interactions_disconnected ON interactions USING btree (organization_id, thing_id) WHERE ((thing_id IS NOT NULL) AND (status = 'cancelled'::text) AND ((reason ->> 'code'::text) = 'disconnected'::text));
CREATE INDEX interactions_ended ON interactions USING btree (ended_at, organization_id, id) WHERE (status <> 'pending'::text);
CREATE UNIQUE INDEX interactions_idempotency ON interactions USING btree (organization_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);
CREATE INDEX interactions_kind ON interactions USING btree (organization_id, kind, id);
CREATE INDEX interactions_last_call ON interactions USING btree (expires_at) WHERE ((status = 'pending'::text) AND (on_expiry IS NOT NULL) AND (NOT last_called));
CREATE UNIQUE INDEX interactions_round ON interactions USING btree (organization_id, thing_id) WHERE ((status = 'pending'::text) AND (thing_id IS NOT NULL));
CREATE INDEX interactions_run ON interactions USING btree (organization_id, ((request #>> '{agent,run}'::text[])), id) WHERE ((request #>> '{agent,run}'::text[]) IS NOT NULL);
CREATE INDEX interactions_status ON interactions USING btree (organization_id, status, id);
CREATE INDEX interactions_tags ON interactions USING gin (array_prepend((organization_id)::text, tags)) WITH (fastupdate=off) WHERE (tags <> '{}'::text[]);
CREATE INDEX interactions_thing ON interactions USING btree (organization_id, thing_id, id) WHERE (thing_id IS NOT NULL);
CREATE UNIQUE INDEX keys_digest ON keys USING btree (digest);
CREATE INDEX notes_asked ON notes USING btree (organization_id, channel, ts) WHERE ((round_id IS NOT NULL) AND (ts IS NOT NULL));
CREATE INDEX notes_asking ON notes USING btree (organization_id, thing_id) WHERE ((round_id IS NOT NULL) AND (over_at IS NULL));
CREATE INDEX notes_due ON notes USING btree (due_at) WHERE ((given_up_at IS NULL) AND (NOT maybe_sent));
CREATE INDEX notes_leased ON notes USING btree (organization_id, interaction_id, card_id) WHERE (leased_until IS NOT NULL);
CREATE INDEX notes_over ON notes USING btree (due_at) WHERE ((over_at IS NOT NULL) AND (edited_at IS NULL) AND (ts IS NOT NULL));
CREATE INDEX notes_thing ON notes USING btree (organization_id, thing_id, number);
CREATE INDEX notes_waiting ON notes USING btree (organization_id, interaction_id, card_id, number) WHERE ((given_up_at IS NULL) AND (NOT maybe_sent));
CREATE INDEX recoveries_blocker ON recoveries USING btree (organization_id, blocker_id) WHERE (blocker_id IS NOT NULL);
CREATE INDEX recoveries_due ON recoveries USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX recoveries_fingerprint ON recoveries USING btree (organization_id, fingerprint, id);
CREATE UNIQUE INDEX recoveries_open ON recoveries USING btree (organization_id, source_type, source_id) WHERE (status = ANY (ARRAY['active'::text, 'escalated'::text]));
CREATE INDEX recoveries_owner_agent ON recoveries USING btree (organization_id, owner_agent, id) WHERE (owner_agent IS NOT NULL);
CREATE INDEX recoveries_owner_user ON recoveries USING btree (organization_id, owner_user, id) WHERE (owner_user IS NOT NULL);
CREATE INDEX recoveries_source ON recoveries USING btree (organization_id, source_type, source_id, id);
CREATE INDEX recoveries_status ON recoveries USING btree (organization_id, status, id);
CREATE INDEX thing_requests_thing ON thing_requests USING btree (organization_id, thing_id);
CREATE INDEX things_anchor ON things USING btree (organization_id, anchor_id) WHERE (anchor_id IS NOT NULL);
CREATE INDEX things_ended ON things USING btree (ended_at, organization_id, id) WHERE (ended_at IS NOT NULL);
CREATE INDEX things_open ON things USING btree (organization_id, id) WHERE (ended_at IS NULL);
CREATE INDEX things_open_of_connection ON things USING btree (organization_id, connection_id, id) WHERE (ended_at IS NULL);
CREATE INDEX webhook_endpoints_active ON webhook_endpoints USING btree (organization_id) WHERE (disabled_at IS NULL);
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints USING btree (disabled_at) WHERE (disabled_reason = 'deleted'::text);
CREATE INDEX webhook_endpoints_disabled ON webhook_endpoints USING btree (disabled_at) WHERE (disabled_at IS NOT NULL);
CREATE INDEX work_dependencies_waiting ON work_dependencies USING btree (organization_id, depends_on_id) WHERE (NOT is_met);
CREATE INDEX work_items_agent ON work_items USING btree (organization_id, holder_agent, ((- priority)), created_at, id) WHERE (holder_agent IS NOT NULL);
CREATE INDEX work_items_due ON work_items USING btree (LEAST(leased_until, refresh_at)) WHERE (LEAST(leased_until, refresh_at) IS NOT NULL);
CREATE INDEX work_items_leased ON work_items USING btree (organization_id, leased_until) WHERE (leased_until IS NOT NULL);
CREATE UNIQUE INDEX work_items_name ON work_items USING btree (organization_id, name) WHERE (name IS NOT NULL);
CREATE INDEX work_items_order ON work_items USING btree (organization_id, ((- priority)), created_at, id);
CREATE INDEX work_items_phase ON work_items USING btree (organization_id, phase, ((- priority)), created_at, id) WHERE (phase IS NOT NULL);
CREATE INDEX work_items_ready ON work_items USING btree (organization_id, ((- priority)), created_at, id) WHERE ((status = 'ready'::text) AND (unmet = 0));
CREATE INDEX work_items_ready_of_phase ON work_items USING btree (organization_id, phase, ((- priority)), created_at, id) WHERE ((status = 'ready'::text) AND (unmet = 0) AND (phase IS NOT NULL));
CREATE INDEX work_items_status ON work_items USING btree (organization_id, status, ((- priority)), created_at, id);
CREATE INDEX work_items_user ON work_items USING btree (organization_id, holder_user, ((- priority)), created_at, id) WHERE (holder_user IS NOT NULL);
