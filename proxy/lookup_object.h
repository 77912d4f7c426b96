/* lookup_object.h - lookup.bpf.c as the build compiled it: an ELF object for libbpf. */
#ifndef PROXY_LOOKUP_OBJECT_H
#define PROXY_LOOKUP_OBJECT_H

#include <stddef.h>

extern const unsigned char lookup_object[];
extern const size_t lookup_object_size;

#endif
