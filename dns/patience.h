/* patience.h - how long a connection may be silent, by how many places are taken. Pure.
 *
 * The whole time until half of them are; from there on less and less, a twentieth when all are: who comes next finds room
 * before anybody has to be sent away (RFC 7766 6.2.3, RFC 9210 4.3). */
#ifndef DNS_PATIENCE_H
#define DNS_PATIENCE_H

static inline double patience_seconds(double whole, unsigned taken, unsigned places)
{
	double scarce = places > 0 ? 2.0 * taken / places - 1.0 : 1.0;
	if (scarce <= 0)
		return whole;
	return whole * (scarce < 1 ? 1.0 - 0.95 * scarce : 0.05);
}

#endif
