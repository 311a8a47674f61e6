/** An error as vLLM's OpenAI routes show it; thrown by handlers, written in one place. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | null;

  constructor(status: number, type: string, message: string, param: string | null = null) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
  }
}

/** A route that is not there, or not for this method: FastAPI's own shape, not vLLM's. */
export class RouteError extends Error {
  readonly status: 404 | 405;

  constructor(status: 404 | 405) {
    super(status === 404 ? 'Not Found' : 'Method Not Allowed');
    this.status = status;
  }
}

export function openAiError(error: ApiError): unknown {
  return { error: { message: error.message, type: error.type, param: error.param, code: error.status } };
}

export function anthropicError(error: ApiError): unknown {
  return { type: 'error', error: { type: error.type, message: error.message } };
}

/** Python shows a float as 3.0; error messages quote it so. */
export function pythonNumber(value: number, isFloat = true): string {
  return isFloat && Number.isInteger(value) ? `${value}.0` : String(value);
}

export function badParameter(name: string, message: string, shown: string): ApiError {
  return new ApiError(400, 'BadRequestError', `${message}. (parameter=${name}, value=${shown})`, name);
}

export function badRequest(message: string, param: string | null = null): ApiError {
  return new ApiError(400, 'BadRequestError', message, param);
}

/** What pydantic says of one wrong field. */
export function invalidField(path: string, type: string, message: string, input: unknown): ApiError {
  const shown = JSON.stringify(input) ?? 'None';
  const detail = `{'type': '${type}', 'loc': '${path}', 'msg': '${message}', 'input': ${shown.replaceAll('"', "'")}}`;
  return new ApiError(400, 'Bad Request', `1 validation error:\n  ${detail}`, path);
}

export function invalidJson(error: unknown): ApiError {
  const message = error instanceof Error ? error.message : '';
  const position = /position (\d+)/.exec(message)?.[1] ?? '0';
  const because = message.startsWith('Expected property name')
    ? 'Expecting property name enclosed in double quotes'
    : 'Expecting value';
  const detail = `{'type': 'json_invalid', 'loc': 'body.${position}', 'msg': 'JSON decode error', 'input': '<dict of 0 items>', 'ctx': {'error': '${because}'}}`;
  return new ApiError(400, 'Bad Request', `1 validation error:\n  ${detail}`, `body.${position}`);
}

export function unknownModel(model: string, aliases: readonly string[]): ApiError {
  const message = `The model \`${model}\` does not exist. Valid aliases: ${aliases.join(', ')}.`;
  return new ApiError(404, 'NotFoundError', message, 'model');
}
