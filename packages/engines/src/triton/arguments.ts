import type { ArgumentRules } from '../arguments/argument-rule.ts';
import { amount, choice, count, each, flag, list, owned, text, wholeNumber } from '../arguments/argument-rule.ts';

const address = 'The cluster decides where a replica listens.';

const ownedArguments: ArgumentRules = {
  ...each('model-repository model-store', owned('Use spec.model and spec.version.')),
  ...each('http-port http-address metrics-port metrics-address reuse-http-port', owned(address)),
  ...each('allow-http allow-metrics', owned('Signalbox needs both HTTP and metrics.')),
  ...each('allow-grpc grpc-port grpc-address', owned('Gateways speak HTTP.')),
  ...each('model-control-mode repository-poll-secs', owned('A revision serves one model and never changes it.')),
  ...each('strict-readiness exit-on-error', owned('A replica that did not load its model must not look ready.')),
  'exit-timeout-secs': owned('Use spec.drain.timeout.'),
  'http-restricted-api': owned('Callers show their keys to the gateway.'),
};

export const tritonArguments: ArgumentRules = {
  /** The one model to load; the deployment's model unless said otherwise. */
  'load-model': text,
  ...each('model-load-thread-count http-thread-count buffer-manager-thread-count', count),
  ...each('model-load-retry-count http-max-input-size', wholeNumber),
  ...each('pinned-memory-pool-byte-size model-namespacing-depth log-verbose', wholeNumber),
  ...each('min-supported-compute-capability', amount),
  ...each('backend-config cuda-memory-pool-byte-size cache-config host-policy metrics-config trace-config', list),
  ...each('rate-limit-resource model-load-gpu-limit', list),
  ...each('rate-limit log-format log-file backend-directory cache-directory model-config-name', text),
  ...each('http-header-forward-pattern metrics-interval-ms', text),
  'disable-auto-complete-config': flag,
  // Triton's booleans take a value.
  ...each('allow-gpu-metrics allow-cpu-metrics model-namespacing', choice('true', 'false')),
  ...each('log-info log-warning log-error', choice('true', 'false')),
  ...ownedArguments,
};
