/* From one committee to the next: does everybody agree at each height whose signatures make a block?
 *
 * README.md beside this file says what is modelled, what is left out and why that is sound. scripts/check-models runs it.
 *
 * Members A, B, C and a liar are in office, S is the next in line; there is evidence against the liar, of which everybody hears at any
 * time. A block that carries it is decided in h, block h + 1 is the CONFIG block, and S signs in the liar's place from h + 2.
 *
 * Size          HEIGHTS (3)
 * Property      agreement        no height has two blocks
 *               agreedSigners    a certificate that one member accepts is accepted by every other one that is at its height
 *               peersFollow      and by a peer that knows nothing but the CONFIG blocks before it
 *               WITNESS          claims that S never signs; must fail
 * Planted bugs  ACT_ON_SIGHT     evidence acts for a member as soon as it has heard of it
 *               ACT_IN_NEXT      evidence acts in the block after the one that carries it
 */
#ifndef HEIGHTS
#define HEIGHTS 3
#endif
#define HONEST 4                                /* A, B, C, S */
#define QUORUM 3
#define OLD 23                                  /* A, B, C and the liar, which is member 4 */
#define NEW 15                                  /* A, B, C and S */
#define LIAR 16
#define BIT(member) (1 << (member))
#define COUNT(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1) + (((set) >> 4) & 1))

/* What a block is, as far as this matters. */
#define NONE 0
#define PLAIN 1
#define EVIDENCE 2
#define CONFIG 3
#define SLOT(member, height) ((member) * (HEIGHTS + 1) + (height))

byte head[HONEST];                              /* the last block that a member has; block 0 is there */
byte chain[HONEST * (HEIGHTS + 1)];
byte voted[HONEST * (HEIGHTS + 1)];            /* the one content that it has signed at a height */
bool knows[HONEST];                             /* whether it has heard of the evidence */
byte evidenceAt[HONEST];                        /* the block of its chain that carries it; 0 is none */

bool agreement = true;
bool agreedSigners = true;
bool peersFollow = true;
bool nextInLineNeverSigns = true;

hidden byte k;
hidden byte seats;

/* The committee of the next height, as a peer takes it from the CONFIG blocks that it has. */
#define CONFIGURED(m) (evidenceAt[m] != 0 && head[m] >= evidenceAt[m] + 1)
#if defined(ACT_ON_SIGHT)
#define CHANGED(m) (knows[m] || CONFIGURED(m))
#elif defined(ACT_IN_NEXT)
#define CHANGED(m) (evidenceAt[m] != 0)
#else
#define CHANGED(m) CONFIGURED(m)
#endif

inline seat(isChanged) {
    if
    :: isChanged -> seats = NEW
    :: else -> seats = OLD
    fi
}

/* The validity predicate: after the evidence the CONFIG block and nothing else, and evidence once and only if it is known. */
#define IS_DUE(m) (evidenceAt[m] != 0 && evidenceAt[m] == head[m])
#define IS_VALID(m, content) ((IS_DUE(m) && content == CONFIG) || (!IS_DUE(m) && content == PLAIN) || \
    (!IS_DUE(m) && content == EVIDENCE && knows[m] && evidenceAt[m] == 0))

inline decide(m, content, signers) {
    for (k : 0 .. HONEST - 1) {
        if
        :: k != m && head[k] == head[m] ->
            seat(CHANGED(k));
            if
            :: COUNT(signers & seats) < QUORUM -> agreedSigners = false
            :: else
            fi
        :: else
        fi;
        if
        :: head[k] > head[m] && chain[SLOT(k, head[m] + 1)] != content -> agreement = false
        :: else
        fi
    }
    seat(CONFIGURED(m));
    if
    :: COUNT(signers & seats) < QUORUM -> peersFollow = false
    :: else
    fi;
    seats = 0; k = 0;
    head[m] = head[m] + 1;
    chain[SLOT(m, head[m])] = content;
    if
    :: content == EVIDENCE -> evidenceAt[m] = head[m]; knows[m] = true
    :: else
    fi;
    assert(agreement);
    assert(agreedSigners);
    assert(peersFollow)
}

active proctype Network() {
    byte m, content, set, held;

    do
    /* Evidence travels by itself. */
    :: atomic {
        select(m : 0 .. HONEST - 1);
        knows[m] = true; m = 0
    }
    /* A member in office signs one content for the next height. The rounds behind that are the business of committee.pml. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(content : PLAIN .. CONFIG);
        d_step {
            seat(CHANGED(m));
            if
            :: head[m] < HEIGHTS && voted[SLOT(m, head[m] + 1)] == NONE && (seats & BIT(m)) != 0 && IS_VALID(m, content) ->
                voted[SLOT(m, head[m] + 1)] = content;
                nextInLineNeverSigns = m != HONEST - 1
            :: else
            fi;
            seats = 0; m = 0; content = 0
        };
#ifdef WITNESS
        assert(nextInLineNeverSigns)
#endif
    }
    /* A member puts a certificate together, or is shown one: a quorum of whom it takes for the committee, the liar being free to sign. */
    :: atomic {
        select(m : 0 .. HONEST - 1); select(content : PLAIN .. CONFIG);
        d_step {
            if
            :: head[m] < HEIGHTS ->
                held = LIAR;
                for (k : 0 .. HONEST - 1) {
                    if
                    :: voted[SLOT(k, head[m] + 1)] == content -> held = held | BIT(k)
                    :: else
                    fi
                }
                seat(CHANGED(m));
                held = held & seats;
                seats = 0; k = 0
            :: else
            fi
        };
        if
        :: COUNT(held) >= QUORUM ->
            select(set : 1 .. 31);
            d_step {
                if
                :: COUNT(set) == QUORUM && (set & ~held) == 0 -> decide(m, content, set)
                :: else
                fi;
                seats = 0; k = 0; set = 0
            }
        :: else
        fi;
        held = 0; m = 0; content = 0
    }
    od
}
