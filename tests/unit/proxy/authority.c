/* authority: a name of ours that belongs to another app is told from all others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "authority.h"

static void every_row(void **state)
{
	static const struct {
		const char *authority;
		bool elsewhere;
	} rows[] = {
	    {"web.flycast", false},
	    {"WEB.FlyCast:443", false},
	    {"web.flycast.", false},
	    {"web.flycast.:443", false},
	    {"web.internal", false},
	    {"fra.web.internal", false},
	    {"d890d1.vm.web.internal:8443", false},
	    {"other.flycast", true},
	    {"other.flycast:443", true},
	    {"other.internal.", true},
	    {"myweb.flycast", true},
	    {"eb.flycast", true},
	    {"web.other.flycast", true},
	    {"_api.internal", true},
	    {".flycast", true},
	    {"flycast", false},
	    {"web", false},
	    {"www.example.com", false},
	    {"web.flycast.example.com", false},
	    {"other.myflycast", false},
	    {"[fdaa:0:1:0:1::3]:443", false},
	    {"[fdaa:0:1:0:1::3]", false},
	    {"", false},
	    {":443", false},
	    {".", false},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (authority_is_elsewhere(bytes_of(rows[i].authority), "web") != rows[i].elsewhere)
			fail_msg("'%s': not %d", rows[i].authority, rows[i].elsewhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_row)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
