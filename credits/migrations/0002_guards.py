"""What constraints cannot say: entries never change, closed holds stay closed.

Also the view from which statements are read.
"""

from django.db import migrations

REFUSE = """
CREATE FUNCTION credits_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: % of % is refused', TG_ARGV[0], TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""

ENTRIES_NEVER_CHANGE = """
CREATE TRIGGER entry_is_immutable BEFORE UPDATE OR DELETE ON credits_entry
    FOR EACH ROW EXECUTE FUNCTION credits_refuse('entries are immutable');
"""

CLOSED_HOLDS_STAY_CLOSED = """
CREATE TRIGGER hold_stays_closed BEFORE UPDATE ON credits_hold FOR EACH ROW
    WHEN (OLD.state <> 'open' AND
        (NEW.state, NEW.captured, NEW.released)
            IS DISTINCT FROM (OLD.state, OLD.captured, OLD.released))
    EXECUTE FUNCTION credits_refuse('a closed hold stays closed');
CREATE TRIGGER hold_is_what_was_asked BEFORE UPDATE ON credits_hold FOR EACH ROW
    WHEN ((NEW.amount, NEW.account_id, NEW.key, NEW.operation, NEW.unlimited)
        IS DISTINCT FROM (OLD.amount, OLD.account_id, OLD.key, OLD.operation, OLD.unlimited))
    EXECUTE FUNCTION credits_refuse('a hold keeps its amount and key');
CREATE TRIGGER hold_is_kept BEFORE DELETE ON credits_hold
    FOR EACH ROW EXECUTE FUNCTION credits_refuse('holds are kept');
"""

STATEMENT = """
CREATE VIEW credits_statementline AS
SELECT
    id, account_id, created_at, operation, product_id, job_id,
    amount AS held, captured, released, refunded,
    CASE
        WHEN refunded > 0 THEN 'refunded'
        WHEN state = 'open' THEN 'held'
        WHEN state = 'captured' AND released > 0 THEN 'part_captured'
        WHEN state = 'captured' THEN 'captured'
        ELSE 'released'
    END AS status,
    CASE WHEN close_reason = '' THEN reason ELSE close_reason END AS reason,
    unlimited AS included
FROM credits_hold
UNION ALL
SELECT
    entry.line, entry.account_id, min(entry.created_at),
    CASE min(entry.operation) WHEN 'grant' THEN min(lot.kind) ELSE min(entry.operation) END,
    NULL, NULL, 0, 0, 0, 0,
    CASE min(entry.operation)
        WHEN 'grant' THEN 'granted' WHEN 'expire' THEN 'expired' ELSE 'revoked'
    END,
    min(entry.reason), FALSE
FROM credits_entry entry JOIN credits_lot lot ON lot.id = entry.lot_id
WHERE entry.hold_id IS NULL
GROUP BY entry.line, entry.account_id;
"""


class Migration(migrations.Migration):
    dependencies = [("credits", "0001_ledger")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION credits_refuse()"),
        migrations.RunSQL(ENTRIES_NEVER_CHANGE, "DROP TRIGGER entry_is_immutable ON credits_entry"),
        migrations.RunSQL(
            CLOSED_HOLDS_STAY_CLOSED,
            "DROP TRIGGER hold_stays_closed ON credits_hold;"
            "DROP TRIGGER hold_is_what_was_asked ON credits_hold;"
            "DROP TRIGGER hold_is_kept ON credits_hold;",
        ),
        migrations.RunSQL(STATEMENT, "DROP VIEW credits_statementline"),
    ]
