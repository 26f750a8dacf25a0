/**
 * Wire contract: every error a client can see. Add codes, never rename or reuse one.
 * `retry` tells a client whether the same request may succeed later without a change; `status` is the HTTP status.
 */
export const ERRORS = {
  BAD_REQUEST: { retry: false, status: 400 },
  UNKNOWN_MARKET: { retry: false, status: 400 },
  PAYLOAD_TOO_LARGE: { retry: false, status: 413 },
  UNAUTHORIZED: { retry: false, status: 401 },
  BAD_CREDENTIALS: { retry: false, status: 401 },
  SESSION_REVOKED: { retry: false, status: 401 },
  FORBIDDEN: { retry: false, status: 403 },
  NOT_FOUND: { retry: false, status: 404 },
  UNKNOWN_ORDER: { retry: false, status: 404 },
  UNKNOWN_ACCOUNT: { retry: false, status: 404 },
  UNKNOWN_ROOM: { retry: false, status: 404 },
  NAME_TAKEN: { retry: false, status: 409 },
  COMMAND_ID_REUSED: { retry: false, status: 409 },
  ROOM_STATE: { retry: false, status: 409 },
  ROOM_FULL: { retry: false, status: 409 },
  ORDER_NOT_OPEN: { retry: false, status: 409 },
  INSUFFICIENT_BALANCE: { retry: false, status: 422 },
  LIMIT_EXCEEDED: { retry: false, status: 422 },
  PRICE_FILTER: { retry: false, status: 422 },
  LOT_SIZE: { retry: false, status: 422 },
  MARKET_LOT_SIZE: { retry: false, status: 422 },
  NOTIONAL: { retry: false, status: 422 },
  PERCENT_PRICE: { retry: false, status: 422 },
  TRAILING_DELTA: { retry: false, status: 422 },
  MAX_NUM_ORDERS: { retry: false, status: 422 },
  MAX_POSITION: { retry: false, status: 422 },
  WOULD_MATCH: { retry: false, status: 422 },
  WOULD_TRIGGER: { retry: false, status: 422 },
  NO_LIQUIDITY: { retry: true, status: 422 },
  RATE_LIMITED: { retry: true, status: 429 },
  TOO_MANY_CONNECTIONS: { retry: true, status: 429 },
  TOO_MANY_SUBSCRIPTIONS: { retry: false, status: 429 },
  MARKET_STALE: { retry: true, status: 503 },
  MARKET_HALTED: { retry: true, status: 503 },
  UNAVAILABLE: { retry: true, status: 503 },
  DRAINING: { retry: true, status: 503 },
  OUTCOME_UNKNOWN: { retry: true, status: 504 },
  INTERNAL: { retry: true, status: 500 },
} as const satisfies Record<string, { retry: boolean; status: number }>;

export type ErrorCode = keyof typeof ERRORS;

/** What a client sees of an error. `details` names the rule, the limit and the offending value where there is one. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: boolean;
  readonly details?: Readonly<Record<string, string>>;
}

export function refusal(
  code: ErrorCode,
  message: string,
  details?: Readonly<Record<string, string>>,
): Refusal {
  const { retry } = ERRORS[code];
  return details === undefined ? { code, message, retry } : { code, message, retry, details };
}

/** An expected failure with a code of the wire contract; caught once, at the shell. */
export class AppError extends Error {
  override readonly name = "AppError";
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string>> | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; details?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
  }

  toRefusal(): Refusal {
    return refusal(this.code, this.message, this.details);
  }
}

/** A broken rule of our own: nobody catches it, the process logs `fatal` and exits, and a replica takes over. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** Asserts a rule, stated positively. @throws {InvariantError} when it does not hold. */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (!condition) throw new InvariantError(`Broken invariant: ${rule}`);
}
