// What the reader of a fragment has around it. A name that is not here is one that a snippet has to explain.
/// <reference types="node" />
/// <reference types="jest" />
import 'express-metrics-json/testing/jest';

declare global {
  // The reader's own.
  const app: import('express').Express;
  const admin: import('express').RequestHandler;
  const url: string;
  const source: import('express-metrics-json').MetricsSource;
  const register: import('prom-client').Registry;
  const requests: import('express-metrics-json/requests').RequestMetrics;
  /** An app that listens on a port of its own. */
  const metricsApp: import('express').Express;

  // What a service that has metrics has imported before.
  const cluster: typeof import('node:cluster').default;
  const express: typeof import('express');
  const MeterProvider: typeof import('@opentelemetry/sdk-metrics').MeterProvider;
  const metricsRouter: typeof import('express-metrics-json').metricsRouter;
  const refuseAuthorization: typeof import('express-metrics-json').refuseAuthorization;
  const processMetrics: typeof import('express-metrics-json/process').processMetrics;
  const promClientSource: typeof import('express-metrics-json/prom-client').promClientSource;
  const renderMetrics: typeof import('express-metrics-json/render').renderMetrics;
  const setupPrimary: typeof import('express-metrics-json/cluster').setupPrimary;

  // And its tests.
  const request: typeof import('supertest');
  const metricValue: typeof import('express-metrics-json/testing').metricValue;
  const readMetrics: typeof import('express-metrics-json/reader').readMetrics;
  const scrapeMetrics: typeof import('express-metrics-json/testing').scrapeMetrics;
}
