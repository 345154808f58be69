"""Known ways to break the ledger, what charges films and what takes credits back.

Each has tests that must notice. A mutant replaces one text, which occurs exactly once in its
file, by another. The product knows nothing of them: ``mutation.py`` applies one while a test
session loads the code.
"""

from __future__ import annotations

from dataclasses import dataclass

LEDGER = "credits/ledger.sql"


@dataclass(frozen=True)
class Mutant:
    """One place of one file, broken."""

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, text: str) -> str:
        """The broken text. Raises LookupError unless ``old`` occurs exactly once."""
        if text.count(self.old) != 1:
            found = text.count(self.old)
            raise LookupError(f"{self.name}: its text occurs {found} times in {self.path}")
        return text.replace(self.old, self.new)


def _tests(module: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{module}.py::{name}" for name in names)


_HOLD, _LOTS, _MEETINGS = "credits/test_hold", "credits/test_lots", "credits/test_meetings"
_TAKEN = "credits/test_taken_back"
_BACK = "billing/test_refunds"
_FILMS = "videos/test_exactly_once"

_ENTRY = """VALUES (_verb, _account, _lot, _hold, _line,
            _source, _destination, _amount, _note, _key, clock_timestamp());"""

MUTANTS = (
    # --- Putting aside -------------------------------------------------------------------
    Mutant(
        "the balance is not asked",
        LEDGER,
        "spendable >= _drawn + debt AND ",
        "",
        _tests(_HOLD, "test_what_is_not_there_cannot_be_held"),
    ),
    Mutant(
        "a debt is ignored",
        LEDGER,
        "spendable >= _drawn + debt",
        "spendable >= _drawn",
        _tests(_LOTS, "test_a_hold_needs_what_is_available_after_the_debt"),
    ),
    Mutant(
        "credits past their date are spent",
        LEDGER,
        "AND (expires_at IS NULL OR expires_at > now())",
        "",
        _tests(_LOTS, "test_expired_credits_cannot_be_held_before_they_are_swept"),
    ),
    Mutant(
        "what was paid for burns first",
        LEDGER,
        "ORDER BY priority, expires_at NULLS LAST, id",
        "ORDER BY priority DESC, expires_at NULLS LAST, id",
        _tests(_HOLD, "test_lots_burn_by_priority_then_by_expiry"),
    ),
    Mutant(
        "what lasts longest burns first",
        LEDGER,
        "ORDER BY priority, expires_at NULLS LAST, id",
        "ORDER BY priority, expires_at DESC NULLS FIRST, id",
        _tests(_HOLD, "test_lots_burn_by_priority_then_by_expiry"),
    ),
    Mutant(
        "a key holds again",
        LEDGER,
        "SELECT _hold, _account, _key, _operation,",
        "SELECT _hold, _account, _hold::text, _operation,",
        _tests(_HOLD, "test_the_same_key_gives_the_same_hold"),
    ),
    Mutant(
        "a key with other content is taken for the same",
        "credits/operations.py",
        "if any(getattr(known, name) != value",
        "if all(getattr(known, name) != value",
        _tests(_HOLD, "test_the_same_key_with_other_content_is_refused"),
    ),
    Mutant(
        "the account is not locked",
        LEDGER,
        "WHERE user_id = _user FOR NO KEY UPDATE;",
        "WHERE user_id = _user;",
        _tests(_MEETINGS, "test_what_the_first_holds_is_not_there_for_the_second"),
    ),
    Mutant(
        "a key's cap is not asked",
        LEDGER,
        " AND _drawn <= coalesce(_cap_left, _drawn)",
        "",
        _tests(_MEETINGS, "test_the_last_of_a_keys_cap_goes_to_the_first"),
    ),
    Mutant(
        "fair use is counted outside the lock",
        "credits/terms.py",
        "account = lock_account(user_id=user_id)",
        "account = Account.objects.get(user_id=user_id)",
        _tests(_MEETINGS, "test_the_last_of_fair_use_goes_to_the_first"),
    ),
    Mutant(
        "what the plan pays is drawn",
        LEDGER,
        "CASE WHEN _included THEN 0 ELSE _amount END",
        "_amount",
        _tests(_LOTS, "test_an_unlimited_plan_draws_nothing"),
    ),
    # --- The end of a hold ---------------------------------------------------------------
    Mutant(
        "a closed hold is closed again",
        LEDGER,
        "WHERE id = _hold AND state = 'open'",
        "WHERE id = _hold",
        _tests(_HOLD, "test_a_closed_hold_stays_closed"),
    ),
    Mutant(
        "the sweeper comes too early",
        LEDGER,
        "AND (_state <> 'expired' OR expires_at <= now())",
        "",
        _tests(_HOLD, "test_a_hold_expires_only_when_its_time_has_run_out"),
    ),
    Mutant(
        "more is charged than was held",
        LEDGER,
        "AND coalesce(_amount, 0) <= amount",
        "",
        _tests(_HOLD, "test_more_than_was_held_cannot_be_charged"),
    ),
    Mutant(
        "the last lot is charged first",
        LEDGER,
        "FROM credits_holdpart WHERE hold_id = _hold ORDER BY position\n",
        "FROM credits_holdpart WHERE hold_id = _hold ORDER BY position DESC\n",
        _tests(_HOLD, "test_a_part_is_captured_from_what_burns_first"),
    ),
    Mutant(
        "the rest of a hold is kept",
        LEDGER,
        "IF _released > 0 THEN",
        "IF FALSE THEN",
        _tests(_HOLD, "test_capturing_less_gives_the_rest_back_at_once"),
    ),
    # --- Giving back ---------------------------------------------------------------------
    Mutant(
        "what comes back to an expired lot can be used",
        LEDGER,
        "CASE WHEN expires_at <= now() THEN 'expired' ELSE 'available' END",
        "'available'",
        _tests(_LOTS, "test_what_comes_back_after_expiry_has_seven_days_of_grace"),
    ),
    Mutant(
        "what comes back after a chargeback can be used",
        LEDGER,
        "SELECT least(_amount, taken - revoked),",
        "SELECT 0,",
        _tests(_LOTS, "test_a_refund_into_a_revoked_lot_reduces_the_debt"),
    ),
    Mutant(
        "all that comes back to a lot is taken, however little is owed of it",
        LEDGER,
        "SELECT least(_amount, taken - revoked),",
        "SELECT CASE WHEN taken > 0 THEN _amount ELSE 0 END,",
        _tests(
            _TAKEN,
            "test_what_comes_back_pays_what_is_owed_of_its_lot_and_the_rest_is_there",
        ),
    ),
    Mutant(
        "a refund goes to the first lot",
        LEDGER,
        "AND captured > refunded ORDER BY position DESC",
        "AND captured > refunded ORDER BY position",
        _tests(_LOTS, "test_refunds_go_back_against_the_order_of_burning"),
    ),
    Mutant(
        "a refund happens again",
        "credits/operations.py",
        "before = _refund_of(account, key)",
        "before = None",
        _tests(_LOTS, "test_a_refund_happens_once_per_key"),
    ),
    Mutant(
        "more is refunded than was charged",
        LEDGER,
        "AND state = 'captured' AND refunded + _amount <= captured",
        "AND state = 'captured'",
        _tests(_LOTS, "test_a_refund_never_exceeds_what_was_charged"),
    ),
    # --- Credits come in, and are taken back ---------------------------------------------
    Mutant(
        "a payment is granted again",
        LEDGER,
        "IF NOT FOUND THEN\n        RETURN FALSE;",
        "IF NOT FOUND THEN\n        "
        "SELECT id INTO _lot FROM credits_lot WHERE source_key = _source_key;",
        _tests(_LOTS, "test_a_payment_grants_once"),
    ),
    Mutant(
        "a grant leaves the debt",
        LEDGER,
        "IF _hold IS NULL AND _paid > 0 THEN",
        "IF FALSE THEN",
        _tests(_LOTS, "test_the_next_grant_pays_the_debt_first"),
    ),
    Mutant(
        "a chargeback forgets what is held",
        "credits/grants.py",
        "owed = amount - left",
        "owed = min(amount - left, lot.consumed)",
        _tests(
            _LOTS,
            "test_what_was_held_at_the_chargeback_reduces_the_debt_when_it_comes_back",
        ),
    ),
    Mutant(
        "each refund is taken on top of the last",
        "credits/grants.py",
        "min(amount, there_is)) - lot.taken",
        "min(amount, there_is - lot.taken))",
        _tests(_TAKEN, "test_the_same_sum_is_taken_once"),
    ),
    Mutant(
        "more is taken than was granted",
        "credits/grants.py",
        "not 0 <= amount <= lot.granted",
        "not 0 <= amount",
        _tests(_TAKEN, "test_no_more_is_taken_than_was_granted"),
    ),
    Mutant(
        "what another payment paid of a debt is lost",
        "credits/grants.py",
        "        _undo_payment_of_debt(account, owed - unpaid, reason=reason)\n",
        "        owed = unpaid\n",
        _tests(
            _TAKEN,
            "test_a_debt_that_another_payment_paid_is_given_again_when_it_is_canceled",
        ),
    ),
    Mutant(
        "a second beat grants the month again",
        "credits/grants.py",
        "if account.next_grant_at <= now and",
        "if",
        _tests(_MEETINGS, "test_a_month_that_the_first_beat_granted_is_left_by_the_second"),
    ),
    # --- Money back ----------------------------------------------------------------------
    Mutant(
        "a late reader of a refund is believed",
        "billing/refunds.py",
        "filter(pk=payment.pk, applied_read__lt=read)",
        "filter(pk=payment.pk)",
        _tests(_BACK, "test_a_reader_who_asked_earlier_does_not_undo_what_a_later_one_wrote"),
    ),
    Mutant(
        "a dispute that is won keeps the credits",
        "billing/notices.py",
        'TAKING: Final = ("needs_response",',
        'TAKING: Final = ("won", "needs_response",',
        _tests(
            "billing/test_disputes",
            "test_a_chargeback_takes_the_credits_and_a_dispute_won_gives_them_again",
        ),
    ),
    # --- Double entry, and who looks after it --------------------------------------------
    Mutant(
        "a balance moves without an entry",
        LEDGER,
        _ENTRY,
        _ENTRY.replace("VALUES (", "SELECT ").replace("());", "() WHERE _verb <> 'refund';"),
        _tests(_LOTS, "test_a_refund_gives_back_what_was_charged"),
    ),
    Mutant(
        "an entry moves no balance",
        LEDGER,
        "held = held + _held,\n        debt =",
        "debt =",
        _tests(_HOLD, "test_a_hold_puts_credits_aside"),
    ),
    Mutant(
        "the check sees no drift",
        "credits/audit.py",
        "WHERE stored <> computed",
        "WHERE FALSE",
        _tests("credits/test_commands", "test_whatever_drifted_is_named"),
    ),
    # --- The fence -----------------------------------------------------------------------
    Mutant(
        "a late worker settles",
        "generation/work.py",
        "if not run.mine().update(\n            status=status, progress",
        "if not Job.objects.filter(pk=run.job.pk).update(\n            status=status, progress",
        _tests("generation/test_life_of_a_job", "test_a_late_worker_changes_nothing"),
    ),
    Mutant(
        "a worker forgets its fence",
        "generation/run.py",
        "pk=self.job.pk, fence=self.fence, status",
        "pk=self.job.pk, status",
        _tests(
            "credits/test_settling_once",
            "test_a_worker_whose_job_was_claimed_again_settles_nothing",
        ),
    ),
    # --- Films ---------------------------------------------------------------------------
    Mutant(
        "everybody fetches a film",
        "videos/fetching.py",
        "nobody, pk=video.pk, look_at__isnull=False",
        "pk=video.pk, look_at__isnull=False",
        _tests(_FILMS, "test_however_many_hear_of_it_a_film_is_fetched_and_charged_once"),
    ),
    Mutant(
        "what was fetched in vain stays",
        "videos/settling.py",
        "        film.remove()\n",
        "        return False\n",
        _tests(_FILMS, "test_those_who_all_fetched_it_settle_it_once"),
    ),
    Mutant(
        "a film that may have begun is begun again",
        "videos/work.py",
        "if past.is_ambiguous:",
        "if False:",
        _tests(_FILMS, "test_a_film_that_was_begun_by_a_worker_that_died_is_not_begun_again"),
    ),
    Mutant(
        "a film is charged after its deadline",
        "videos/settling.py",
        "filter(pk=video.job_id, deadline_at__gt=Now())",
        "filter(pk=video.job_id)",
        _tests(
            "videos/test_late",
            "test_what_comes_between_the_deadline_and_the_sweep_is_free_too",
        ),
    ),
    Mutant(
        "a late film is charged",
        "videos/settling.py",
        "        _complete_call(video, usage)\n        job = Job",
        "        _complete_call(video, usage)\n"
        "        ledger.adjust(user_id=video.user_id, amount=-1, key=str(video), reason='late')\n"
        "        job = Job",
        _tests("videos/test_late", "test_a_late_success_is_there_and_free_and_told_once"),
    ),
)
