/** Every bound of the exchange, by name. */

/** First answers kept whole per user for idempotent retries; the oldest goes first. */
export const ANSWERS_KEPT_MAX = 64;
/**
 * Idempotency keys remembered per user beyond those, without their answers: a late retry is refused rather than applied
 * twice. At the gateway's 50 orders a second this is 40 s, and a client gives up after less.
 */
export const USED_KEYS_MAX = 2_048;
/** Open orders of one user over all accounts and markets; the market's own MAX_NUM_ORDERS may be lower. */
export const OPEN_ORDERS_MAX = 500;
/** Portfolios of one user: the main one and one per trade room. */
export const PORTFOLIOS_MAX = 64;
/** Largest single deposit or withdrawal and largest balance, in units of the asset. */
export const TRANSFER_MAX = "1000000000";
export const BALANCE_MAX = "1000000000000";
/** Public trades remembered per market until the depth event that contains them; the oldest is forgotten first. */
export const PENDING_TRADES_MAX = 20_000;
/** Longest window of an average price; Binance's are 1 and 5 minutes. */
export const AVERAGE_PRICE_MINS_MAX = 60;
/** Longest delay a latency model may ask for. */
export const LATENCY_MS_MAX = 60_000;
/** Levels listed per side for `liquidity:held`, best first. */
export const HELD_LEVELS_MAX = 1_000;
