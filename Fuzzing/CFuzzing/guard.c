// Keeps the input of a case that ends the process, and ends a process whose case takes too long.

#define _GNU_SOURCE
#include "CFuzzing.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

void fuzzing_count_allocations(int on);
fuzzing_memory fuzzing_allocations(void);

/// The exit code of a case that trapped or took too long.
enum { exit_trapped = 70, exit_too_long = 71 };

static const uint8_t *input;
static size_t input_count;
static char prefix[1024];
static int is_guarded;

static void say(const char *text) { (void)!write(2, text, strlen(text)); }

int fuzzing_keep(const char *reason) {
    char path[1200];
    // No snprintf: this also runs in a signal handler.
    size_t length = strlen(prefix), end = strlen(reason);
    if (length == 0 || length + end + 1 > sizeof path) return -1;
    memcpy(path, prefix, length);
    memcpy(path + length, reason, end + 1);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return -1;
    size_t done = 0;
    while (done < input_count) {
        ssize_t written = write(file, input + done, input_count - done);
        if (written <= 0) break;
        done += (size_t)written;
    }
    close(file);
    say("the input is kept in ");
    say(path);
    say("\n");
    return done == input_count ? 0 : -1;
}

static void on_signal(int number) {
    fuzzing_count_allocations(0);
    if (number == SIGPROF) {
        say("a case took more processor time than it may\n");
        fuzzing_keep("too-long");
        _exit(exit_too_long);
    }
    say("a case trapped\n");
    fuzzing_keep("trapped");
    _exit(exit_trapped);
}

void fuzzing_guard(const char *folder, const char *name) {
    static char stack[64 << 10];
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&other, NULL);
    snprintf(prefix, sizeof prefix, "%s/%s-", folder, name);
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    static const int fatal[] = {SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGPROF};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) sigaction(fatal[i], &action, NULL);
    is_guarded = 1;
}

static void on_time(int number) {
    (void)number;
    say("a case took more processor time than it may\n");
    abort();
}

void fuzzing_guard_time(void) {
    struct sigaction action = {.sa_handler = on_time};
    sigaction(SIGPROF, &action, NULL);
    is_guarded = 1;
}

static void allow(unsigned milliseconds) {
    if (!is_guarded) return;
    struct itimerval timer = {.it_value = {.tv_sec = milliseconds / 1000, .tv_usec = (milliseconds % 1000) * 1000}};
    setitimer(ITIMER_PROF, &timer, NULL);
}

void fuzzing_begin(const uint8_t *bytes, size_t count, unsigned cpu_milliseconds) {
    input = bytes;
    input_count = count;
    allow(cpu_milliseconds);
    fuzzing_count_allocations(1);
}

fuzzing_memory fuzzing_end(void) {
    fuzzing_count_allocations(0);
    allow(0);
    return fuzzing_allocations();
}

uint64_t fuzzing_cpu_microseconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}
