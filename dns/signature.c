/* signature.c - see signature.h. */
#include "signature.h"

#include "base/clock.h"

/* Nobody can check what such an answer is signed with. */
static bool is_for_nobody(enum tsig_error error)
{
	return error == TSIG_BADKEY || error == TSIG_BADSIG;
}

bool signature_read(struct signature *out, const struct query *query, const struct grants *grants)
{
	const struct bytes none = {NULL, 0};
	size_t at = (size_t)(query->tsig - query->packet);
	if (!tsig_read(&out->tsig, query->packet, at + query->tsig_len, at))
		return false;
	out->key = grants ? grants_key(grants, &out->tsig.owner) : NULL;
	out->error = tsig_check(&out->tsig, out->key, query->packet, none, (uint64_t)clock_wall_ms() / 1000);
	if (out->error == TSIG_MALFORMED)
		return false;
	out->room = is_for_nobody(out->error) ? tsig_refusal_size(&out->tsig) : tsig_size(out->key);
	return true;
}

size_t signature_add(const struct signature *signature, uint8_t *answer, size_t len)
{
	const struct tsig *question = &signature->tsig;
	struct tsig_signer signer;
	if (is_for_nobody(signature->error))
		return tsig_refuse(answer, len, question, signature->error);
	tsig_signer_init(&signer, signature->key, question);
	if (signature->error)
		return tsig_sign_error(&signer, answer, len, question, signature->error);
	return tsig_sign(&signer, answer, len, question->now);
}
