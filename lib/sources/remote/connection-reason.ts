/** What Node's message does not say. */
const ADDED: Readonly<Record<string, string>> = {
  ECONNREFUSED: ': nothing listens there',
  ENOTFOUND: ': there is no host of this name',
};

/** Codes of a certificate that is not signed as it should be. */
const UNTRUSTED_CODES = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

const UNTRUSTED =
  'no trusted authority has signed its certificate; set the environment variable NODE_EXTRA_CA_CERTS to the file of its authority';

/**
 * Explains why a connection failed. `alternative` is what else may be set if a certificate is not trusted. The error for
 * several addresses has no message.
 */
export function connectionReason({ code = '', message }: NodeJS.ErrnoException, alternative = ''): string {
  if (UNTRUSTED_CODES.includes(code)) return UNTRUSTED + alternative;
  if (code !== 'EPROTO') return (message || code) + (ADDED[code] ?? '');
  // OpenSSL's message also has numbers and the place in its source.
  const [, reason = message] = /:([^:]+):[^:]*\.c:/.exec(message) ?? [];
  return `the server does not speak TLS as expected (${reason}); write http:// if it does not speak it at all`;
}
