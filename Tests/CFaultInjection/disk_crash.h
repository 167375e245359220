// The crash, and which call meets which fate. Part of fault_disk.c.

#pragma once
#include "disk_changes.h"

// MARK: The crash

enum loss { LOSE_ALL, KEEP_ALL, KEEP_HALF, KEEP_MOST, KEEP_FIRST, KEEP_SIZES, LOSSES };
static const char *const loss_names[LOSSES] = {"all", "nothing", "half", "few", "last", "content"};

// Decides what of a file's unsynced changes reaches the disk, and makes the file so.
static void settle_file(struct file *file, enum loss loss) {
    if (file->count == 0) return;
    size_t largest = largest_size(file);
    unsigned char *image = durable_image(file, largest);
    size_t size = file->durable_size;
    if (loss == KEEP_FIRST) {
        // The changes reach the disk in order, and the last of them in part: the size ends at any byte.
        size_t whole = random_below(file->count + 1);
        for (size_t i = 0; i < whole; i++) apply(&file->changes[i], image, 0, largest);
        size = size_after_changes(file, whole);
        if (whole < file->count && !file->changes[whole].is_truncation) {
            struct change part = file->changes[whole];
            part.length = random_below(part.length + 1);
            apply(&part, image, 0, largest);
            if (part.length > 0) size = size_after(&part, size);
        }
    } else if (loss != LOSE_ALL) {
        for (size_t start = 0; start < largest; start += SECTOR) {
            size_t end = start + SECTOR < largest ? start + SECTOR : largest;
            size_t kept = 0;
            if (loss == KEEP_ALL) kept = file->count;
            if (loss == KEEP_HALF || loss == KEEP_MOST) {
                // One version of the sector: the newest, the durable one, or one in between.
                kept = random_below(loss == KEEP_HALF ? 2 : 12) != 0 ? file->count : random_below(file->count + 1);
            }
            for (size_t i = 0; i < kept; i++) apply(&file->changes[i], image, start, end);
        }
        int is_whole = loss == KEEP_ALL || loss == KEEP_SIZES || random_below(3) != 0;
        size = size_after_changes(file, is_whole ? file->count : random_below(file->count + 1));
    }
    write_whole(file->descriptor, image, size);
    free(image);
}

static void append_line(const char *path, const char *text) {
    int descriptor = raw_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (descriptor < 0) return;
    syscall(SYS_write, descriptor, text, strlen(text));
    syscall(SYS_close, descriptor);
}

static void crash(const char *kind, long number, const char *path, const char *phase) __attribute__((noreturn));
static void crash(const char *kind, long number, const char *path, const char *phase) {
    enum loss loss = (enum loss)random_below(LOSSES);
    size_t lost_names = 0, pending_files = 0;
    for (struct file *file = files; file; file = file->next) {
        if (file->count > 0) pending_files++;
        settle_file(file, loss);
    }
    size_t kept_names = loss == LOSE_ALL ? 0 : loss == KEEP_ALL ? name_count : random_below(name_count + 1);
    for (size_t i = name_count; i-- > 0;) {
        int is_kept = names_in_any_order && loss != LOSE_ALL && loss != KEEP_ALL ? random_below(2) == 0 : i < kept_names;
        if (is_kept) continue;
        undo_name(&names[i]);
        lost_names++;
    }
    if (report_path) {
        char text[PATH_MAX + 256];
        snprintf(text, sizeof text, "crash %s %ld %s %s files %zu names %zu %s\n", kind, number, phase, loss_names[loss], pending_files, lost_names, path);
        append_line(report_path, text);
    }
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

// MARK: Counting

static struct { char kind[KIND_LENGTH]; long count; } counts[KINDS];
static long total_count;

static long count_call(const char *kind) {
    total_count++;
    for (int i = 0; i < KINDS; i++) {
        if (counts[i].kind[0] == 0) snprintf(counts[i].kind, KIND_LENGTH, "%s", kind);
        if (strcmp(counts[i].kind, kind) == 0) return ++counts[i].count;
    }
    return 0;
}

// What is to happen at one call.
struct fate {
    char kind[KIND_LENGTH];
    long number;
    int crashes;    // 1: before it, 2: in the middle, 3: after it
    int error;      // errno, or 0
};

static struct fate fate_of(const char *role, const char *call) {
    struct fate fate = {.crashes = 0, .error = 0};
    snprintf(fate.kind, KIND_LENGTH, "%s-%s", role, call);
    long of_kind = count_call(fate.kind);
    fate.number = total_count;
    if (crash_at > 0) {
        int is_asked = *crash_kind == 0 ? total_count == crash_at : strcmp(crash_kind, fate.kind) == 0 && of_kind == crash_at;
        if (is_asked) fate.crashes = 1 + (int)random_below(3);
    }
    if (error_at > 0 && error_count != 0) {
        int is_asked = *error_kind == 0 ? total_count >= error_at : strcmp(error_kind, fate.kind) == 0 && of_kind >= error_at;
        if (is_asked) {
            fate.error = error_number;
            if (error_count > 0) error_count--;
        }
    }
    return fate;
}

static int is_sync_dropped(const char *kind) { return *dropped_sync != 0 && (strcmp(dropped_sync, "all") == 0 || strcmp(dropped_sync, kind) == 0); }

__attribute__((destructor)) static void report_counts(void) {
    if (!is_active || !report_path) return;
    char text[128];
    for (int i = 0; i < KINDS && counts[i].kind[0]; i++) {
        snprintf(text, sizeof text, "count %.*s %ld\n", KIND_LENGTH, counts[i].kind, counts[i].count);
        append_line(report_path, text);
    }
}

static const char *setting(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = setting("SELVAGE_FAULT_ROOT"), *aside = setting("SELVAGE_FAULT_TRASH");
    if (*folder == 0) return;
    if (*folder != '/' || *aside != '/') give_up("a relative folder", folder);
    snprintf(root, sizeof root, "%s", folder);
    snprintf(trash, sizeof trash, "%s", aside);
    report_path = getenv("SELVAGE_FAULT_REPORT");
    random_state = strtoull(setting("SELVAGE_FAULT_SEED"), NULL, 10);
    crash_kind = setting("SELVAGE_FAULT_CRASH_KIND");
    if (*setting("SELVAGE_FAULT_CRASH_AT")) crash_at = strtol(setting("SELVAGE_FAULT_CRASH_AT"), NULL, 10);
    error_kind = setting("SELVAGE_FAULT_ERROR_KIND");
    if (*setting("SELVAGE_FAULT_ERROR_AT")) error_at = strtol(setting("SELVAGE_FAULT_ERROR_AT"), NULL, 10);
    if (*setting("SELVAGE_FAULT_ERROR_COUNT")) error_count = strtol(setting("SELVAGE_FAULT_ERROR_COUNT"), NULL, 10);
    error_number = strcmp(setting("SELVAGE_FAULT_ERROR"), "ENOSPC") == 0 ? ENOSPC : EIO;
    error_is_after = strcmp(setting("SELVAGE_FAULT_ERROR_PHASE"), "after") == 0;
    error_drops = strcmp(setting("SELVAGE_FAULT_ERROR_PHASE"), "drop") == 0;
    dropped_sync = setting("SELVAGE_FAULT_DROP_SYNC");
    names_in_any_order = strcmp(setting("SELVAGE_FAULT_NAMES"), "any") == 0;
    is_active = 1;
}
