/** Metrics of one process, and of all of them together, as Prometheus reads them. */
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Answered } from '../api/serving-app.ts';

export interface ProcessMetrics {
  readonly observe: (answered: Answered) => void;
  readonly report: () => Promise<object[]>;
}

/** Bounds of the buckets, seconds. */
const buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1];

export function processMetrics(numWaiting: () => number, modelVersions: readonly string[]): ProcessMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const seconds = new Histogram({
    name: 'simclusters_request_seconds',
    help: 'From the head of a request to its answer',
    labelNames: ['method', 'route', 'status'],
    buckets,
    registers,
  });
  new Gauge({
    name: 'simclusters_waiting_requests',
    help: 'Requests that wait for their turn',
    registers,
    collect() {
      this.set(numWaiting());
    },
  });
  const serving = new Gauge({
    name: 'simclusters_model_processes',
    help: 'Processes that answer from this model version',
    labelNames: ['model_version'],
    registers,
  });
  for (const version of modelVersions) serving.set({ model_version: version }, 1);
  return {
    observe: ({ method, route, status, seconds: taken }) => {
      seconds.observe({ method: methods.has(method) ? method : 'other', route, status }, taken);
    },
    report: () => registry.getMetricsAsJSON(),
  };
}

/** A method is what the client says; only these become labels. */
const methods = new Set(['GET', 'POST', 'HEAD', 'OPTIONS']);

export const metricsContentType = Registry.PROMETHEUS_CONTENT_TYPE;

/** Counts and sizes added up over processes, lags averaged. */
export async function allMetrics(reports: readonly (readonly object[])[]): Promise<string> {
  return AggregatorRegistry.aggregate(reports as object[]).metrics();
}
