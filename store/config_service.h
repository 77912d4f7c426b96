/* config_service.h - how the services of a configuration are written, with their ports and checks. Pure. */
#ifndef STORE_CONFIG_SERVICE_H
#define STORE_CONFIG_SERVICE_H

#include "config_reader.h"

extern const struct config_section config_service_section;      /* [[services]]: struct config_service */
extern const struct config_section config_http_service_section; /* [http_service]: struct config_service */
extern const struct config_section config_named_check_section;  /* [checks.NAME]: struct config_check */

void config_service_fini(struct config_service *service);
void config_check_fini(struct config_check *check);

#endif
