/* dns_show.c - see dns_show.h. */
#include "dns_show.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void add_section(struct text *to, const char *title, ldns_rr_list *list, bool soa_short)
{
	for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
		ldns_rr *rr = ldns_rr_list_rr(list, i);
		if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_OPT)
			continue;
		char *text = ldns_rr2str(rr);
		if (soa_short && ldns_rr_get_type(rr) == LDNS_RR_TYPE_SOA)
			text_format(to, "%sSOA %s", title, strtok(text, "\t"));
		else
			text_format(to, "%s%s", title, strtok(text, "\n"));
		free(text);
	}
}

static void add_header(struct text *to, const ldns_pkt *p)
{
	const struct {
		const char *name;
		bool set;
	} flags[] = {
	    {" query", !ldns_pkt_qr(p)}, {" aa", ldns_pkt_aa(p)}, {" tc", ldns_pkt_tc(p)}, {" rd", ldns_pkt_rd(p)},
	    {" ra", ldns_pkt_ra(p)},     {" ad", ldns_pkt_ad(p)}, {" cd", ldns_pkt_cd(p)},
	};
	char *rcode = ldns_pkt_rcode2str(ldns_pkt_get_rcode(p));
	text_put(to, rcode);
	free(rcode);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (flags[i].set)
			text_put(to, flags[i].name);
}

const char *dns_show(const uint8_t *octets, size_t len)
{
	static struct text shown;
	ldns_pkt *p;
	if (len == 0)
		return "silence";
	if (ldns_wire2pkt(&p, octets, len) != LDNS_STATUS_OK)
		return "unreadable";
	text_clear(&shown);
	add_header(&shown, p);
	add_section(&shown, " | ", ldns_pkt_answer(p), false);
	add_section(&shown, " ; ", ldns_pkt_authority(p), true);
	add_section(&shown, " + ", ldns_pkt_additional(p), false);
	for (char *c = shown.at; *c; c++)
		if (*c == '\t')
			*c = ' ';
	ldns_pkt_free(p);
	return text_string(&shown);
}
