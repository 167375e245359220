// Counts what the process allocates, by standing in front of the C library's allocator, which Swift's runtime calls too.

#define _GNU_SOURCE
#include "CFuzzing.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_llong live, peak, total, largest;
static atomic_int counting;

static void requested(size_t size) {
    if (!atomic_load_explicit(&counting, memory_order_relaxed)) return;
    long long seen = atomic_load_explicit(&largest, memory_order_relaxed);
    long long wanted = size > (size_t)INT64_MAX ? INT64_MAX : (long long)size;
    while (seen < wanted && !atomic_compare_exchange_weak_explicit(&largest, &seen, wanted, memory_order_relaxed, memory_order_relaxed)) {}
}

static void *taken(void *pointer) {
    if (pointer == NULL || !atomic_load_explicit(&counting, memory_order_relaxed)) return pointer;
    long long size = (long long)malloc_usable_size(pointer);
    atomic_fetch_add_explicit(&total, size, memory_order_relaxed);
    long long now = atomic_fetch_add_explicit(&live, size, memory_order_relaxed) + size;
    long long seen = atomic_load_explicit(&peak, memory_order_relaxed);
    while (seen < now && !atomic_compare_exchange_weak_explicit(&peak, &seen, now, memory_order_relaxed, memory_order_relaxed)) {}
    return pointer;
}

static void given(void *pointer) {
    if (pointer == NULL || !atomic_load_explicit(&counting, memory_order_relaxed)) return;
    atomic_fetch_sub_explicit(&live, (long long)malloc_usable_size(pointer), memory_order_relaxed);
}

void *malloc(size_t size) {
    requested(size);
    return taken(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    size_t bytes;
    requested(__builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes);
    return taken(__libc_calloc(count, size));
}

void *realloc(void *pointer, size_t size) {
    requested(size);
    // A move holds both for a moment; the old one is given back only when the call succeeds, which for our sizes it does.
    given(pointer);
    return taken(__libc_realloc(pointer, size));
}

void free(void *pointer) {
    given(pointer);
    __libc_free(pointer);
}

void *memalign(size_t alignment, size_t size) {
    requested(size);
    return taken(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    void *pointer = memalign(alignment, size);
    if (pointer == NULL) return ENOMEM;
    *result = pointer;
    return 0;
}

void fuzzing_count_allocations(int on) {
    if (on) {
        atomic_store(&live, 0);
        atomic_store(&peak, 0);
        atomic_store(&total, 0);
        atomic_store(&largest, 0);
    }
    atomic_store(&counting, on);
}

fuzzing_memory fuzzing_allocations(void) {
    fuzzing_memory memory = {(uint64_t)atomic_load(&peak), (uint64_t)atomic_load(&total), (uint64_t)atomic_load(&largest)};
    return memory;
}
