/** Clients that are trusted if the option `trustedHosts` is not set. */
export const DEFAULT_TRUSTED_HOSTS: readonly string[] = ['127.0.0.1', '::1'];
