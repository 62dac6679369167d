import { type TextFormats, textNegotiator } from '../document/negotiate.ts';
import type { Encoder } from '../encoders/encoder.ts';
import { type JsonOptions, jsonEncoder } from '../encoders/json.ts';
import type { Words } from './error-responses.ts';

/** A path of the router that answers with a document of the source's families. */
export interface Endpoint extends Words {
  readonly path: string;
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
