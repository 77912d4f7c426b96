/* tls_bio.h - how OpenSSL reads and writes the socket of a struct tls: as its own does, but without SIGPIPE, and a record
 * that another one follows waits for it in the kernel (MSG_MORE), so that a large piece goes out in few large segments. */
#ifndef PROXY_TLS_BIO_H
#define PROXY_TLS_BIO_H

#include "tls.h"

/* Gives tls->ssl its socket. -1: no memory. */
int tls_bio_set(struct tls *tls, int fd);

#endif
