import type { RefusalStatus } from "../faults/faults.ts";

/** An error answer as Binance words it. */
export interface BinanceError {
  readonly httpStatus: number;
  readonly code: number;
  readonly msg: string;
  readonly retryAfterSeconds?: number;
}

export const UNKNOWN_SYMBOL: BinanceError = {
  httpStatus: 400,
  code: -1121,
  msg: "Invalid symbol.",
};
export const INVALID_INTERVAL: BinanceError = {
  httpStatus: 400,
  code: -1120,
  msg: "Invalid interval.",
};
export const INVALID_COMBINATION: BinanceError = {
  httpStatus: 400,
  code: -1128,
  msg: "Combination of optional parameters invalid.",
};

export function missingParameter(name: string): BinanceError {
  const msg = `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`;
  return { httpStatus: 400, code: -1102, msg };
}

export function illegalParameter(name: string, pattern: RegExp): BinanceError {
  const msg = `Illegal characters found in parameter '${name}'; legal range is '${pattern.source}'.`;
  return { httpStatus: 400, code: -1100, msg };
}

export function tooManyParameters(read: number, known: number): BinanceError {
  const msg = `Too many parameters; expected '${known}' and received '${read}'.`;
  return { httpStatus: 400, code: -1101, msg };
}

const REFUSAL_TEXT: Readonly<Record<RefusalStatus, { code: number; msg: string }>> = {
  403: { code: 0, msg: "Forbidden by the web application firewall." },
  418: {
    code: -1003,
    msg: "Way too much request weight used; IP banned. Please use WebSocket Streams.",
  },
  429: {
    code: -1003,
    msg: "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. Please use WebSocket Streams for live updates to avoid polling the API.",
  },
  451: {
    code: 0,
    msg: "Service unavailable from a restricted location according to 'b. Eligibility' in https://www.binance.com/en/terms. Please contact customer service if you believe you received this message in error.",
  },
  503: { code: -1000, msg: "Service unavailable." },
};

export function refusalError(status: RefusalStatus, retryAfterSeconds: number): BinanceError {
  const text = REFUSAL_TEXT[status];
  const waits = status === 418 || status === 429;
  return { httpStatus: status, ...text, ...(waits ? { retryAfterSeconds } : {}) };
}
