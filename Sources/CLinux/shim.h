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
