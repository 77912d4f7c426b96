/* fly_toml: whatever fly.toml says, it is read or refused with a reason; what was read is within bounds, and its JSON
 * gives the same again, also when it is written as TOML in between. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "app_config.h"
#include "app_config_check.h"
#include "command/toml.h"
#include "command/toml_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct app_config *config)
{
	for (size_t i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];
		assert(service->internal_port >= 1 && service->internal_port <= UINT16_MAX);
		for (size_t k = 0; k < service->port_count; k++) {
			const struct port *port = &service->ports[k].port;
			assert(port->start >= 1 && port->start <= port->end &&
			       port->internal == service->internal_port);
			assert(port_handlers_name(port->handlers));
		}
	}
	assert(config->kill_timeout >= -1 && config->wait_timeout >= -1);
}

static void write_and_read(const json_t *json)
{
	char why[TOML_WHY] = "";
	struct text text = {0};
	int line = 0;
	toml_write(&text, json);
	json_t *lines, *again = toml_read(text_string(&text), text.len, &lines, &line, why);
	assert(again && json_equal(json, again));
	text_free(&text);
	json_decref(again);
	json_decref(lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[TOML_WHY] = "";
	struct config_findings findings = {0};
	int line = -1;
	json_t *lines, *json = toml_read(size ? (const char *)data : "", size, &lines, &line, why);
	if (!json) {
		assert(!lines && line >= 1 && why[0]);
		return 0;
	}
	write_and_read(json);
	struct app_config *config = app_config_read(json, &findings);
	assert(config ? findings.errors == 0 : findings.errors > 0);
	if (config) {
		look(config);
		char *once = json_dumps(config->json, JSON_SORT_KEYS);
		struct app_config *again = app_config_read(config->json, &findings);
		assert(again);
		char *twice = json_dumps(again->json, JSON_SORT_KEYS);
		assert(once && twice && strcmp(once, twice) == 0);
		assert(app_config_check(config, &findings) == app_config_check(again, &findings));
		free(once);
		free(twice);
		app_config_free(again);
	}
	app_config_free(config);
	config_findings_free(&findings);
	json_decref(json);
	json_decref(lines);
	return 0;
}
