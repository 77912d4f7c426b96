/* app_names.h - the names an app has and what they hold: my-app.internal and my-app.flycast with
 * everything below them (service_names.h has those of services).
 * Pure: makes nodes out of catalog objects. A Machine with skip_dns has no name at all. A Machine that is not started
 * has names (they are NODATA) and no address; a cordoned one is like any other, for cordon speaks to the proxy only. */
#ifndef DNS_APP_NAMES_H
#define DNS_APP_NAMES_H

#include "nearness.h"
#include "node.h"
#include "catalog.h"

struct node *app_names_internal(struct node_maker *maker, struct encoder *encoder, const struct catalog_app *app,
                                struct nearness *nearness);
struct node *app_names_flycast(struct node_maker *maker, struct encoder *encoder, const struct catalog_app *app,
                               const struct catalog_address *address);

/* Is this Machine in an answer of addresses? */
bool app_names_answers(const struct catalog_machine *machine);

/* "instance=<id>,app=<app>,ip=<6pn>,region=<rgn>" joined by ';', the started ones or all that have names. false: it
 * stopped where `most` octets would have been passed. */
bool app_names_instances(struct text *out, const struct catalog_app *app, bool all, size_t most);

#endif
