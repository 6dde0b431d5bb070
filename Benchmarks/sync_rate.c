// SPDX-License-Identifier: Apache-2.0
// How often a second the disk under a folder makes 4 KiB durable: overwrites one block and calls fdatasync, again and
// again for one second. Prints the rate.
//
// Usage: sync_rate FILE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now_seconds(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

int main(int argument_count, char **arguments) {
    if (argument_count != 2) {
        fprintf(stderr, "usage: sync_rate FILE\n");
        return 2;
    }
    int descriptor = open(arguments[1], O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    char block[4096];
    memset(block, 'x', sizeof block);
    long count = 0;
    const double begin = now_seconds();
    double elapsed = 0;
    while (descriptor >= 0 && elapsed < 1.0) {
        block[0] = (char)count;
        if (pwrite(descriptor, block, sizeof block, 0) != sizeof block || fdatasync(descriptor) != 0) break;
        count++;
        elapsed = now_seconds() - begin;
    }
    if (descriptor < 0 || elapsed < 1.0) {
        fprintf(stderr, "sync_rate: %s: %s\n", arguments[1], strerror(errno));
        return 1;
    }
    unlink(arguments[1]);
    printf("%.0f\n", (double)count / elapsed);
    return 0;
}
