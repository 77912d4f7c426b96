/* network_names: the names a network has of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "dns_sample.h"
#include "network_names.h"

static struct node_maker maker;
static struct encoder *encoder;

static int set_up(void **state)
{
	(void)state;
	encoder = encoder_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	node_maker_free(&maker);
	encoder_free(encoder);
	return 0;
}

static void assert_text(const struct node *node, const struct answer *answer, const char *want)
{
	assert_int_equal(answer->type, TYPE_TXT);
	assert_int_equal(answer->count, want ? 1 : 0);
	if (want)
		assert_memory_equal(node_records(node) + answer->at + 13, want, strlen(want));
}

static void peers_have_names_and_sessions_have_none(void **state)
{
	struct node *node = network_names_peers(&maker, encoder, &sample_network_1);
	(void)state;
	assert_text(node, &node->own, "Laptop");
	assert_int_equal(node->below_count, 1);
	const struct answer *laptop = node_find(node, (const uint8_t *)"\6laptop", 7, TYPE_AAAA);
	assert_non_null(laptop);
	assert_memory_equal(node_records(node) + laptop->at + 12, &sample_peers[0].address, 16);
	free(node);
	node = network_names_peers(&maker, encoder, &sample_network_2);
	assert_text(node, &node->own, NULL);
	free(node);
}

static void the_server_is_the_networks_third_address(void **state)
{
	struct in6_addr want = sample_ip("fdaa:1234:5678::3"), got = network_names_server_ip(0x12345678);
	struct node *node = network_names_server(&maker, encoder, 0x12345678, BYTES("_api"));
	(void)state;
	assert_memory_equal(&got, &want, sizeof want);
	assert_memory_equal(node_records(node) + 12, &want, sizeof want);
	assert_int_equal(node_key_of(node).network, 0x12345678);
	free(node);
}

static void a_network_says_what_it_is(void **state)
{
	struct catalog_network network = sample_network_2;
	struct node *node;
	(void)state;
	network.id = 0xabcd0012;
	node = network_names_networks(&maker, encoder, &network);
	assert_text(node, &node->own, "network=default,org=acme,prefix=fdaa:abcd:12::/48");
	assert_int_equal(node->own.len, 12 + 1 + strlen("network=default,org=acme,prefix=fdaa:abcd:12::/48"));
	free(node);
}

static void no_text_is_no_record(void **state)
{
	struct text texts[2] = {{0}, {0}};
	(void)state;
	text_put(&texts[1], "instance=1");
	struct node *node = network_names_instances(&maker, encoder, 1, texts);
	assert_text(node, &node->own, NULL);
	assert_text(node, node_find(node, (const uint8_t *)"\3all", 4, TYPE_TXT), "instance=1");
	free(node);
	node = network_names_apps(&maker, encoder, 1, &texts[0]);
	assert_text(node, &node->own, NULL);
	free(node);
	text_free(&texts[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(peers_have_names_and_sessions_have_none),
	    cmocka_unit_test(the_server_is_the_networks_third_address),
	    cmocka_unit_test(a_network_says_what_it_is),
	    cmocka_unit_test(no_text_is_no_record),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
