// What the reader's service counts: pages below docs/ show its documents.
import { Counter, Gauge } from 'prom-client';

new Counter({ name: 'messages_accepted_total', help: 'messages taken in for delivery' }).inc(46);
const depth = new Gauge({ name: 'queue_depth', help: 'messages waiting', labelNames: ['queue'] });
depth.set({ queue: 'example.com' }, 2);
depth.set({ queue: 'example.org' }, 0);
