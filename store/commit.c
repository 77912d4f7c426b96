/* commit.c - see commit.h. The layout is part of SQLite's file format (walformat.html, "The WAL-Index Header"). */
#include "commit.h"

#include <sqlite3.h>
#include <stddef.h>

#include "registry.h"
#include "statement.h"

enum { INDEX_REGION = 32768, CHANGE_AT = 8 /* bytes: iChange, native order, "incremented each transaction" */ };

/* Asked first: in another mode the mapping below would make a -shm file. */
static bool has_log(struct registry *registry)
{
	struct statement s;
	statement_open(&s, registry, "PRAGMA journal_mode");
	bool log = statement_step(&s) > 0 && bytes_equal(statement_bytes(&s, 0), bytes_of("wal"));
	statement_close(&s);
	return log;
}

int64_t commit_count(struct registry *registry)
{
	sqlite3_file *file = NULL;
	void volatile *index = NULL;
	if (!has_log(registry) ||
	    sqlite3_file_control(registry_handle(registry), "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
	    !file || !file->pMethods || file->pMethods->iVersion < 2 ||
	    file->pMethods->xShmMap(file, 0, INDEX_REGION, 0, &index) != SQLITE_OK || !index)
		return -1;
	return __atomic_load_n((const volatile uint32_t *)index + CHANGE_AT / sizeof(uint32_t), __ATOMIC_ACQUIRE);
}
