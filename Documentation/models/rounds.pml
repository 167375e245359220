/* From one round to the next: can members wait for each other for ever, whatever a liar shows to whom and whoever crashes?
 *
 * README.md beside this file says what is modelled, what is left out and why that is sound. scripts/check-models runs it.
 *
 * Nothing is decided here, and what a vote is for does not matter: only who has heard whose vote. Whatever an honest member has to do
 * some time (timeouts, relays) only adds to what is signed and heard, so a stall is a state in which none of that leads anywhere and
 * somebody is still behind.
 *
 * Size          MEMBERS (4), LIARS (1, Byzantine), QUORUM (n - f), ROUNDS (2), CRASHES (2, of all honest members together)
 * Property      alive, in every state
 *               WITNESS          claims that nobody ever comes back to a round that the others have not reached; must fail
 * Planted bugs  CERTIFICATE_FORGOTTEN  the safety record does not hold the votes that justified the round (L3)
 *               OWN_VOTES_ONLY         members send only their own votes again (L1 without the votes of others, and no L3)
 */
#ifndef MEMBERS
#define MEMBERS 4
#endif
#ifndef LIARS
#define LIARS 1
#endif
#define FAULTS ((MEMBERS - 1) / 3)
#ifndef QUORUM
#define QUORUM (MEMBERS - FAULTS)
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#define HONEST (MEMBERS - LIARS)
#define LAST (ROUNDS - 1)
#if MEMBERS > 7
#error "at most seven members"
#endif

/* ---- Votes: bit s of a set is the vote of member s; the liars are the last ones ---- */
#define SLOT(member, round) ((member) * ROUNDS + (round))
#define BIT(sender) (1 << (sender))
#define ALL ((1 << MEMBERS) - 1)
#define LYING (ALL & ~((1 << HONEST) - 1))
#define COUNT(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1) + (((set) >> 4) & 1) \
    + (((set) >> 5) & 1) + (((set) >> 6) & 1))
#define COVERS(large, small) (((small) & ~(large)) == 0)

byte prevotes[ROUNDS];                          /* signed by honest members */
byte precommits[ROUNDS];
byte heardPrevotes[HONEST * ROUNDS];            /* heard by one member and not forgotten */
byte heardPrecommits[HONEST * ROUNDS];

/* ---- Members ---- */
#define PROPOSE 0
#define PREVOTED 1
#define PRECOMMITTED 2
byte round[HONEST];             byte savedRound[HONEST];
byte step[HONEST];              byte savedStep[HONEST];
/* The round's certificate: precommits of the round before (R12), or votes of this round (R2). */
byte reason[HONEST];            byte savedReason[HONEST];
bool bySkip[HONEST];            bool savedBySkip[HONEST];
byte crashes;

bool alive = true;
bool nobodyAheadOnRecord = true;

hidden byte a;
hidden byte b;
hidden byte relayedPrevotes;
hidden byte relayedPrecommits;
hidden byte owing;

/* What a member sends again of a round: everything it knows (L1; the certificate of L3 is part of it), or its own votes. */
#ifdef OWN_VOTES_ONLY
#define KNOWN(heard, votes, m, r) (votes[r] & BIT(m))
#else
#define KNOWN(heard, votes, m, r) (heard[SLOT(m, r)] | (votes[r] & BIT(m)))
#endif
#define RELAYS(m, r) (round[m] == (r) || round[m] == (r) + 1)

/* W1: the record is durable before the vote can be heard. */
inline sign(slot) {
    savedRound[m] = round[m]; savedStep[m] = step[m]; savedReason[m] = reason[m]; savedBySkip[m] = bySkip[m];
    slot = slot | BIT(m)
}

inline enter(target, votes, isSkip) {
    reason[m] = votes; bySkip[m] = isSkip; round[m] = target; step[m] = PROPOSE
}

/* W5: back to what the record holds. What was heard is gone, but for the votes of the round's certificate. */
inline restart() {
    round[m] = savedRound[m]; step[m] = savedStep[m];
    for (a : 0 .. LAST) { heardPrevotes[SLOT(m, a)] = 0; heardPrecommits[SLOT(m, a)] = 0 }
#ifdef CERTIFICATE_FORGOTTEN
    savedReason[m] = 0; savedBySkip[m] = false;
#endif
    reason[m] = savedReason[m]; bySkip[m] = savedBySkip[m];
    if
    :: reason[m] != 0 && bySkip[m] -> heardPrevotes[SLOT(m, round[m])] = reason[m]
    :: reason[m] != 0 && !bySkip[m] -> heardPrecommits[SLOT(m, round[m] - 1)] = reason[m]
    :: else
    fi;
    a = 0
}

#define WILL_HEAR_PREVOTES(m, r) (relayedPrevotes | heardPrevotes[SLOT(m, r)])
#define WILL_HEAR_PRECOMMITS(m, r) (relayedPrecommits | heardPrecommits[SLOT(m, r)])

/* Whether some honest member moves on, sooner or later, with no help from a liar. */
inline lookAhead() {
    owing = 0;
    for (b : 0 .. LAST) {
        relayedPrevotes = 0; relayedPrecommits = 0;
        for (a : 0 .. HONEST - 1) {
            if
            :: RELAYS(a, b) ->
                relayedPrevotes = relayedPrevotes | KNOWN(heardPrevotes, prevotes, a, b);
                relayedPrecommits = relayedPrecommits | KNOWN(heardPrecommits, precommits, a, b)
            :: else
            fi
        }
        for (a : 0 .. HONEST - 1) {
            if
            :: round[a] == b && step[a] == PROPOSE -> owing = 1                                             /* R7 */
            :: round[a] == b && b < LAST && step[a] == PREVOTED && COUNT(WILL_HEAR_PREVOTES(a, b)) >= QUORUM -> owing = 1   /* R11 */
            :: round[a] == b && b < LAST && COUNT(WILL_HEAR_PRECOMMITS(a, b)) >= QUORUM -> owing = 1            /* R12 */
            :: round[a] < b && COUNT(WILL_HEAR_PREVOTES(a, b) | WILL_HEAR_PRECOMMITS(a, b)) > FAULTS -> owing = 1   /* R2 */
            :: else
            fi
        }
    }
}

inline settle() {
    d_step {
        m = 0; set = 0; r = 0;
        lookAhead();
        for (a : 0 .. HONEST - 1) {
            if
            :: round[a] < LAST && owing == 0 -> alive = false
            :: else
            fi
        }
        a = 0; b = 0; relayedPrevotes = 0; relayedPrecommits = 0; owing = 0;
        assert(alive)
    }
}

active proctype Committee() {
    byte m, set, r;

    do
    /* R5 to R7: a prevote, at the latest when the proposal's time is over. */
    :: atomic {
        select(m : 0 .. HONEST - 1);
        if
        :: step[m] == PROPOSE ->
            d_step { step[m] = PREVOTED; sign(prevotes[round[m]]) }
        :: else
        fi;
        settle()
    }
    /* R8, R9, R11: a precommit after a quorum of prevotes, whatever they are for. In the last round it would help nobody. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(set : 1 .. ALL);
        if
        :: round[m] < LAST && step[m] == PREVOTED && COUNT(set) == QUORUM && COVERS(prevotes[round[m]] | LYING, set) ->
            d_step {
                heardPrevotes[SLOT(m, round[m])] = heardPrevotes[SLOT(m, round[m])] | set;
                step[m] = PRECOMMITTED; sign(precommits[round[m]])
            }
        :: else
        fi;
        settle()
    }
    /* R12, R13: the next round after a quorum of precommits, whatever they are for. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(set : 1 .. ALL);
        if
        :: round[m] < LAST && COUNT(set) == QUORUM && COVERS(precommits[round[m]] | LYING, set) ->
            d_step {
                heardPrecommits[SLOT(m, round[m])] = heardPrecommits[SLOT(m, round[m])] | set;
                enter(round[m] + 1, set, false)
            }
        :: else
        fi;
        settle()
    }
    /* R2: f + 1 members voted in a later round. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(set : 1 .. ALL); select(r : 1 .. LAST);
        if
        :: round[m] < r && COUNT(set) == FAULTS + 1 && COVERS(prevotes[r] | precommits[r] | LYING, set) ->
            d_step {
                heardPrevotes[SLOT(m, r)] = heardPrevotes[SLOT(m, r)] | set;
                enter(r, set, true)
            }
        :: else
        fi;
        settle()
    }
    /* W5. */
    :: atomic {
        select(m : 0 .. HONEST - 1);
        if
        :: crashes < CRASHES ->
            d_step { crashes++; restart() };
#ifdef WITNESS
            d_step {
                for (a : 0 .. HONEST - 1) {
                    if
                    :: a != m && round[a] < round[m] -> b++
                    :: else
                    fi
                }
                nobodyAheadOnRecord = b < HONEST - 1;
                a = 0; b = 0;
                assert(nobodyAheadOnRecord)
            }
#endif
        :: else
        fi;
        settle()
    }
    od
}
