#ifndef SELVAGE_FUZZING_H
#define SELVAGE_FUZZING_H

#include <stddef.h>
#include <stdint.h>

/// What one case allocated, in bytes as the allocator rounds them.
typedef struct {
    /// The most that was held at one moment beyond what was held before the case.
    uint64_t peak;
    /// The sum of all allocations.
    uint64_t total;
    /// The largest single request, also one that was refused.
    uint64_t largest;
} fuzzing_memory;

/// Where fatal signals leave the input of the case: a folder and a file name's beginning. Called once, before the first case.
void fuzzing_guard(const char *folder, const char *name);

/// Has a case that takes too long abort, for a run in which somebody else keeps the input. Called once, before the first case.
void fuzzing_guard_time(void);

/// Begins a case: its bytes are kept for a fatal signal, allocations are counted from 0, and the process may use so much processor time.
void fuzzing_begin(const uint8_t *bytes, size_t count, unsigned cpu_milliseconds);

/// Ends the case.
fuzzing_memory fuzzing_end(void);

/// Writes the present case's bytes to a file of the folder; the result is 0 when that worked.
int fuzzing_keep(const char *reason);

/// Processor time of this process, in microseconds.
uint64_t fuzzing_cpu_microseconds(void);

#endif
