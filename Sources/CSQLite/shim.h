// SPDX-License-Identifier: Apache-2.0
#pragma once

// Declared here, since a second module with sqlite3.h in it would clash with GRDB's. Swift cannot call what takes `...`.
extern int sqlite3_config(int option, ...);

// SQLITE_CONFIG_MEMSTATUS (sqlite.org/c3ref/c_config_covering_index_scan.html): no statistics of memory, and so no lock
// around every allocation. Fails, and changes nothing, once the library is in use.
static inline int martlet_sqlite_without_memory_statistics(void) { return sqlite3_config(9, 0); }
