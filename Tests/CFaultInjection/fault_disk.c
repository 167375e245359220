// A disk that can lose power, for tests: a library to preload into a process that writes below one folder.
//
// It keeps, for every file below the folder, what is durable (the content when the process began or when the file was last synced) and
// what was written since, and for every folder the names that were made, moved and removed since it was last synced. At a chosen call it
// decides by a seed which unsynced sectors, sizes and names reach the disk, makes the real files so, and kills the process. The next
// process finds that disk. The model and the variables are described in Documentation/crash-testing.md.
//
// The file system is called through system calls directly, so nothing here is intercepted twice. One lock makes calls one at a time.
// A call on a watched file that the model does not know ends the process with status 99, rather than pass unseen.

#define _GNU_SOURCE
#include "disk_crash.h"

static int fail(int number) {
    pthread_mutex_unlock(&lock);
    errno = number;
    return -1;
}

static long done(long result) {
    int number = errno;
    pthread_mutex_unlock(&lock);
    errno = number;
    return result;
}

// MARK: The calls

static void forget_descriptor(int descriptor) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return;
    file_of[descriptor] = NULL;
    free(folder_of[descriptor]);
    free(path_of[descriptor]);
    folder_of[descriptor] = path_of[descriptor] = NULL;
}

static int open_watched(const char *path, int flags, int mode) {
    pthread_mutex_lock(&lock);
    int is_new = (flags & O_CREAT) && !is_there(path);
    int is_for_writing = (flags & O_ACCMODE) != O_RDONLY;
    int is_emptied = !is_new && (flags & O_TRUNC) && is_for_writing;
    struct fate fate = {.crashes = 0};
    if (is_new || is_emptied) {
        fate = fate_of(role_of(path), is_new ? "create" : "empty");
        if (fate.crashes == 1) crash(fate.kind, fate.number, path, "before");
        if (fate.error && !error_is_after) return fail(fate.error);
    }
    struct file *emptied = NULL;
    if (is_emptied) {
        int descriptor = raw_open(path, O_RDWR | O_CLOEXEC, 0);
        if (descriptor < 0) return fail(errno);
        emptied = watch_file(descriptor);
        syscall(SYS_close, descriptor);
    }
    int descriptor = raw_open(path, flags, mode);
    if (descriptor < 0) return (int)done(-1);
    if (descriptor >= DESCRIPTORS) give_up("too many open files", path);
    forget_descriptor(descriptor);
    struct stat status;
    if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
        folder_of[descriptor] = checked(strdup(path));
    } else if (is_for_writing && strcmp(role_of(path), "notes") != 0) {
        // LevelDB writes its notes through stdio, which is not seen here; nothing is ever read from them.
        file_of[descriptor] = watch_file(descriptor);
        path_of[descriptor] = checked(strdup(path));
    }
    if (is_new) note_name(CREATED, path, NULL, NULL);
    if (is_emptied) note_truncation(emptied, 0);
    if (fate.crashes) crash(fate.kind, fate.number, path, "after");
    if (fate.error) {
        forget_descriptor(descriptor);
        syscall(SYS_close, descriptor);
        return fail(fate.error);
    }
    return (int)done(descriptor);
}

static int open_any(const char *path, int flags, int mode) {
    return watched(path) ? open_watched(path, flags, mode) : raw_open(path, flags, mode);
}

#define MODE_OF(flags)                              \
    int mode = 0;                                   \
    if ((flags) & (O_CREAT | O_TMPFILE)) {          \
        va_list arguments;                          \
        va_start(arguments, flags);                 \
        mode = va_arg(arguments, int);              \
        va_end(arguments);                          \
    }

int open(const char *path, int flags, ...) { MODE_OF(flags) return open_any(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_any(path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_any(path, O_WRONLY | O_CREAT | O_TRUNC, (int)mode); }

int openat(int folder, const char *path, int flags, ...) {
    MODE_OF(flags)
    if (path[0] == '/') return open_any(path, flags, mode);
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int close(int descriptor) {
    if (!is_active) return (int)syscall(SYS_close, descriptor);
    pthread_mutex_lock(&lock);
    forget_descriptor(descriptor);
    return (int)done(syscall(SYS_close, descriptor));
}

static struct file *watched_file(int descriptor) { return is_active && descriptor >= 0 && descriptor < DESCRIPTORS ? file_of[descriptor] : NULL; }

// Writes at an offset; -1: where the descriptor stands.
static ssize_t write_watched(int descriptor, struct file *file, const void *bytes, size_t length, off_t offset) {
    pthread_mutex_lock(&lock);
    const char *path = path_of[descriptor] ? path_of[descriptor] : "?";
    struct fate fate = fate_of(role_of(path), "write");
    if (fate.crashes == 1) crash(fate.kind, fate.number, path, "before");
    if (fate.error && length > 1 && !error_is_after) {
        // A disk that fills up takes a part first.
        length = random_below(length);
    } else if (fate.crashes == 2) {
        length = random_below(length + 1);
    }
    off_t start = offset >= 0 ? offset : (off_t)syscall(SYS_lseek, descriptor, 0, SEEK_CUR);
    int flags = (int)syscall(SYS_fcntl, descriptor, F_GETFL);
    if (flags & O_APPEND) start = (off_t)size_of(file->descriptor);
    long put = offset >= 0 ? syscall(SYS_pwrite64, descriptor, bytes, length, offset) : syscall(SYS_write, descriptor, bytes, length);
    if (put > 0) note_write(file, (size_t)start, bytes, (size_t)put);
    if (fate.crashes) crash(fate.kind, fate.number, path, fate.crashes == 2 ? "within" : "after");
    if (fate.error) return fail(fate.error);
    return done(put);
}

ssize_t write(int descriptor, const void *bytes, size_t length) {
    struct file *file = watched_file(descriptor);
    return file ? write_watched(descriptor, file, bytes, length, -1) : syscall(SYS_write, descriptor, bytes, length);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
    struct file *file = watched_file(descriptor);
    return file ? write_watched(descriptor, file, bytes, length, offset) : syscall(SYS_pwrite64, descriptor, bytes, length, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) { return pwrite(descriptor, bytes, length, offset); }

static int sync_any(int descriptor, long call) {
    if (!is_active || descriptor < 0 || descriptor >= DESCRIPTORS) return (int)syscall(call, descriptor);
    pthread_mutex_lock(&lock);
    struct file *file = file_of[descriptor];
    const char *folder = folder_of[descriptor];
    if (!file && !folder) return (int)done(syscall(call, descriptor));
    const char *path = folder ? folder : path_of[descriptor];
    struct fate fate = fate_of(role_of(path), "sync");
    // In the middle of a sync any part of the changes is on the disk, which is what a crash before it leaves, too.
    if (fate.crashes == 1 || fate.crashes == 2) crash(fate.kind, fate.number, path, fate.crashes == 1 ? "before" : "within");
    if (fate.error && error_drops && file) {
        for (size_t i = 0; i < file->count; i++) file->changes[i].is_dropped = 1;
    }
    if ((!fate.error || error_is_after) && !is_sync_dropped(fate.kind)) {
        if (file) make_durable(file); else make_names_durable(folder);
    }
    if (fate.crashes == 3) crash(fate.kind, fate.number, path, "after");
    if (fate.error) return fail(fate.error);
    // The real disk is not asked: what survives is decided here, and the tests would wait for it.
    return (int)done(0);
}

int fsync(int descriptor) { return sync_any(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_any(descriptor, SYS_fdatasync); }

int ftruncate(int descriptor, off_t size) {
    struct file *file = watched_file(descriptor);
    if (!file) return (int)syscall(SYS_ftruncate, descriptor, size);
    pthread_mutex_lock(&lock);
    const char *path = path_of[descriptor] ? path_of[descriptor] : "?";
    struct fate fate = fate_of(role_of(path), "truncate");
    if (fate.crashes == 1) crash(fate.kind, fate.number, path, "before");
    if (fate.error && !error_is_after) return fail(fate.error);
    long result = syscall(SYS_ftruncate, descriptor, size);
    if (result == 0) note_truncation(file, (size_t)size);
    if (fate.crashes) crash(fate.kind, fate.number, path, "after");
    if (fate.error) return fail(fate.error);
    return (int)done(result);
}

int ftruncate64(int descriptor, off64_t size) { return ftruncate(descriptor, size); }

int rename(const char *from, const char *to) {
    if (!watched(from) && !watched(to)) return raw_rename(from, to);
    char *folder = parent_of(from), *other = parent_of(to);
    if (strcmp(folder, other) != 0) give_up("rename between folders", to);
    free(folder);
    free(other);
    pthread_mutex_lock(&lock);
    struct fate fate = fate_of(role_of(to), "rename");
    if (fate.crashes == 1) crash(fate.kind, fate.number, to, "before");
    if (fate.error && !error_is_after) return fail(fate.error);
    char *saved = save(to);
    long result = raw_rename(from, to);
    if (result == 0) note_name(RENAMED, from, to, saved);
    if (fate.crashes) crash(fate.kind, fate.number, to, "after");
    if (fate.error) return fail(fate.error);
    return (int)done(result);
}

int unlink(const char *path) {
    if (!watched(path)) return raw_unlink(path, 0);
    pthread_mutex_lock(&lock);
    struct fate fate = fate_of(role_of(path), "unlink");
    if (fate.crashes == 1) crash(fate.kind, fate.number, path, "before");
    if (fate.error && !error_is_after) return fail(fate.error);
    char *saved = save(path);
    long result = raw_unlink(path, 0);
    if (result == 0) note_name(REMOVED, path, NULL, saved);
    if (fate.crashes) crash(fate.kind, fate.number, path, "after");
    if (fate.error) return fail(fate.error);
    return (int)done(result);
}

int mkdir(const char *path, mode_t mode) {
    if (!watched(path)) return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    pthread_mutex_lock(&lock);
    if (is_there(path)) return fail(EEXIST);
    struct fate fate = fate_of(role_of(path), "mkdir");
    if (fate.crashes == 1) crash(fate.kind, fate.number, path, "before");
    if (fate.error && !error_is_after) return fail(fate.error);
    long result = syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (result == 0) note_name(FOLDER_MADE, path, NULL, NULL);
    if (fate.crashes) crash(fate.kind, fate.number, path, "after");
    if (fate.error) return fail(fate.error);
    return (int)done(result);
}

// MARK: Calls that nobody makes on a watched file today

#define REFUSE_FILE(name, descriptor) if (watched_file(descriptor)) give_up(name, path_of[descriptor])
#define REFUSE_PATH(name, path) if (watched(path)) give_up(name, path)

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    REFUSE_FILE("writev", descriptor);
    return syscall(SYS_writev, descriptor, parts, count);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
    REFUSE_FILE("pwritev", descriptor);
    return syscall(SYS_pwritev, descriptor, parts, count, (unsigned long)offset, 0);
}

int sync_file_range(int descriptor, off64_t offset, off64_t length, unsigned flags) {
    REFUSE_FILE("sync_file_range", descriptor);
    return (int)syscall(SYS_sync_file_range, descriptor, offset, length, flags);
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    REFUSE_FILE("fallocate", descriptor);
    return (int)syscall(SYS_fallocate, descriptor, mode, offset, length);
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
    REFUSE_FILE("posix_fallocate", descriptor);
    return syscall(SYS_fallocate, descriptor, 0, offset, length) == 0 ? 0 : errno;
}

int truncate(const char *path, off_t size) {
    REFUSE_PATH("truncate", path);
    return (int)syscall(SYS_truncate, path, size);
}

int rmdir(const char *path) {
    REFUSE_PATH("rmdir", path);
    return raw_unlink(path, AT_REMOVEDIR);
}

int link(const char *from, const char *to) {
    REFUSE_PATH("link", to);
    return raw_link(from, to);
}

int unlinkat(int folder, const char *path, int flags) {
    REFUSE_PATH("unlinkat", path);
    return (int)syscall(SYS_unlinkat, folder, path, flags);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    REFUSE_PATH("renameat", to);
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, 0);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
    if ((flags & MAP_SHARED) && (protection & PROT_WRITE)) REFUSE_FILE("mmap for writing", descriptor);
    return (void *)syscall(SYS_mmap, address, length, protection, flags, descriptor, offset);
}
