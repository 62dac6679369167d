import { STATUS_CODES } from 'node:http';

/** Returns an HTTP status with its name, such as `404 Not Found`. */
export const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trimEnd();
