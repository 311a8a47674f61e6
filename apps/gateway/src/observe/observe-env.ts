import { z } from 'zod';
import { REQUEST_LOG_MODES } from './request-lines.ts';

/** Settings of what the gateway tells about requests. Traces go by OpenTelemetry's own variables. */
export const observeEnv = {
  SIGNALBOX_GATEWAY_REQUEST_LOG: z.enum(REQUEST_LOG_MODES).default('all'),
};
