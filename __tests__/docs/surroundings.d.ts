// What the reader of a fragment has around it. A name that is not here is one that a snippet has to explain.
/// <reference types="node" />
/// <reference types="jest" />
import type { Express, RequestHandler } from 'express';
import type { MetricsSource } from 'express-metrics-json';
import 'express-metrics-json/testing/jest';

declare global {
  /** The reader's app and a router of theirs. */
  const app: Express;
  const admin: RequestHandler;
  /** An app that listens on a port of its own. */
  const metricsApp: Express;
  const express: typeof import('express');
  const source: MetricsSource;
  const register: import('prom-client').Registry;
  /** In a test. */
  const request: typeof import('supertest');

  // What the README's snippets have imported before.
  const metricsRouter: typeof import('express-metrics-json').metricsRouter;
  const promClientSource: typeof import('express-metrics-json/prom-client').promClientSource;
  const renderMetrics: typeof import('express-metrics-json/render').renderMetrics;
}
