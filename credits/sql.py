"""The ledger's statements, set-based: each verb moves credits in one of them.

Every statement lists its ``movement`` rows (lot, source, destination, amount) and ends in
``_POST``, which turns the same rows into entries and into balances. So a balance cannot
change without its entry, nor an entry be written without its balance: that is the double
entry, by construction. The caller holds the account's row lock already: a statement's
snapshot is then newer than the last change of this account.
"""

from __future__ import annotations

_POST = """
, entry AS (
    INSERT INTO credits_entry (operation, account_id, lot_id, hold_id, line,
                               source, destination, amount, reason, key, created_at)
    SELECT %(verb)s, %(account)s::uuid, lot_id, %(hold)s::uuid, %(line)s::uuid,
           source, destination, amount, %(note)s, %(entry_key)s, clock_timestamp()
    FROM movement
), change AS (
    SELECT lot_id,
        sum(amount * (left(source, 7) = 'issuer:')::int)::bigint AS granted,
        sum(amount * ((destination = 'available')::int - (source = 'available')::int))::bigint
            AS available,
        sum(amount * ((destination = 'held')::int - (source = 'held')::int))::bigint AS held,
        sum(amount * ((destination = 'consumed')::int - (source = 'consumed')::int))::bigint
            AS consumed,
        sum(amount * (destination = 'expired')::int)::bigint AS expired,
        sum(amount * (destination = 'revoked')::int)::bigint AS revoked,
        sum(amount * ((destination = 'debt')::int - (source = 'debt')::int))::bigint AS debt
    FROM movement GROUP BY lot_id
), lot_moved AS (
    UPDATE credits_lot lot SET
        granted = lot.granted + change.granted, available = lot.available + change.available,
        held = lot.held + change.held, consumed = lot.consumed + change.consumed,
        expired = lot.expired + change.expired, revoked = lot.revoked + change.revoked
    FROM change WHERE lot.id = change.lot_id
), account_moved AS (
    UPDATE credits_account account SET
        available = account.available + total.available,
        held = account.held + total.held, debt = account.debt + total.debt
    FROM (SELECT sum(available) AS available, sum(held) AS held, sum(debt) AS debt
          FROM change HAVING count(*) > 0) total
    WHERE account.id = %(account)s::uuid
)
"""

# What is given back to a lot that has expired or was revoked does not become available again.
_BACK_TO = """
    CASE WHEN lot.revoked_at IS NOT NULL THEN 'revoked'
         WHEN lot.expires_at <= now() THEN 'expired' ELSE 'available' END
"""

_GIVEN_BACK = """
    (SELECT coalesce(sum(amount), 0)::bigint FROM movement WHERE destination = 'expired')
        AS back_to_expired,
    (SELECT coalesce(sum(amount), 0)::bigint FROM movement WHERE destination = 'revoked')
        AS back_to_revoked
"""


def _statement(plan: str, *, answer: str) -> str:
    """A statement that plans movements, posts them, and answers."""
    whole = plan + _POST + answer
    return whole.replace("BACK_TO", _BACK_TO).replace("GIVEN_BACK", _GIVEN_BACK)


# No row: the balance does not cover the amount, or the key is taken.
HOLD = _statement(
    """
WITH spendable AS (
    SELECT id, available, sum(available) OVER burn AS upto, row_number() OVER burn AS position
    FROM credits_lot
    WHERE account_id = %(account)s::uuid AND available > 0
      AND (expires_at IS NULL OR expires_at > now())
    WINDOW burn AS (ORDER BY priority, expires_at NULLS LAST, id)
), made AS (
    INSERT INTO credits_hold (id, account_id, key, operation, reason, model, job_id, product_id,
                              api_key_id, amount,
                              open, captured, released, refunded, state, unlimited, expires_at,
                              close_reason, created_at)
    SELECT %(hold)s::uuid, %(account)s::uuid, %(key)s, %(operation)s, %(reason)s, %(model)s,
           %(job_id)s::uuid, %(product_id)s::uuid, %(api_key)s::uuid,
           %(amount)s::bigint, %(amount)s::bigint, 0, 0, 0, 'open',
           %(unlimited)s, now() + %(ttl)s::interval, '', clock_timestamp()
    WHERE %(unlimited)s OR %(amount)s::bigint = 0
       OR (SELECT coalesce(sum(available), 0) FROM spendable)
          >= %(amount)s::bigint + %(debt)s::bigint
    ON CONFLICT (account_id, key) DO NOTHING
    RETURNING *
), part AS (
    INSERT INTO credits_holdpart (hold_id, lot_id, position, amount, captured, released, refunded)
    SELECT made.id, spendable.id, position,
           least(available, made.amount - (upto - available))::bigint, 0, 0, 0
    FROM made, spendable
    WHERE NOT made.unlimited AND upto - available < made.amount
    RETURNING lot_id, amount
), movement AS (
    SELECT lot_id, 'available' AS source, 'held' AS destination, amount FROM part
)
""",
    answer="""
SELECT * FROM made
""",
)

# No row: the hold is not open, not yet past its time, or smaller than what is to be captured.
CLOSE = _statement(
    """
WITH closed AS (
    UPDATE credits_hold SET
        open = 0, closed_at = clock_timestamp(), close_reason = %(reason)s,
        captured = coalesce(%(amount)s::bigint, amount),
        released = amount - coalesce(%(amount)s::bigint, amount),
        state = CASE WHEN %(state)s = 'captured' AND %(amount)s::bigint = 0 AND amount > 0
                     THEN 'released' ELSE %(state)s END
    WHERE id = %(hold)s::uuid AND state = 'open'
      AND (%(state)s <> 'expired' OR expires_at <= now())
      AND coalesce(%(amount)s::bigint, 0) <= amount
    RETURNING *
), share AS (
    SELECT part.id, least(part.amount, greatest(0,
        closed.captured - (sum(part.amount) OVER (ORDER BY part.position) - part.amount)
    ))::bigint AS captured
    FROM credits_holdpart part JOIN closed ON closed.id = part.hold_id
), part AS (
    UPDATE credits_holdpart part SET
        captured = share.captured, released = part.amount - share.captured
    FROM share WHERE share.id = part.id
    RETURNING part.lot_id, part.captured, part.released
), movement AS (
    SELECT lot_id, 'held' AS source, 'consumed' AS destination, captured AS amount
    FROM part WHERE captured > 0
    UNION ALL
    SELECT lot_id, 'held', BACK_TO, released
    FROM (SELECT part.lot_id, part.released, lot.revoked_at, lot.expires_at
          FROM part JOIN credits_lot lot ON lot.id = part.lot_id) lot
    WHERE released > 0
)
""",
    answer="""
SELECT closed.*, GIVEN_BACK FROM closed
""",
)

# No row: the hold is not captured, or less than the amount is left to refund.
REFUND = _statement(
    """
WITH target AS (
    UPDATE credits_hold SET refunded = refunded + %(amount)s::bigint
    WHERE id = %(hold)s::uuid AND state = 'captured'
      AND refunded + %(amount)s::bigint <= captured
    RETURNING *
), owed AS (
    SELECT part.id, part.captured - part.refunded AS rest,
        sum(part.captured - part.refunded) OVER (ORDER BY part.position DESC) AS upto
    FROM credits_holdpart part JOIN target ON target.id = part.hold_id
    WHERE part.captured > part.refunded
), share AS (
    SELECT id, least(rest, %(amount)s::bigint - (upto - rest))::bigint AS amount
    FROM owed WHERE upto - rest < %(amount)s::bigint
), part AS (
    UPDATE credits_holdpart part SET refunded = part.refunded + share.amount
    FROM share WHERE share.id = part.id
    RETURNING part.lot_id, share.amount
), movement AS (
    SELECT part.lot_id, 'consumed' AS source, BACK_TO AS destination, part.amount
    FROM part JOIN credits_lot lot ON lot.id = part.lot_id
)
""",
    answer="""
SELECT target.*, GIVEN_BACK FROM target
""",
)

# Movements that the caller lists: grants, expiry, revocation, debt.
MOVE = _statement(
    """
WITH movement AS (
    SELECT * FROM unnest(%(lots)s::uuid[], %(sources)s::text[], %(destinations)s::text[],
                         %(amounts)s::bigint[]) AS listed (lot_id, source, destination, amount)
)
""",
    answer="""
SELECT count(*) FROM movement
""",
)
