import type { Rules } from './proxy.ts';

/** What the request says of the client when it comes from the proxy. */
export type Writes =
  | 'X-Forwarded-For'
  | 'Forwarded'
  | 'both headers'
  | 'nothing, over HTTP/1.0'
  | 'nothing, over HTTP/1.1';

export interface Configuration extends Rules {
  /** What is special about it. */
  readonly how: string;
  readonly writes: Writes;
}

/** Configurations of each proxy that people use. They include those of docs/reverse-proxies.md. */
export const configurations: readonly Configuration[] = [
  {
    proxy: 'nginx',
    how: 'replaces X-Forwarded-For, as in docs/reverse-proxies.md',
    writes: 'X-Forwarded-For',
    rules: `
      proxy_http_version 1.1;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_pass http://UPSTREAM;`,
  },
  {
    proxy: 'nginx',
    how: 'appends to X-Forwarded-For',
    writes: 'X-Forwarded-For',
    rules: `
      proxy_http_version 1.1;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_pass http://UPSTREAM;`,
  },
  {
    proxy: 'nginx',
    how: 'appends to X-Forwarded-For, underscores_in_headers',
    writes: 'X-Forwarded-For',
    global: 'underscores_in_headers on; ignore_invalid_headers off;',
    rules: `
      proxy_http_version 1.1;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_pass http://UPSTREAM;`,
  },
  {
    proxy: 'nginx',
    how: 'replaces Forwarded',
    writes: 'Forwarded',
    global: `
      map $remote_addr $forwarded_for {
        ~: "for=\\"[$remote_addr]\\"";
        default "for=$remote_addr";
      }`,
    rules: `
      proxy_http_version 1.1;
      proxy_set_header Forwarded $forwarded_for;
      proxy_pass http://UPSTREAM;`,
  },
  {
    proxy: 'nginx',
    how: 'a bare proxy_pass before nginx 1.29.7',
    writes: 'nothing, over HTTP/1.0',
    rules: `
      proxy_http_version 1.0;
      proxy_pass http://UPSTREAM;`,
  },
  {
    proxy: 'nginx',
    how: 'a bare proxy_pass since nginx 1.29.7',
    writes: 'nothing, over HTTP/1.1',
    rules: `
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_pass http://UPSTREAM;`,
  },
  {
    proxy: 'haproxy',
    how: 'replaces X-Forwarded-For, as in docs/reverse-proxies.md',
    writes: 'X-Forwarded-For',
    rules: `
      http-request set-header X-Forwarded-For %[src]
      server app UPSTREAM`,
  },
  {
    proxy: 'haproxy',
    how: 'appends an X-Forwarded-For with option forwardfor',
    writes: 'X-Forwarded-For',
    rules: `
      option forwardfor
      server app UPSTREAM`,
  },
  {
    proxy: 'haproxy',
    how: 'replaces Forwarded',
    writes: 'Forwarded',
    rules: `
      http-request set-header Forwarded for=%[src] unless { src -m sub : }
      http-request set-header Forwarded 'for="[%[src]]"' if { src -m sub : }
      server app UPSTREAM`,
  },
  {
    proxy: 'haproxy',
    how: 'without option forwardfor',
    writes: 'nothing, over HTTP/1.1',
    rules: 'server app UPSTREAM',
  },
  {
    proxy: 'haproxy',
    how: 'in TCP mode, which passes bytes',
    writes: 'nothing, over HTTP/1.1',
    rules: `
      mode tcp
      server app UPSTREAM`,
  },
  {
    proxy: 'caddy',
    how: 'by default, as in docs/reverse-proxies.md, replaces X-Forwarded-For',
    writes: 'X-Forwarded-For',
    rules: 'reverse_proxy UPSTREAM',
  },
  {
    proxy: 'caddy',
    how: 'appends to the X-Forwarded-For of its trusted_proxies',
    writes: 'X-Forwarded-For',
    rules: `
      reverse_proxy UPSTREAM {
        trusted_proxies CLIENTS
      }`,
  },
  {
    proxy: 'caddy',
    how: 'replaces Forwarded besides its own X-Forwarded-For',
    writes: 'both headers',
    rules: `
      map {remote_host} {forwarded_for} {
        ~(.*:.*) "for=\\"[\${1}]\\""
        default "for={remote_host}"
      }
      reverse_proxy UPSTREAM {
        header_up Forwarded {forwarded_for}
      }`,
  },
  {
    proxy: 'caddy',
    how: 'takes its own headers out',
    writes: 'nothing, over HTTP/1.1',
    rules: `
      reverse_proxy UPSTREAM {
        header_up -X-Forwarded-*
      }`,
  },
];
