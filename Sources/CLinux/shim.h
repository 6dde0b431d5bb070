// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/epoll.h>
#include <sys/socket.h>

// glibc declares accept4 only with _GNU_SOURCE, which this module must not set: the types of other headers would then
// differ from those of Swift's own Glibc module.
extern int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);

// Wraps accept4 with the flags that every socket of Martlet has.
static inline int martlet_accept4(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// As sys/timerfd.h declares them, which this module must not include: it would own the types of time.h then. The struct is
// itimerspec on every 64-bit Linux.
struct martlet_timer_setting { long interval_seconds, interval_nanoseconds, seconds, nanoseconds; };
extern int timerfd_create(int clock, int flags);
extern int timerfd_settime(int fd, int flags, const struct martlet_timer_setting *value, void *old);

// A descriptor that becomes readable after so many milliseconds, those included in which the machine sleeps
// (CLOCK_BOOTTIME is 7); -1 if there are no descriptors left.
static inline int martlet_timer_after(long long milliseconds) {
    int fd = timerfd_create(7, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return fd;
    // All zero would stop it.
    struct martlet_timer_setting value = {0, 0, (long)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000 + 1};
    timerfd_settime(fd, 0, &value, 0);
    return fd;
}

// As spawn.h, sys/mman.h and unistd.h declare them with _GNU_SOURCE, see above.
extern int posix_spawn_file_actions_addclosefrom_np(void *actions, int from);
extern int memfd_create(const char *name, unsigned int flags);
extern int pipe2(int ends[2], int flags);
extern long syscall(long number, ...);

// Closes every descriptor from 3 on in the program that is to be started, whoever opened it and however.
static inline int martlet_spawn_close_others(void *actions) {
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}

// A file in memory (MFD_CLOEXEC is 1); -1 if there are no descriptors left.
static inline int martlet_memory_file(void) { return memfd_create("martlet", 1); }

// A pipe that programs do not inherit: the end to read, then the end to write.
static inline int martlet_pipe(int ends[2]) { return pipe2(ends, SOCK_CLOEXEC); }

// A descriptor that becomes readable when the process ends (pidfd_open(2), which glibc wraps since 2.36 only; Linux
// gives the call the same number everywhere). Wraps syscall, which Swift cannot call because it is variadic.
static inline int martlet_process_descriptor(int process) { return (int)syscall(434, (long)process, 0L); }
