/* One height of the ordering committee: agreement, one vote per slot, and honest members that nobody can frame.
 *
 * README.md beside this file says what is modelled, what is left out and why that is sound. scripts/check-models runs it.
 *
 * Size          MEMBERS (4), LIARS (1, Byzantine), QUORUM (n - f), ROUNDS (2)
 * Schedule      LOCKSTEP         members act in a fixed order, phase by phase (a sound reduction, see README.md)
 *               HONEST_TURNS=m   bit r of m: the proposer of round r is honest (member r modulo the honest ones); others are liars
 *               NO_CRASHES       honest members never stop
 * Property      CHECK=m          1 agreement, 2 one content per slot, 4 nobody framed (7: all)
 *               WITNESS          claims that nothing is ever decided by a re-proposal in the last round; must fail
 * Planted bugs  TEXTBOOK_LOCK    a locked member may also prevote the value it is locked on
 *               NO_LOCK          the lock is never looked at
 *               BLIND_CLAIM      a re-proposal is believed without the polka of its valid round
 *               LOCK_FORGOTTEN   the safety record holds round, step and votes, but not the lock
 *               RECORD_LAGS      a vote leaves before the record that holds it is durable
 *               CLEAN_START      a restart begins the height anew
 *               SIGNER_GUARD     not a bug: the signer itself refuses a second content for a slot (W7)
 */
#ifndef MEMBERS
#define MEMBERS 4
#endif
#ifndef LIARS
#define LIARS 1
#endif
#ifndef QUORUM
#define QUORUM (MEMBERS - (MEMBERS - 1) / 3)
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef HONEST_TURNS
#define HONEST_TURNS 0
#endif
#ifndef CHECK
#define CHECK 7
#endif
#define HONEST (MEMBERS - LIARS)
#if defined(LOCKSTEP) && HONEST_TURNS
#error "LOCKSTEP leaves all proposing to the liars: HONEST_TURNS cannot be combined with it"
#endif

/* ---- Votes ----------------------------------------------------------------------------------------------------------
 * A slot is (member, round, kind). It holds the set of contents that the member has signed for it, as bits; a set of two
 * is an equivocation. Rounds that may be absent are stored plus one, so 0 is "none": a fresh proposal has claim 0, a
 * re-proposal with valid round w has claim w + 1, and a lock of round r is stored as r + 1. The strict lock rule then
 * is one comparison: lock <= claim.
 */
#define NIL 1
#define PREVOTE_FOR(value, claim) (1 << (2 * (claim) + (value)))
#define PRECOMMIT_FOR(value) (1 << (value))
#define OTHER(value) (3 - (value))
#define SLOT(member, round) ((round) * HONEST + (member))
#if ROUNDS > 3
#define CONTENTS short
#else
#define CONTENTS byte
#endif

CONTENTS prevotes[HONEST * ROUNDS];
byte precommits[HONEST * ROUNDS];
byte decided;                                   /* bit v: a commit certificate for value v can be put together */

/* Votes of liars are not stored. A liar shows any vote to anybody whenever it likes, so every threshold begins at LIARS. */
#define SIGNED(votes, member, round, content) ((votes[SLOT(member, round)] & (content)) != 0)
#if HONEST == 1
#define COUNT(votes, r, x) (LIARS + SIGNED(votes, 0, r, x))
#elif HONEST == 2
#define COUNT(votes, r, x) (LIARS + SIGNED(votes, 0, r, x) + SIGNED(votes, 1, r, x))
#elif HONEST == 3
#define COUNT(votes, r, x) (LIARS + SIGNED(votes, 0, r, x) + SIGNED(votes, 1, r, x) + SIGNED(votes, 2, r, x))
#elif HONEST == 4
#define COUNT(votes, r, x) (LIARS + SIGNED(votes, 0, r, x) + SIGNED(votes, 1, r, x) + SIGNED(votes, 2, r, x) \
    + SIGNED(votes, 3, r, x))
#elif HONEST == 5
#define COUNT(votes, r, x) (LIARS + SIGNED(votes, 0, r, x) + SIGNED(votes, 1, r, x) + SIGNED(votes, 2, r, x) \
    + SIGNED(votes, 3, r, x) + SIGNED(votes, 4, r, x))
#else
#error "one to five honest members"
#endif
#define POLKA(round, value, claim) (COUNT(prevotes, round, PREVOTE_FOR(value, claim)) >= QUORUM)
#define COMMIT(round, value) (COUNT(precommits, round, PRECOMMIT_FOR(value)) >= QUORUM)

/* ---- Members: what is in memory, and what the safety record on disk would give back ---- */
#define PROPOSE 0
#define PREVOTED 1
#define PRECOMMITTED 2

byte round[HONEST];             byte savedRound[HONEST];
byte step[HONEST];              byte savedStep[HONEST];
byte lock[HONEST];              byte savedLock[HONEST];             /* locked round + 1 */
byte lockValue[HONEST];         byte savedLockValue[HONEST];
#if HONEST_TURNS
CONTENTS proposals[ROUNDS];
byte proposed[HONEST];          byte savedProposed[HONEST];         /* last round proposed in, + 1 */
byte valid[HONEST];             byte savedValid[HONEST];            /* valid round + 1 */
byte validValue[HONEST];        byte savedValidValue[HONEST];
#endif

#if HONEST_TURNS
#define HONEST_TURN(r) (((HONEST_TURNS >> (r)) & 1) != 0)
#define OFFERED(r, value, claim) (!HONEST_TURN(r) || (proposals[r] & PREVOTE_FOR(value, claim)) != 0)
#else
#define OFFERED(r, value, claim) true
#endif

#if defined(NO_LOCK)
#define MAY_PREVOTE(m, value, claim) true
#elif defined(TEXTBOOK_LOCK)
#define MAY_PREVOTE(m, value, claim) (lock[m] <= (claim) || lockValue[m] == (value))
#else
#define MAY_PREVOTE(m, value, claim) (lock[m] <= (claim))
#endif

/* ---- Schedule ---- */
#ifdef LOCKSTEP
byte stage;                                     /* the round that everybody is in */
byte phase;                                     /* 0 prevotes, 1 precommits */
byte turn;                                      /* the member that may act */
#define ON_TURN(m, p) (turn == (m) && phase == (p))
#define MAY_CRASH(m) (turn == (m))
#else
#define ON_TURN(m, p) true
#define MAY_CRASH(m) true
#endif

hidden byte k;
hidden byte rank;
hidden byte pass;
hidden byte at;
hidden CONTENTS carried;

/* ---- Properties, looked at whenever something is signed. The names are what the verifier prints. ---- */
bool agreement = true;
bool oneContentPerSlot = true;
bool unframable = true;
bool nothingDecided = true;

inline checkSlot(contents) {
#if CHECK & 2
    oneContentPerSlot = ((contents) & ((contents) - 1)) == 0;
    assert(oneContentPerSlot)
#else
    skip
#endif
}

/* Evidence E3: a precommit for one value, and in a later round a prevote for another with an older valid round. */
inline checkFramingByPrevote(m, r, value, claim) {
#if CHECK & 4
    for (k : 0 .. ROUNDS - 1) {
        if
        :: k < (r) && (claim) <= k && SIGNED(precommits, m, k, PRECOMMIT_FOR(OTHER(value))) -> unframable = false
        :: else
        fi
    }
    assert(unframable)
#else
    skip
#endif
}

inline checkFramingByPrecommit(m, r, value) {
#if CHECK & 4
    for (k : 0 .. ROUNDS - 1) {
        if
        :: k > (r) ->
            for (rank : 0 .. ROUNDS - 1) {
                if
                :: rank <= (r) && SIGNED(prevotes, m, k, PREVOTE_FOR(OTHER(value), rank)) -> unframable = false
                :: else
                fi
            }
        :: else
        fi
    }
    assert(unframable)
#else
    skip
#endif
}

inline checkDecision(r, value) {
    if
    :: COMMIT(r, value) ->
        decided = decided | PRECOMMIT_FOR(value);
#if CHECK & 1
        agreement = decided != (PRECOMMIT_FOR(1) | PRECOMMIT_FOR(2));
        assert(agreement);
#endif
#ifdef WITNESS
        for (k : 1 .. ROUNDS - 1) {
            if
            :: (r) == ROUNDS - 1 && POLKA(r, value, k) -> nothingDecided = false
            :: else
            fi
        }
        assert(nothingDecided);
#endif
    :: else
    fi
}

/* ---- The safety record (W1, W5) ---- */
inline save(m) {
    savedRound[m] = round[m]; savedStep[m] = step[m];
    savedLock[m] = lock[m]; savedLockValue[m] = lockValue[m];
#if HONEST_TURNS
    savedProposed[m] = proposed[m]; savedValid[m] = valid[m]; savedValidValue[m] = validValue[m];
#endif
}

inline restart(m) {
    d_step {
#ifdef CLEAN_START
        round[m] = 0; step[m] = PROPOSE; lock[m] = 0; lockValue[m] = 0;
#if HONEST_TURNS
        proposed[m] = 0; valid[m] = 0; validValue[m] = 0;
#endif
#else
        round[m] = savedRound[m]; step[m] = savedStep[m];
#ifdef LOCK_FORGOTTEN
        lock[m] = 0; lockValue[m] = 0;
#else
        lock[m] = savedLock[m]; lockValue[m] = savedLockValue[m];
#endif
#if HONEST_TURNS
        proposed[m] = savedProposed[m]; valid[m] = savedValid[m]; validValue[m] = savedValidValue[m];
#endif
#endif
#ifdef LOCKSTEP
        if
        :: round[m] < stage -> round[m] = stage; step[m] = PROPOSE
        :: else
        fi
#endif
    }
}

/* Gives a content to the signer and everybody; `check` is what to look at when it has really been signed. */
#ifdef SIGNER_GUARD
#define HAND_OVER(slot, content, check) \
    d_step { if :: slot == 0 || slot == (content) -> slot = content; check :: else fi }
#else
#define HAND_OVER(slot, content, check) \
    d_step { slot = slot | (content); checkSlot(slot); check }
#endif

/* W1: the record with the vote in it is durable before the vote leaves. A crash in between loses the vote unless the
 * member comes back and sends it again unchanged (W5), which is the same as sending it now and being heard later. */
#if defined(NO_CRASHES)
#define SIGN(slot, content, check) d_step { save(m) }; HAND_OVER(slot, content, check)
#elif defined(RECORD_LAGS)
#define SIGN(slot, content, check) HAND_OVER(slot, content, check); if :: d_step { save(m) } :: restart(m) fi
#else
#define SIGN(slot, content, check) d_step { save(m) }; if :: HAND_OVER(slot, content, check) :: restart(m) fi
#endif

/* ---- Honest members are interchangeable as long as none has a turn of its own: keep only one order of them ---- */
inline exchange(left, right) { carried = left; left = right; right = carried }
inline compare(left, right) {
    if
    :: rank == 0 && left > right -> rank = 2
    :: rank == 0 && left < right -> rank = 1
    :: else
    fi
}
inline arrange(a) {
    rank = 0;
    compare(round[a], round[a + 1]); compare(savedRound[a], savedRound[a + 1]);
    compare(step[a], step[a + 1]); compare(savedStep[a], savedStep[a + 1]);
    compare(lock[a], lock[a + 1]); compare(savedLock[a], savedLock[a + 1]);
    compare(lockValue[a], lockValue[a + 1]); compare(savedLockValue[a], savedLockValue[a + 1]);
    for (k : 0 .. ROUNDS - 1) {
        compare(prevotes[SLOT(a, k)], prevotes[SLOT(a + 1, k)]); compare(precommits[SLOT(a, k)], precommits[SLOT(a + 1, k)])
    }
    if
    :: rank == 2 ->
        exchange(round[a], round[a + 1]); exchange(savedRound[a], savedRound[a + 1]);
        exchange(step[a], step[a + 1]); exchange(savedStep[a], savedStep[a + 1]);
        exchange(lock[a], lock[a + 1]); exchange(savedLock[a], savedLock[a + 1]);
        exchange(lockValue[a], lockValue[a + 1]); exchange(savedLockValue[a], savedLockValue[a + 1]);
        for (k : 0 .. ROUNDS - 1) {
            exchange(prevotes[SLOT(a, k)], prevotes[SLOT(a + 1, k)]); exchange(precommits[SLOT(a, k)], precommits[SLOT(a + 1, k)])
        }
    :: else
    fi
}
inline arrangeAll() {
#if HONEST > 1 && !HONEST_TURNS
    for (pass : 1 .. HONEST - 1) { for (at : 0 .. HONEST - 2) { arrange(at) } }
    pass = 0; at = 0;
#endif
    k = 0; rank = 0; carried = 0
}

/* Ends an atomic step: forget the choices made in it, so that they do not tell states apart. */
inline settle() {
    d_step {
        m = 0; value = 0; claim = 0; known = false;
#ifndef LOCKSTEP
        arrangeAll()
#endif
    }
}

#ifdef LOCKSTEP
/* Nobody signs in a closed round again. What later rounds can ask of it is whether a value has a polka, and who
 * precommitted which value: everything else is dropped, so that states which differ in nothing else become one. */
inline closeRound(r) {
    for (value : 1 .. 2) {
        for (at : 0 .. ROUNDS - 1) {
            if
            :: POLKA(r, value, at) -> claim = claim | PRECOMMIT_FOR(value)
            :: else
            fi
        }
    }
    for (k : 0 .. HONEST - 1) {
        prevotes[SLOT(k, r)] = claim;                   /* these are the bits of PREVOTE_FOR(value, 0) as well */
        precommits[SLOT(k, r)] = precommits[SLOT(k, r)] & (PRECOMMIT_FOR(1) | PRECOMMIT_FOR(2))
    }
    value = 0; at = 0; claim = 0
}
#endif

active proctype Committee() {
    byte m, value, claim;
    bool known;

    do
#if HONEST_TURNS
    /* R3, R4: the proposer of the round offers its valid value with its polka, or a new block. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(value : 1 .. 2);
        if
        :: HONEST_TURN(round[m]) && round[m] % HONEST == m && step[m] == PROPOSE && proposed[m] <= round[m] &&
            (valid[m] == 0 || validValue[m] == value) ->
            proposed[m] = round[m] + 1; claim = valid[m];
            SIGN(proposals[round[m]], PREVOTE_FOR(value, claim), skip)
        :: else
        fi;
        settle()
    }
    /* R10: a polka of this or an earlier round renews the valid value, never the lock. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(value : 1 .. 2); select(claim : 0 .. ROUNDS - 1);
        if
        :: claim <= round[m] && valid[m] <= claim ->
            d_step {
                for (k : 0 .. ROUNDS - 1) { if :: POLKA(claim, value, k) -> known = true :: else fi }
                if :: known -> valid[m] = claim + 1; validValue[m] = value :: else fi
            }
        :: else
        fi;
        settle()
    }
#endif
    /* R5, R6: answer a proposal. Its block may also be judged invalid or late: that is the nil of the next rule. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(value : 1 .. 2); select(claim : 0 .. ROUNDS - 1);
        if
        :: ON_TURN(m, 0) && step[m] == PROPOSE && claim <= round[m] && OFFERED(round[m], value, claim) ->
            d_step {
                known = claim == 0;
#ifdef BLIND_CLAIM
                known = true;
#endif
                for (k : 0 .. ROUNDS - 1) { if :: claim > 0 && POLKA(claim - 1, value, k) -> known = true :: else fi }
            }
            if
            :: known && MAY_PREVOTE(m, value, claim) ->
                step[m] = PREVOTED;
                SIGN(prevotes[SLOT(m, round[m])], PREVOTE_FOR(value, claim), checkFramingByPrevote(m, round[m], value, claim))
            :: else
            fi
        :: else
        fi;
        settle()
    }
    /* R5, R6, R7: prevote nil, because of the lock, the verdict or the timeout. */
    :: atomic {
        select(m : 0 .. HONEST - 1);
        if
        :: ON_TURN(m, 0) && step[m] == PROPOSE -> step[m] = PREVOTED; SIGN(prevotes[SLOT(m, round[m])], NIL, skip)
        :: else
        fi;
        settle()
    }
    /* R9: a polka of this round, for whichever value, locks it. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(value : 1 .. 2); select(claim : 0 .. ROUNDS - 1);
        if
        :: ON_TURN(m, 1) && step[m] == PREVOTED && claim <= round[m] && POLKA(round[m], value, claim) ->
            lock[m] = round[m] + 1; lockValue[m] = value; step[m] = PRECOMMITTED;
#if HONEST_TURNS
            valid[m] = round[m] + 1; validValue[m] = value;
#endif
            SIGN(precommits[SLOT(m, round[m])], PRECOMMIT_FOR(value),
                checkFramingByPrecommit(m, round[m], value); checkDecision(round[m], value))
        :: else
        fi;
        settle()
    }
    /* R11: precommit nil, after a quorum of nil or the timeout. */
    :: atomic {
        select(m : 0 .. HONEST - 1);
        if
        :: ON_TURN(m, 1) && step[m] == PREVOTED -> step[m] = PRECOMMITTED; SIGN(precommits[SLOT(m, round[m])], NIL, skip)
        :: else
        fi;
        settle()
    }
#ifdef LOCKSTEP
    /* The next member, the next phase, or R2, R3, R12 for everybody at once. */
    :: d_step {
        turn < HONEST ->
        turn++;
        if
        :: turn == HONEST && phase == 0 -> turn = 0; phase = 1; arrangeAll()
        :: turn == HONEST && phase == 1 && stage + 1 < ROUNDS ->
            closeRound(stage);
            turn = 0; phase = 0; stage++;
            for (k : 0 .. HONEST - 1) { round[k] = stage; step[k] = PROPOSE; savedRound[k] = stage; savedStep[k] = PROPOSE }
            arrangeAll()
        :: else
        fi
    }
#else
    /* R2, R3, R12: the next round, by timeout or because others are there already. */
    :: atomic {
        select(m : 0 .. HONEST - 1);
        if
        :: round[m] + 1 < ROUNDS -> round[m]++; step[m] = PROPOSE
        :: else
        fi;
        settle()
    }
#endif
#ifndef NO_CRASHES
    /* W5: a crash while nothing is under way, and the restart from the record. */
    :: atomic {
        select(m : 0 .. HONEST - 1);
        if
        :: MAY_CRASH(m) -> restart(m)
        :: else
        fi;
        settle()
    }
#endif
    od
}
