/* catalog_distance.c - how far apart two regions are. Pure. */
#include <math.h>

#include "catalog.h"

double catalog_distance(const struct catalog_region *a, const struct catalog_region *b)
{
	const double earth_km = 6371.0, degree = 3.14159265358979323846 / 180;
	double north = sin((b->latitude - a->latitude) * degree / 2);
	double east = sin((b->longitude - a->longitude) * degree / 2);
	double h = north * north + cos(a->latitude * degree) * cos(b->latitude * degree) * east * east;
	return 2 * earth_km * asin(sqrt(h > 1 ? 1 : h));
}

uint32_t catalog_guess(const struct catalog_region *a, const struct catalog_region *b)
{
	const double us_per_km = 15; /* there and back at 200 km/ms are 10; the rest is for detours */
	return (uint32_t)(catalog_distance(a, b) * us_per_km);
}
