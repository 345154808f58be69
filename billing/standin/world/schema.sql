CREATE TABLE IF NOT EXISTS things (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS things_by_kind ON things (kind, number);
CREATE INDEX IF NOT EXISTS things_by_customer
    ON things (kind, json_extract(body, '$."customer"'), number);
CREATE INDEX IF NOT EXISTS things_by_subscription
    ON things (kind, json_extract(body, '$."subscription"'), number);
CREATE INDEX IF NOT EXISTS things_by_invoice
    ON things (kind, json_extract(body, '$."invoice"'), number);

-- What a request under an idempotency key was answered.
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY,
    asked TEXT NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    kept_until INTEGER NOT NULL
);

-- An event on its way to an endpoint. Claimed by whoever sends it.
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    due_at REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    claimed_until REAL NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting',  -- delivered, lost, given_up
    status INTEGER,
    told TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE state = 'waiting';

-- The switches of the world.
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);
