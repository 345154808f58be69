-- The ledger inside the database: what moves credits, each verb in one call.
-- credits/operations.py calls these functions and words the refusals.
--
-- Every credit moves through credits_move, which writes the entry and changes the lot's and the
-- account's balance by the same amount. So a balance cannot change without its entry, nor an
-- entry be written without its balance: that is the double entry, by construction.
--
-- What is called from outside locks the account first, then touches the hold, then the lots:
-- always in this order, so that two of them wait for each other and never deadlock. Each
-- statement of a function sees what was committed before it began; after the lock that is the
-- last word on this account. NO KEY: foreign keys to the account need not wait.

CREATE OR REPLACE FUNCTION credits_new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    -- 48 bits of milliseconds over a random UUID, whose version 4 becomes a 7 (RFC 9562).
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid()) PLACING
        substring(int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$;


CREATE OR REPLACE FUNCTION credits_move(
    _account uuid, _lot uuid, _hold uuid, _line uuid, _verb text,
    _source text, _destination text, _amount bigint, _note text DEFAULT '', _key text DEFAULT NULL
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _available bigint :=
        _amount * ((_destination = 'available')::int - (_source = 'available')::int);
    _held bigint := _amount * ((_destination = 'held')::int - (_source = 'held')::int);
BEGIN
    INSERT INTO credits_entry (operation, account_id, lot_id, hold_id, line,
                               source, destination, amount, reason, key, created_at)
    VALUES (_verb, _account, _lot, _hold, _line,
            _source, _destination, _amount, _note, _key, clock_timestamp());

    UPDATE credits_lot SET
        granted = granted + _amount * starts_with(_source, 'issuer:')::int,
        available = available + _available,
        held = held + _held,
        consumed = consumed
            + _amount * ((_destination = 'consumed')::int - (_source = 'consumed')::int),
        expired = expired + _amount * (_destination = 'expired')::int,
        revoked = revoked + _amount * ((_destination = 'revoked')::int - (_source = 'revoked')::int),
        taken = taken + _amount * ((_verb = 'revoke')::int - (_verb = 'restore')::int)
    WHERE id = _lot;

    UPDATE credits_account SET
        available = available + _available,
        held = held + _held,
        debt = debt + _amount * ((_destination = 'debt')::int - (_source = 'debt')::int)
    WHERE id = _account;
END $$;


-- A lot for an account that is locked, once per source key: whether it is new, or NULL where it
-- would have expired already. A debt is paid from it first, unless it belongs to a hold: then
-- the credits are the user's own, given back.
CREATE OR REPLACE FUNCTION credits_add_lot(
    _account uuid, _lot uuid, _kind text, _amount bigint, _source_key text, _reason text,
    _effective_at timestamptz, _expires_at timestamptz, _hold uuid
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    _line uuid := coalesce(_hold, _lot);
    _verb text := CASE WHEN _hold IS NULL THEN 'grant' ELSE 'release' END;
    _paid bigint;
BEGIN
    IF _expires_at <= _effective_at THEN
        -- Asked again, a key has its lot however long ago that expired.
        RETURN CASE WHEN EXISTS (SELECT FROM credits_lot WHERE source_key = _source_key)
                    THEN FALSE END;
    END IF;
    INSERT INTO credits_lot (id, account_id, kind, priority, granted, available, held, consumed,
                             expired, revoked, taken,
                             effective_at, expires_at, source_key, reason)
    VALUES (_lot, _account, _kind,
            -- Burnt first to last: what runs out soonest first, what was paid for last.
            CASE _kind WHEN 'grace' THEN 0 WHEN 'monthly' THEN 10 WHEN 'grant' THEN 20
                       WHEN 'topup' THEN 30 END,
            0, 0, 0, 0, 0, 0, 0, _effective_at, _expires_at, _source_key, _reason)
    ON CONFLICT (source_key) DO NOTHING;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    PERFORM credits_move(
        _account, _lot, _hold, _line, _verb, 'issuer:' || _kind, 'available', _amount, _reason);

    SELECT least(debt, _amount) INTO _paid FROM credits_account WHERE id = _account;
    IF _hold IS NULL AND _paid > 0 THEN
        PERFORM credits_move(
            _account, _lot, NULL, _line, _verb, 'available', 'consumed', _paid, _reason);
        PERFORM credits_move(
            _account, _lot, NULL, _line, _verb, 'debt', 'clawback', _paid, _reason);
    END IF;
    RETURN TRUE;
END $$;


-- Put credits aside. The hold is the new one, or the one that had this key before, or NULL where
-- the balance after debt, or what is left of a cap, does not cover it. ``_included``: the plan
-- pays, nothing is drawn. No account: everything is NULL.
CREATE OR REPLACE FUNCTION credits_open_hold(
    _user uuid, _hold uuid, _key text, _operation text, _reason text, _model text,
    _job uuid, _product uuid, _api_key uuid, _amount bigint, _included boolean,
    _cap_left bigint, _ttl interval,
    OUT hold credits_hold, OUT is_new boolean,
    OUT spendable bigint, OUT held bigint, OUT debt bigint
) LANGUAGE plpgsql AS $$
DECLARE
    _drawn bigint := CASE WHEN _included THEN 0 ELSE _amount END;
    _account uuid;
    _lots uuid[];
    _left bigint[];
    _position int := 0;
    _share bigint;
BEGIN
    SELECT account.id, account.held, account.debt INTO _account, held, debt
    FROM credits_account account WHERE user_id = _user FOR NO KEY UPDATE;

    SELECT array_agg(lot.id), array_agg(lot.available), coalesce(sum(lot.available), 0)
    INTO _lots, _left, spendable
    FROM (SELECT id, available FROM credits_lot
          WHERE account_id = _account AND available > 0
            AND (expires_at IS NULL OR expires_at > now())
          ORDER BY priority, expires_at NULLS LAST, id) lot;

    IF _drawn = 0 OR (spendable >= _drawn + debt AND _drawn <= coalesce(_cap_left, _drawn)) THEN
        INSERT INTO credits_hold (
            id, account_id, key, operation, reason, model, job_id, product_id, api_key_id,
            amount, open, captured, released, refunded, state, unlimited,
            expires_at, close_reason, created_at)
        SELECT _hold, _account, _key, _operation, _reason, _model, _job, _product, _api_key,
            _amount, _amount, 0, 0, 0, 'open', _included,
            now() + _ttl, '', clock_timestamp()
        WHERE _account IS NOT NULL
        ON CONFLICT (account_id, key) DO NOTHING
        RETURNING * INTO hold;
    END IF;
    is_new := hold.id IS NOT NULL;
    IF NOT is_new THEN
        SELECT * INTO hold FROM credits_hold WHERE account_id = _account AND key = _key;
        RETURN;
    END IF;

    WHILE _drawn > 0 LOOP
        _position := _position + 1;
        _share := least(_left[_position], _drawn);
        _drawn := _drawn - _share;
        INSERT INTO credits_holdpart (hold_id, lot_id, position, amount,
                                      captured, released, refunded)
        VALUES (_hold, _lots[_position], _position, _share, 0, 0, 0);
        PERFORM credits_move(_account, _lots[_position], _hold, _hold, 'hold',
                             'available', 'held', _share);
    END LOOP;
END $$;


-- Give a part back to its lot. What is owed of the lot, as it was taken back while it was in use,
-- goes to the revoked; the rest is available again, unless the lot has expired meanwhile.
CREATE OR REPLACE FUNCTION credits_give_back(
    _account uuid, _lot uuid, _hold uuid, _verb text, _source text, _amount bigint,
    _note text DEFAULT '', _key text DEFAULT NULL,
    OUT to_revoked bigint, OUT to_expired bigint
) LANGUAGE plpgsql AS $$
DECLARE
    _place text;
BEGIN
    SELECT least(_amount, taken - revoked),
           CASE WHEN expires_at <= now() THEN 'expired' ELSE 'available' END
    INTO to_revoked, _place FROM credits_lot WHERE id = _lot;
    IF to_revoked > 0 THEN
        PERFORM credits_move(_account, _lot, _hold, _hold, _verb, _source, 'revoked', to_revoked,
                             _note, _key);
    END IF;
    IF _amount > to_revoked THEN
        PERFORM credits_move(_account, _lot, _hold, _hold, _verb, _source, _place,
                             _amount - to_revoked, _note, _key);
    END IF;
    to_expired := (_amount - to_revoked) * (_place = 'expired')::int;
END $$;


-- What came back to lots that are gone: a grace lot of seven days, or a smaller debt.
CREATE OR REPLACE FUNCTION credits_make_good(
    _account uuid, _hold uuid, _expired bigint, _revoked bigint
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    _paid bigint;
BEGIN
    IF _expired > 0 THEN
        PERFORM credits_add_lot(
            _account, credits_new_id(), 'grace', _expired, 'grace:' || credits_new_id(),
            'Came back after it had expired', now(), now() + interval '7 days', _hold);
    END IF;
    IF _revoked > 0 THEN
        SELECT least(debt, _revoked) INTO _paid FROM credits_account WHERE id = _account;
        IF _paid > 0 THEN
            PERFORM credits_move(_account, lot_id, _hold, _hold, 'release',
                                 'debt', 'clawback', _paid)
            FROM (SELECT lot.id AS lot_id
                  FROM credits_holdpart part JOIN credits_lot lot ON lot.id = part.lot_id
                  WHERE part.hold_id = _hold AND lot.taken > 0
                  ORDER BY part.position LIMIT 1) first;
        END IF;
        -- A later grant had paid that part of the debt already: the user gets it again.
        IF _revoked > _paid THEN
            PERFORM credits_add_lot(
                _account, credits_new_id(), 'grant', _revoked - _paid,
                'overpaid:' || credits_new_id(),
                'A debt that was paid turned out smaller', now(), NULL, _hold);
        END IF;
    END IF;
END $$;


-- End an open hold as ``_state``: ``_amount`` of it is charged (NULL: all), the rest goes back.
-- The hold as it is now; it is not closed by this where it was not open, is not yet past its
-- time, or is smaller than what is to be charged. No hold: NULL.
CREATE OR REPLACE FUNCTION credits_close_hold(
    _hold uuid, _verb text, _state text, _amount bigint, _reason text,
    OUT hold credits_hold, OUT is_closed boolean
) LANGUAGE plpgsql AS $$
DECLARE
    _part record;
    _rest bigint;
    _captured bigint;
    _released bigint;
    _back record;
    _expired bigint := 0;
    _revoked bigint := 0;
BEGIN
    PERFORM FROM credits_account account
    WHERE id = (SELECT account_id FROM credits_hold WHERE id = _hold) FOR NO KEY UPDATE;

    UPDATE credits_hold SET
        open = 0, closed_at = clock_timestamp(), close_reason = _reason,
        captured = coalesce(_amount, amount), released = amount - coalesce(_amount, amount),
        state = CASE WHEN _state = 'captured' AND _amount = 0 AND amount > 0
                     THEN 'released' ELSE _state END
    WHERE id = _hold AND state = 'open'
      AND (_state <> 'expired' OR expires_at <= now())
      AND coalesce(_amount, 0) <= amount
    RETURNING * INTO hold;
    is_closed := FOUND;
    IF NOT is_closed THEN
        SELECT * INTO hold FROM credits_hold WHERE id = _hold;
        RETURN;
    END IF;

    _rest := hold.captured;
    FOR _part IN
        SELECT id, lot_id, amount FROM credits_holdpart WHERE hold_id = _hold ORDER BY position
    LOOP
        _captured := least(_part.amount, _rest);
        _released := _part.amount - _captured;
        _rest := _rest - _captured;
        UPDATE credits_holdpart SET captured = _captured, released = _released
        WHERE id = _part.id;
        IF _captured > 0 THEN
            PERFORM credits_move(hold.account_id, _part.lot_id, _hold, _hold, _verb,
                                 'held', 'consumed', _captured);
        END IF;
        IF _released > 0 THEN
            _back := credits_give_back(hold.account_id, _part.lot_id, _hold, _verb,
                                       'held', _released);
            _expired := _expired + _back.to_expired;
            _revoked := _revoked + _back.to_revoked;
        END IF;
    END LOOP;
    PERFORM credits_make_good(hold.account_id, _hold, _expired, _revoked);
END $$;


-- Give back some of what was captured, to the lots against the order in which they were drawn.
-- Nothing is refunded where the hold is not captured, or less than the amount is left of it.
CREATE OR REPLACE FUNCTION credits_refund_hold(
    _hold uuid, _amount bigint, _reason text, _key text,
    OUT hold credits_hold, OUT is_refunded boolean
) LANGUAGE plpgsql AS $$
DECLARE
    _part record;
    _rest bigint := _amount;
    _share bigint;
    _back record;
    _expired bigint := 0;
    _revoked bigint := 0;
BEGIN
    PERFORM FROM credits_account account
    WHERE id = (SELECT account_id FROM credits_hold WHERE id = _hold) FOR NO KEY UPDATE;

    UPDATE credits_hold SET refunded = refunded + _amount
    WHERE id = _hold AND state = 'captured' AND refunded + _amount <= captured
    RETURNING * INTO hold;
    is_refunded := FOUND;
    IF NOT is_refunded THEN
        SELECT * INTO hold FROM credits_hold WHERE id = _hold;
        RETURN;
    END IF;

    FOR _part IN
        SELECT id, lot_id, captured - refunded AS owed FROM credits_holdpart
        WHERE hold_id = _hold AND captured > refunded ORDER BY position DESC
    LOOP
        EXIT WHEN _rest = 0;
        _share := least(_part.owed, _rest);
        _rest := _rest - _share;
        UPDATE credits_holdpart SET refunded = refunded + _share WHERE id = _part.id;
        _back := credits_give_back(hold.account_id, _part.lot_id, _hold, 'refund',
                                   'consumed', _share, _reason, _key);
        _expired := _expired + _back.to_expired;
        _revoked := _revoked + _back.to_revoked;
    END LOOP;
    PERFORM credits_make_good(hold.account_id, _hold, _expired, _revoked);
END $$;
