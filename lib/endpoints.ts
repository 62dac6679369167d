import type { Encoder } from './encoders/encoder.ts';
import { type JsonOptions, jsonEncoder } from './encoders/json.ts';
import { type TextFormats, textNegotiator } from './negotiate.ts';

/** One path of the router, and what it answers with. */
export interface Endpoint {
  readonly path: string;
  /** How errors are worded: RFC 9457 beside the JSON document, one plain line beside the text. */
  readonly errors: 'problem' | 'line';
  /** The request headers that the document depends on. */
  readonly vary: string;
  readonly offersPrefix: boolean;
  negotiate(accept: string | undefined): Encoder;
}

export function endpoints({ path, ...formats }: { path: string } & JsonOptions & TextFormats): Endpoint[] {
  const json = jsonEncoder(formats);
  return [
    {
      path: `${path}.json`,
      errors: 'problem',
      vary: 'Accept-Encoding',
      offersPrefix: false,
      negotiate: () => json,
    },
    {
      path,
      errors: 'line',
      vary: 'Accept, Accept-Encoding',
      offersPrefix: true,
      negotiate: textNegotiator(formats),
    },
  ];
}
