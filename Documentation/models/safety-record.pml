/* The safety record on disk: two slots, a page cache, torn writes, stops at any moment, a disk that fails or is lost.
 *
 * README.md beside this file says what is modelled, what is left out and why that is sound. scripts/check-models runs it.
 *
 * A member signs message 1, then 2, ... up to MESSAGES; each has one of two contents. Record n holds the contents of the
 * messages 1 to n. The property: no message is ever signed with two contents, however often the member or its machine stops.
 *
 * Size          MESSAGES (3)
 * Environment   FAILING_SYNC     a sync may fail: the kernel drops the pages, yet goes on showing them to readers
 *               DAMAGE           while the member is down, both slots may become unreadable, once
 * Property      WITNESS          claims that no restart ever passes over a torn slot; must fail
 * Planted bugs  ONE_SLOT         the record is always written to the same slot
 *               RESTART_AT_0     after a restart writing begins with slot 0, whichever slot holds the newest record
 *               OLDER_SLOT       a restart takes the readable slot with the lower number
 *               NO_CHECKSUM      a torn slot is taken for a whole one (the new number over the old contents)
 *               NO_SYNC          a record in the page cache counts as written
 *               SIGN_FIRST       the message leaves before its record is written
 *               RETRY_SYNC       a failed sync is tried again, and the second answer is believed
 *               TRUST_CACHE      a restart believes what it reads, although it may be in the page cache only
 *               KEEP_CACHE       a restart syncs, but reads through the cache all the same (matters with FAILING_SYNC)
 *               CLEAN_START      a member whose slots are both unreadable begins anew with the same key
 *               TWO_RUNNERS      a copy of the directory is started as well
 */
#ifndef MESSAGES
#define MESSAGES 3
#endif
#define BIT(n) (1 << ((n) - 1))
#define UP_TO(n) ((1 << (n)) - 1)

/* A slot as the disk has it, and as a reader sees it through the page cache. Number 0 is a slot that was never written. */
byte diskNumber[2];     byte diskContents[2];   bool diskTorn[2];
byte seenNumber[2];     byte seenContents[2];   bool seenTorn[2];
bool dirty[2];                                  /* written, and neither synced nor dropped */
#define SEEN_WHOLE(s) (seenNumber[s] != 0 && !seenTorn[s])
#define SEEN_BLANK(s) (seenNumber[s] == 0 && !seenTorn[s])

#define DOWN 0
#define READY 1
#define WRITTEN 2
#define SYNCED 3
#define BURNED 4        /* W6: an observer from now on */
byte at;
byte number;            /* of the newest record in memory */
byte contents;          /* bit n - 1: the content of message n */
byte next;              /* the slot that is written next */

byte signedWith0;       /* bit n - 1: message n was signed with content 0 */
byte signedWith1;
bool oneContentPerMessage = true;
bool noTornSlotPassedOver = true;
#ifdef DAMAGE
bool damaged;
#endif
#ifdef TWO_RUNNERS
bool copied;
byte copyNumber;
byte copyContents;
#endif

/* Signs all messages of a record, the last for the first time, the others again as after a restart. */
inline sign(n, c) {
    signedWith1 = signedWith1 | ((c) & UP_TO(n));
    signedWith0 = signedWith0 | (UP_TO(n) & ~(c));
    oneContentPerMessage = (signedWith0 & signedWith1) == 0;
    assert(oneContentPerMessage)
}

inline write(s) {
    seenNumber[s] = number; seenContents[s] = contents; seenTorn[s] = false; dirty[s] = true;
    at = WRITTEN
}

inline reachDisk(s) {
    diskNumber[s] = seenNumber[s]; diskContents[s] = seenContents[s]; diskTorn[s] = seenTorn[s]
}

inline reachDiskInPart(s) {
#ifdef NO_CHECKSUM
    diskNumber[s] = seenNumber[s]
#else
    diskTorn[s] = true
#endif
}

/* A sync fails: the page is clean, readers see it, and the disk has nothing or a part of it. */
inline spoil(s) {
    if
    :: reachDiskInPart(s)
    :: true
    fi;
    dirty[s] = false
}

inline forgetMemory() { at = DOWN; number = 0; contents = 0; next = 0 }

inline reveal(s) { seenNumber[s] = diskNumber[s]; seenContents[s] = diskContents[s]; seenTorn[s] = diskTorn[s] }

/* Of a write that was under way the disk has nothing, a part, or everything; what a reader saw is gone. */
inline cutPower(s) {
    if
    :: true
    :: dirty[s] -> reachDiskInPart(s)
    :: dirty[s] -> reachDisk(s)
    fi;
    dirty[s] = false;
    reveal(s)
}

inline load(s) { number = seenNumber[s]; contents = seenContents[s]; next = s }

inline syncSlot(s) {
    if
    :: dirty[s] -> reachDisk(s); dirty[s] = false
    :: else
    fi
}

active proctype Member() {
    do
    /* W2, W5: the whole slot with the highest number counts. W6: two spoiled slots burn the key. */
    :: atomic {
        at == DOWN ->
        at = READY;
        /* What is read must be what the disk has: sync first, then drop the cached pages. */
#ifndef TRUST_CACHE
        syncSlot(0); syncSlot(1);
#ifndef KEEP_CACHE
        reveal(0); reveal(1);
#endif
#endif
        if
        :: SEEN_WHOLE(0) && SEEN_WHOLE(1) ->
            if
#ifdef OLDER_SLOT
            :: seenNumber[0] < seenNumber[1] -> load(0)
#else
            :: seenNumber[0] > seenNumber[1] -> load(0)
#endif
            :: else -> load(1)
            fi
        :: SEEN_WHOLE(0) && !SEEN_WHOLE(1) -> load(0)
        :: SEEN_WHOLE(1) && !SEEN_WHOLE(0) -> load(1)
        :: else ->
            if
#ifndef CLEAN_START
            :: !SEEN_BLANK(0) && !SEEN_BLANK(1) -> at = BURNED
#endif
            :: else                         /* not even the first record was ever finished: nothing has been signed */
            fi
        fi;
        if
        :: number > 0 && (seenTorn[0] || seenTorn[1]) -> noTornSlotPassedOver = false
        :: else
        fi;
#ifdef WITNESS
        assert(noTornSlotPassedOver);
#endif
        if
        :: number > 0 ->
#if defined(RESTART_AT_0)
            next = 1;                       /* and so the next write goes to slot 0 */
#endif
            at = SYNCED                     /* W5: what was recorded is sent again, unchanged */
        :: else
        fi
    }
    /* W1: the record after the step, the message that is about to leave included. */
    :: atomic {
        at == READY && number < MESSAGES ->
        number++;
        if
        :: contents = contents | BIT(number)
        :: true
        fi;
#ifdef SIGN_FIRST
        sign(number, contents);
#endif
        write(next)
    }
    :: atomic {
        at == WRITTEN ->
#ifndef NO_SYNC
        reachDisk(next); dirty[next] = false;
#endif
        at = SYNCED
    }
#ifdef FAILING_SYNC
    :: atomic { at == DOWN && dirty[0] -> spoil(0) }
    :: atomic { at == DOWN && dirty[1] -> spoil(1) }
    /* W3: the process stops. Its next start reads what the kernel still shows. */
    :: atomic {
        at == WRITTEN ->
        spoil(next);
#ifdef RETRY_SYNC
        at = SYNCED
#else
        forgetMemory()
#endif
    }
#endif
    /* Now, and only now, the message is signed and sent (again). */
    :: atomic {
        at == SYNCED ->
        sign(number, contents);
#ifndef ONE_SLOT
        next = 1 - next;
#endif
        at = READY
    }
    /* The kernel writes on its own whenever it likes. */
    :: atomic { dirty[0] -> reachDisk(0); dirty[0] = false }
    :: atomic { dirty[1] -> reachDisk(1); dirty[1] = false }
    /* The process is killed: the page cache stays. Or the machine loses power. */
    :: atomic { at != DOWN && at != BURNED -> forgetMemory() }
    :: atomic { at != BURNED -> forgetMemory(); cutPower(0); cutPower(1) }
#ifdef DAMAGE
    :: atomic {
        at == DOWN && !damaged && !dirty[0] && !dirty[1] ->
        damaged = true;
        diskTorn[0] = true; diskTorn[1] = true; seenTorn[0] = true; seenTorn[1] = true
    }
#endif
#ifdef TWO_RUNNERS
    :: atomic { !copied && SEEN_WHOLE(0) -> copied = true; copyNumber = seenNumber[0]; copyContents = seenContents[0] }
    :: atomic {
        copied && copyNumber < MESSAGES ->
        copyNumber++;
        if
        :: copyContents = copyContents | BIT(copyNumber)
        :: true
        fi;
        sign(copyNumber, copyContents)
    }
#endif
    :: at == BURNED -> break
    od
}
