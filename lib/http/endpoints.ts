import { createTextNegotiator, type TextFormats } from '../document/negotiate.ts';
import type { Encoder } from '../encoders/encoder.ts';
import { createJsonEncoder, type JsonOptions } from '../encoders/json.ts';
import type { ResponseStyle } from './error-responses.ts';

/** A path of the router that answers with a document of the source's families. */
export interface Endpoint extends ResponseStyle {
  readonly path: string;
  readonly allowPrefix: boolean;
  negotiate(accept: string | undefined): Encoder;
}

export function endpoints({ path, ...formats }: { path: string } & JsonOptions & TextFormats): Endpoint[] {
  const json = createJsonEncoder(formats);
  return [
    {
      path: `${path}.json`,
      errorFormat: 'problem',
      vary: 'Accept-Encoding',
      allowPrefix: false,
      negotiate: () => json,
    },
    {
      path,
      errorFormat: 'line',
      vary: 'Accept, Accept-Encoding',
      allowPrefix: true,
      negotiate: createTextNegotiator(formats),
    },
  ];
}
