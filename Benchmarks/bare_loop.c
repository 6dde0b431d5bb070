// SPDX-License-Identifier: Apache-2.0
// The least that sending with libcurl costs: one thread, one epoll set, the multi-socket interface, a fixed number of
// handles used again and again. No store, no retry, no digest. Prints "COUNT SECONDS" for `measure.py`.
//
// Usage: bare_loop URL COUNT BODY_BYTES [HANDLES]
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static int epoll_set;
// Monotonic seconds at which libcurl wants to be called; negative if it does not.
static double due = -1;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "bare_loop: %s: %s\n", what, why);
    exit(1);
}

static double now_seconds(void) {
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    return (double)moment.tv_sec + (double)moment.tv_nsec / 1e9;
}

static int watch_socket(CURL *handle, curl_socket_t descriptor, int wanted, void *context, void *known) {
    (void)handle;
    CURLM *multi = context;
    if (wanted == CURL_POLL_REMOVE) {
        // libcurl may have closed the descriptor already, which took it out of the set.
        epoll_ctl(epoll_set, EPOLL_CTL_DEL, descriptor, NULL);
        return 0;
    }
    struct epoll_event event = {.data.fd = descriptor};
    if (wanted & CURL_POLL_IN) event.events |= EPOLLIN;
    if (wanted & CURL_POLL_OUT) event.events |= EPOLLOUT;
    if (epoll_ctl(epoll_set, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event) != 0) {
        fail("epoll_ctl", strerror(errno));
    }
    if (!known) curl_multi_assign(multi, descriptor, &epoll_set);
    return 0;
}

static int set_timer(CURLM *multi, long milliseconds, void *context) {
    (void)multi;
    (void)context;
    due = milliseconds < 0 ? -1 : now_seconds() + (double)milliseconds / 1e3;
    return 0;
}

static size_t discard(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    (void)context;
    return size * count;
}

// Five headers as a subscriber gets them. They differ from request to request, so every sender has to build them anew.
static struct curl_slist *five_headers(long number) {
    char text[160];
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    snprintf(text, sizeof text, "webhook-id: evt_%032lx", number);
    headers = curl_slist_append(headers, text);
    headers = curl_slist_append(headers, "webhook-timestamp: 1795000000");
    snprintf(text, sizeof text, "webhook-signature: v1,%043lx=", number);
    headers = curl_slist_append(headers, text);
    snprintf(text, sizeof text, "martlet-delivery: %ld", number);
    return curl_slist_append(headers, text);
}

// Starts a handle's next request and lets go of the headers of its last one.
static void start_request(CURLM *multi, CURL *handle, long number) {
    struct curl_slist *last = NULL;
    struct curl_slist *headers = five_headers(number);
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &last);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, headers);
    curl_slist_free_all(last);
    curl_multi_add_handle(multi, handle);
}

static void discard_handle(CURL *handle) {
    struct curl_slist *last = NULL;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &last);
    curl_easy_cleanup(handle);
    curl_slist_free_all(last);
}

int main(int argument_count, char **arguments) {
    if (argument_count < 4) fail("usage", "bare_loop URL COUNT BODY_BYTES [HANDLES]");
    const char *url = arguments[1];
    const long total = atol(arguments[2]);
    const long body_bytes = atol(arguments[3]);
    const long handles = argument_count > 4 ? atol(arguments[4]) : 64;
    if (total < 1 || body_bytes < 1 || handles < 1) fail("usage", "COUNT, BODY_BYTES and HANDLES must be positive");

    curl_global_init(CURL_GLOBAL_DEFAULT);
    epoll_set = epoll_create1(EPOLL_CLOEXEC);
    CURLM *multi = curl_multi_init();
    char *body = malloc((size_t)body_bytes);
    if (epoll_set < 0 || !multi || !body) fail("start", strerror(errno));
    memset(body, 'x', (size_t)body_bytes);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, handles * 2);

    long started = 0, finished = 0;
    const double begin = now_seconds();
    for (; started < handles && started < total; started++) {
        CURL *handle = curl_easy_init();
        if (!handle) fail("curl_easy_init", "no handle");
        curl_easy_setopt(handle, CURLOPT_URL, url);
        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, body_bytes);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard);
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_PROXY, "");
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 15000L);
        start_request(multi, handle, started);
    }

    struct epoll_event events[128];
    int running = 0;
    while (finished < total) {
        const double wait = due < 0 ? 1 : due - now_seconds();
        const int ready = epoll_wait(epoll_set, events, 128, wait <= 0 ? 0 : (int)(wait * 1e3) + 1);
        if (ready < 0 && errno != EINTR) fail("epoll_wait", strerror(errno));
        for (int index = 0; index < ready; index++) {
            int action = 0;
            if (events[index].events & EPOLLIN) action |= CURL_CSELECT_IN;
            if (events[index].events & EPOLLOUT) action |= CURL_CSELECT_OUT;
            if (events[index].events & (EPOLLERR | EPOLLHUP)) action |= CURL_CSELECT_ERR;
            curl_multi_socket_action(multi, events[index].data.fd, action, &running);
        }
        // Added handles start from this call, so it must not wait for a quiet moment.
        if (due >= 0 && now_seconds() >= due) {
            due = -1;
            curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
        }
        CURLMsg *message;
        int left;
        while ((message = curl_multi_info_read(multi, &left))) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL *handle = message->easy_handle;
            long status = 0;
            curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
            if (message->data.result != CURLE_OK) fail("transfer", curl_easy_strerror(message->data.result));
            if (status != 200) fail("transfer", "the sink did not answer 200");
            finished++;
            curl_multi_remove_handle(multi, handle);
            if (started < total) {
                start_request(multi, handle, started++);
            } else {
                discard_handle(handle);
            }
        }
    }
    printf("%ld %.6f\n", finished, now_seconds() - begin);
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    free(body);
    close(epoll_set);
    return 0;
}
