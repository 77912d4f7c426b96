/* service_names.h - the names under which an app's services are found: SRV (RFC 2782) and HTTPS (RFC 9460) records.
 * Pure: adds names to a node in the making.
 *
 * A port has the name _<port>._tcp (or ._udp), a range that of its first port. Ports whose protocol is known are there
 * a second time, all of them under one name: _http, _https and _postgresql. */
#ifndef DNS_SERVICE_NAMES_H
#define DNS_SERVICE_NAMES_H

#include "node.h"
#include "catalog.h"

/* Below <app>.flycast: the ports of the app's Flycast address, whatever its Machines do. An HTTPS record at the name
 * itself, which sends browsers from http:// to https://, only where no port without TLS answers http:// by itself. */
void service_names_flycast(struct node_maker *maker, const struct catalog_app *app,
                           const struct catalog_address *address);

/* Below <app>.internal: the Machines' own ports, without TLS, which ends at the Flycast address; a record for each started
 * Machine. started: those that answer (app_names.h); the ports of the other Machines with names are names as well. */
void service_names_internal(struct node_maker *maker, const struct catalog_app *app,
                            const struct catalog_machine *const *started, uint32_t started_count);

#endif
