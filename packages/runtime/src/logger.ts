import winston from 'winston';

export type Fields = Readonly<Record<string, unknown>>;

/** Constant message plus fields; see the style guide for what each level means. */
export interface Logger {
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  /** A logger that adds these fields to every line. */
  with(fields: Fields): Logger;
}

export interface LoggerOptions {
  service: string;
  level?: 'error' | 'warn' | 'info' | 'debug';
  /** `json` for machines (the default), `pretty` for a terminal. */
  format?: 'json' | 'pretty';
}

export function createLogger(options: LoggerOptions): Logger {
  const { combine, timestamp, json, printf } = winston.format;
  const pretty = printf(({ timestamp: at, level, message, service: _service, ...fields }) => {
    const rest = Object.entries(fields).map(
      ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    return [at, level.toUpperCase().padEnd(5), message, ...rest].join(' ');
  });
  const base = winston.createLogger({
    level: options.level ?? 'info',
    defaultMeta: { service: options.service },
    format: combine(errorsAsFields(), timestamp(), options.format === 'pretty' ? pretty : json()),
    // Everything goes to stderr: stdout belongs to a command's answer.
    transports: [new winston.transports.Console({ stderrLevels: ['error', 'warn', 'info', 'debug'] })],
  });
  return wrap(base, {});
}

export const silentLogger: Logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  with: () => silentLogger,
};

function wrap(base: winston.Logger, bound: Fields): Logger {
  const at = (level: string) => (message: string, fields?: Fields) => {
    base.log(level, message, { ...bound, ...fields });
  };
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    with: (fields) => wrap(base, { ...bound, ...fields }),
  };
}

/** Errors are objects without enumerable fields: JSON would show them as `{}`. Causes are followed. */
const errorsAsFields = winston.format((info) => {
  for (const [key, value] of Object.entries(info)) if (value instanceof Error) info[key] = describeError(value);
  return info;
});

export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: String(error) };
  return {
    name: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    ...(depth === 0 ? { stack: error.stack } : {}),
    ...(error.cause === undefined || depth > 3 ? {} : { cause: describeError(error.cause, depth + 1) }),
  };
}
