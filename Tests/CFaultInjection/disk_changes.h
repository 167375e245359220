// Content and names that are written and not durable, and how they become so. Part of fault_disk.c.

#pragma once
#include "disk_state.h"

// MARK: Content

static struct file *find_file(const struct stat *status) {
    for (struct file *file = files; file; file = file->next) {
        if (file->device == status->st_dev && file->inode == status->st_ino) return file;
    }
    return NULL;
}

// Begins to watch an open file; what it holds now is durable.
static struct file *watch_file(int descriptor) {
    struct stat status;
    if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
    struct file *file = find_file(&status);
    if (file) return file;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    file = checked(calloc(1, sizeof *file));
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->descriptor = raw_open(link, O_RDWR | O_CLOEXEC, 0);
    if (file->descriptor < 0) give_up("watching", link);
    file->durable_size = size_of(file->descriptor);
    file->durable = checked(malloc(file->durable_size + 1));
    size_t done = 0;
    while (done < file->durable_size) {
        long got = syscall(SYS_pread64, file->descriptor, file->durable + done, file->durable_size - done, (off_t)done);
        if (got <= 0) give_up("reading", link);
        done += (size_t)got;
    }
    file->next = files;
    files = file;
    return file;
}

static struct change *add_change(struct file *file) {
    if (file->count == file->capacity) {
        file->capacity = file->capacity ? 2 * file->capacity : 16;
        file->changes = checked(realloc(file->changes, file->capacity * sizeof *file->changes));
    }
    struct change *change = &file->changes[file->count++];
    memset(change, 0, sizeof *change);
    return change;
}

static void note_write(struct file *file, size_t offset, const void *bytes, size_t length) {
    if (!file || length == 0) return;
    struct change *change = add_change(file);
    change->offset = offset;
    change->length = length;
    change->bytes = checked(malloc(length));
    memcpy(change->bytes, bytes, length);
}

static void note_truncation(struct file *file, size_t size) {
    if (!file) return;
    struct change *change = add_change(file);
    change->is_truncation = 1;
    change->offset = size;
}

static size_t size_after(const struct change *change, size_t size) {
    if (change->is_truncation) return change->offset;
    return change->offset + change->length > size ? change->offset + change->length : size;
}

// The largest size that the file had at any time since the last sync.
static size_t largest_size(const struct file *file) {
    size_t size = file->durable_size, largest = size;
    for (size_t i = 0; i < file->count; i++) {
        size = size_after(&file->changes[i], size);
        if (size > largest) largest = size;
    }
    return largest;
}

static size_t size_after_changes(const struct file *file, size_t count) {
    size_t size = file->durable_size;
    for (size_t i = 0; i < count; i++) size = size_after(&file->changes[i], size);
    return size;
}

// Does to one range of an image what a change does to it.
static void apply(const struct change *change, unsigned char *image, size_t start, size_t end) {
    if (change->is_truncation) {
        size_t from = change->offset > start ? change->offset : start;
        if (from < end) memset(image + from, 0, end - from);
        return;
    }
    size_t from = change->offset > start ? change->offset : start;
    size_t to = change->offset + change->length < end ? change->offset + change->length : end;
    if (from < to) memcpy(image + from, change->bytes + (from - change->offset), to - from);
}

static int touches(const struct change *change, size_t start, size_t end) {
    if (change->is_truncation) return change->offset < end;
    return change->offset < end && change->offset + change->length > start;
}

static unsigned char *durable_image(const struct file *file, size_t size) {
    unsigned char *image = checked(calloc(1, size + 1));
    memcpy(image, file->durable, file->durable_size < size ? file->durable_size : size);
    return image;
}

static void forget_changes(struct file *file, size_t kept) {
    for (size_t i = kept; i < file->count; i++) free(file->changes[i].bytes);
    file->count = kept;
}

// A sync that worked: all becomes durable, except what an earlier failed sync has dropped and nobody has written again.
static void make_durable(struct file *file) {
    size_t largest = largest_size(file), size = size_after_changes(file, file->count);
    unsigned char *image = durable_image(file, largest);
    struct change *left = NULL;
    size_t left_count = 0;
    for (size_t start = 0; start < largest; start += SECTOR) {
        size_t end = start + SECTOR < largest ? start + SECTOR : largest;
        int has_fresh = 0, has_dropped = 0;
        for (size_t i = 0; i < file->count; i++) {
            if (!touches(&file->changes[i], start, end)) continue;
            if (file->changes[i].is_dropped && !file->changes[i].is_truncation) has_dropped = 1; else has_fresh = 1;
        }
        if (has_dropped && !has_fresh) {
            // The page is clean in memory, so the disk keeps the old sector, and the change stays pending.
            for (size_t i = 0; i < file->count; i++) {
                const struct change *change = &file->changes[i];
                if (!touches(change, start, end)) continue;
                size_t from = change->offset > start ? change->offset : start;
                size_t to = change->offset + change->length < end ? change->offset + change->length : end;
                left = checked(realloc(left, (left_count + 1) * sizeof *left));
                struct change *part = &left[left_count++];
                *part = (struct change){.is_dropped = 1, .offset = from, .length = to - from, .bytes = checked(malloc(to - from))};
                memcpy(part->bytes, change->bytes + (from - change->offset), to - from);
            }
            continue;
        }
        for (size_t i = 0; i < file->count; i++) apply(&file->changes[i], image, start, end);
    }
    forget_changes(file, 0);
    free(file->changes);
    file->changes = left;
    file->count = file->capacity = left_count;
    free(file->durable);
    file->durable = image;
    file->durable_size = size;
}

// MARK: Names

static void note_name(enum name_change_kind kind, const char *path, const char *target, char *saved) {
    if (name_count == name_capacity) {
        name_capacity = name_capacity ? 2 * name_capacity : 64;
        names = checked(realloc(names, name_capacity * sizeof *names));
    }
    names[name_count++] = (struct name_change){
        .kind = kind, .folder = parent_of(path), .path = checked(strdup(path)), .target = target ? checked(strdup(target)) : NULL, .saved = saved};
}

static void make_names_durable(const char *folder) {
    size_t kept = 0;
    for (size_t i = 0; i < name_count; i++) {
        if (strcmp(names[i].folder, folder) == 0) {
            if (names[i].saved) raw_unlink(names[i].saved, 0);
            continue;
        }
        names[kept++] = names[i];
    }
    name_count = kept;
}

// Gives a file a second name before it loses its first one.
static char *save(const char *path) {
    if (!is_there(path)) return NULL;
    char *saved = checked(malloc(PATH_MAX + 64));
    snprintf(saved, PATH_MAX + 64, "%s/%d-%u", trash, (int)getpid(), saved_count++);
    if (raw_link(path, saved) != 0) give_up("saving", path);
    return saved;
}

static void remove_tree(const char *path) {
    DIR *folder = opendir(path);
    if (folder) {
        struct dirent *entry;
        while ((entry = readdir(folder))) {
            if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
            char inner[PATH_MAX];
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
            if (entry->d_type == DT_DIR) remove_tree(inner); else raw_unlink(inner, 0);
        }
        closedir(folder);
    }
    raw_unlink(path, AT_REMOVEDIR);
}

static void undo_name(const struct name_change *change) {
    switch (change->kind) {
    case CREATED: raw_unlink(change->path, 0); break;
    case REMOVED: if (change->saved) raw_link(change->saved, change->path); break;
    case RENAMED:
        if (is_there(change->path)) break;
        raw_rename(change->target, change->path);
        if (change->saved) raw_link(change->saved, change->target);
        break;
    case FOLDER_MADE: remove_tree(change->path); break;
    }
}
