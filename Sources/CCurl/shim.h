// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <curl/curl.h>

// libcurl reads the third argument as exactly long, curl_off_t or a pointer, by option (curl_easy_setopt(3)): one
// wrapper for each, so that Swift cannot pass an int where a long is read.

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic.
static inline CURLcode martlet_curl_easy_setopt_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic.
static inline CURLcode martlet_curl_easy_setopt_off_t(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic. libcurl copies the text.
static inline CURLcode martlet_curl_easy_setopt_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic. libcurl keeps the pointer.
static inline CURLcode martlet_curl_easy_setopt_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic. libcurl copies the bytes; a null pointer
// takes an earlier value back.
static inline CURLcode martlet_curl_easy_setopt_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, bytes ? &blob : (struct curl_blob *)0);
}

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic. For the write and header functions.
static inline CURLcode martlet_curl_easy_setopt_write(CURL *easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic.
static inline CURLcode martlet_curl_easy_setopt_opensocket(CURL *easy, curl_opensocket_callback value) {
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, value);
}

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic.
static inline CURLcode martlet_curl_easy_setopt_closesocket(CURL *easy, curl_closesocket_callback value) {
    return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, value);
}

// Wraps curl_easy_setopt, which Swift cannot call because it is variadic.
static inline CURLcode martlet_curl_easy_setopt_prereq(CURL *easy, curl_prereq_callback value) {
    return curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, value);
}

// Wraps curl_easy_getinfo, which Swift cannot call because it is variadic.
static inline CURLcode martlet_curl_easy_getinfo_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

// Wraps curl_easy_getinfo, which Swift cannot call because it is variadic. The text belongs to libcurl.
static inline CURLcode martlet_curl_easy_getinfo_string(CURL *easy, CURLINFO info, char **value) {
    return curl_easy_getinfo(easy, info, value);
}

// Wraps curl_multi_setopt, which Swift cannot call because it is variadic.
static inline CURLMcode martlet_curl_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// Wraps curl_multi_setopt, which Swift cannot call because it is variadic. libcurl keeps the pointer.
static inline CURLMcode martlet_curl_multi_setopt_pointer(CURLM *multi, CURLMoption option, void *value) {
    return curl_multi_setopt(multi, option, value);
}

// Wraps curl_multi_setopt, which Swift cannot call because it is variadic.
static inline CURLMcode martlet_curl_multi_setopt_socket(CURLM *multi, curl_socket_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, value);
}

// Wraps curl_multi_setopt, which Swift cannot call because it is variadic.
static inline CURLMcode martlet_curl_multi_setopt_timer(CURLM *multi, curl_multi_timer_callback value) {
    return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, value);
}
