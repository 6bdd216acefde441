-- The schema as PostgreSQL's catalogs describe it, for the dump in schema.sql.

-- name: columns :many
-- Every column, ordered by the table's name and the column's number.
select
    pg_class.relname::text as table_name,
    pg_attribute.attname::text as name,
    format_type(pg_attribute.atttypid, pg_attribute.atttypmod) as type,
    pg_attribute.attnotnull as required,
    pg_get_expr(pg_attrdef.adbin, pg_attrdef.adrelid) as initial
from pg_class
join pg_attribute on pg_attribute.attrelid = pg_class.oid and pg_attribute.attnum > 0 and not pg_attribute.attisdropped
left join pg_attrdef on pg_attrdef.adrelid = pg_class.oid and pg_attrdef.adnum = pg_attribute.attnum
where pg_class.relnamespace = current_schema()::regnamespace and pg_class.relkind = 'r'
order by pg_class.relname collate "C", pg_attribute.attnum;

-- name: constraints :many
-- Every constraint but NOT NULL, which is written with its column (and is in this catalog only since PostgreSQL 18).
select
    pg_class.relname::text as table_name,
    pg_constraint.conname::text as name,
    pg_constraint.contype = 'f' as is_foreign,
    pg_get_constraintdef(pg_constraint.oid) as definition
from pg_constraint
join pg_class on pg_class.oid = pg_constraint.conrelid
where pg_class.relnamespace = current_schema()::regnamespace and pg_constraint.contype <> 'n'
order by
    pg_class.relname collate "C", position(pg_constraint.contype::text in 'puxcf'), pg_constraint.conname collate "C";

-- name: indexes :many
-- Every index that was not created by a constraint.
select replace(pg_get_indexdef(pg_index.indexrelid), ' ON ' || current_schema() || '.', ' ON ') as definition
from pg_index
join pg_class on pg_class.oid = pg_index.indexrelid
where
    pg_class.relnamespace = current_schema()::regnamespace
    and not exists (select from pg_constraint where pg_constraint.conindid = pg_index.indexrelid and contype <> 'f')
order by pg_index.indrelid::regclass::text collate "C", pg_class.relname collate "C";

-- name: index :maybe
-- Whether an index was built completely. No row: there is no index of this name.
select pg_index.indisvalid and pg_index.indisready as is_complete
from pg_index
join pg_class on pg_class.oid = pg_index.indexrelid
where pg_class.relnamespace = current_schema()::regnamespace and pg_class.relname = $name::text;

-- name: unsupported_objects :many
-- Objects that the dump would not show: views, sequences, partitions, functions, triggers, types, generated columns,
-- policies.
select pg_describe_object('pg_class'::regclass, oid, 0) as name
from pg_class
where relnamespace = current_schema()::regnamespace and (relkind not in ('r', 'i') or relispartition or relrowsecurity)
union all
select pg_describe_object('pg_class'::regclass, attrelid, attnum)
from pg_attribute
where
    attrelid in (select oid from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r')
    and (attidentity <> '' or attgenerated <> '')
union all
select pg_describe_object('pg_proc'::regclass, oid, 0)
from pg_proc
where pronamespace = current_schema()::regnamespace
union all
select pg_describe_object('pg_trigger'::regclass, oid, 0)
from pg_trigger
where not tgisinternal
union all
select pg_describe_object('pg_type'::regclass, oid, 0)
from pg_type
where typnamespace = current_schema()::regnamespace and typtype <> 'b' and typtype <> 'c'
order by name;
