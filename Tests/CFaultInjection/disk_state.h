// What the disk keeps, what it is asked for, and the plain calls below it. Part of fault_disk.c.

#pragma once
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { SECTOR = 512, DESCRIPTORS = 4096, KINDS = 128, KIND_LENGTH = 32 };

// MARK: What is kept

// A change of a file's content that is not durable yet.
struct change {
    int is_truncation;      // then `offset` is the new size
    int is_dropped;         // a failed sync has marked its pages clean: later syncs pass it over
    size_t offset;
    size_t length;
    unsigned char *bytes;
};

struct file {
    dev_t device;
    ino_t inode;
    int descriptor;         // our own, for reading and writing, whatever happens to the names
    unsigned char *durable;
    size_t durable_size;
    struct change *changes;
    size_t count, capacity;
    struct file *next;
};

enum name_change_kind { CREATED, REMOVED, RENAMED, FOLDER_MADE };

// A change of a folder's names that is not durable yet.
struct name_change {
    enum name_change_kind kind;
    char *folder;
    char *path;             // what was created, removed or made; for RENAMED the old name
    char *target;           // RENAMED: the new name
    char *saved;            // another name, outside of the folder, for the file that lost its name; or NULL
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static struct file *file_of[DESCRIPTORS];
static char *folder_of[DESCRIPTORS];
static char *path_of[DESCRIPTORS];
static struct name_change *names;
static size_t name_count, name_capacity;
static unsigned saved_count;

// MARK: What is asked for

static char root[PATH_MAX];     // the watched folder, absolute
static char trash[PATH_MAX];    // a folder on the same file system for files that lost their names
static const char *report_path; // where the crash and the counts are written
static const char *crash_kind;  // the crash is at call `crash_at` of this kind; empty: of any kind
static long crash_at = -1;
static const char *error_kind;  // the error is at call `error_at` of this kind, and `error_count` times; -1: from then on
static long error_at = -1, error_count = 1;
static int error_number, error_is_after, error_drops;
static const char *dropped_sync; // syncs of this kind ("all": of any) succeed and do nothing
static int names_in_any_order;
static int is_active;

static uint64_t random_state;
static uint64_t random_word(void) {
    uint64_t word = random_state += 0x9E3779B97F4A7C15ull;
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ull;
    word = (word ^ (word >> 27)) * 0x94D049BB133111EBull;
    return word ^ (word >> 31);
}
static size_t random_below(size_t bound) { return bound == 0 ? 0 : (size_t)(random_word() % bound); }

// MARK: Plain calls

static void give_up(const char *call, const char *path) {
    char text[PATH_MAX + 128];
    int length = snprintf(text, sizeof text, "fault disk: %s on %s is not modelled\n", call, path ? path : "?");
    if (length > 0) syscall(SYS_write, 2, text, (size_t)length);
    syscall(SYS_exit_group, 99);
}

static void *checked(void *memory) {
    if (!memory) give_up("allocation", "memory");
    return memory;
}

static int raw_open(const char *path, int flags, int mode) { return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode); }

static int raw_rename(const char *from, const char *to) { return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); }

static int raw_link(const char *from, const char *to) { return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0); }

static int raw_unlink(const char *path, int flags) { return (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags); }

static int is_there(const char *path) { return syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0; }

static size_t size_of(int descriptor) {
    off_t end = (off_t)syscall(SYS_lseek, descriptor, 0, SEEK_END);
    return end < 0 ? 0 : (size_t)end;
}

static void write_whole(int descriptor, const unsigned char *bytes, size_t length) {
    size_t done = 0;
    while (done < length) {
        long put = syscall(SYS_pwrite64, descriptor, bytes + done, length - done, (off_t)done);
        if (put <= 0) give_up("writing the outcome", "a file");
        done += (size_t)put;
    }
    if (syscall(SYS_ftruncate, descriptor, (off_t)length) != 0) give_up("cutting the outcome", "a file");
}

// MARK: Paths

// The absolute path when it is the watched folder or below it, else NULL. Watched paths are given absolute and plain.
static const char *watched(const char *path) {
    size_t length = strlen(root);
    if (!is_active || !path || strncmp(path, root, length) != 0) return NULL;
    return path[length] == 0 || path[length] == '/' ? path : NULL;
}

static char *parent_of(const char *path) {
    char *copy = checked(strdup(path));
    char *slash = strrchr(copy, '/');
    if (slash && slash != copy) *slash = 0;
    return copy;
}

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), count = strlen(end);
    return length >= count && strcmp(text + length - count, end) == 0;
}

// What a path is for, in one word: the first half of a call's kind.
static const char *role_of(const char *path) {
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    if (ends_with(name, ".segment")) return "segment";
    if (ends_with(name, ".log")) return "log";
    if (ends_with(name, ".ldb")) return "table";
    if (ends_with(name, ".dbtmp") || strcmp(name, "CURRENT") == 0) return "current";
    if (strncmp(name, "MANIFEST-", 9) == 0) return "manifest";
    if (strcmp(name, "blocks") == 0) return "blocks";
    if (strcmp(name, "state") == 0) return "state";
    if (strcmp(name, "ledger") == 0) return "ledger";
    if (strcmp(name, "member") == 0) return "member";
    if (strcmp(name, "LOCK") == 0) return "lock";
    if (strncmp(name, "LOG", 3) == 0) return "notes";
    if (strncmp(name, "safety-record", 13) == 0) return "record";
    if (strncmp(name, "signer-guard", 12) == 0) return "guard";
    if (strncmp(name, "pool-log", 8) == 0) return "pool";
    if (strcmp(name, "stored-head") == 0) return "head";
    return strcmp(path, root) == 0 ? "disk" : "other";
}
