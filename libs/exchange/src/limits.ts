/** Every bound of the exchange, by name. */

/** First answers kept per user for idempotent retries; the oldest goes first. */
export const ANSWERS_KEPT_MAX = 64;
/** Open orders of one user over all accounts and markets; the market's own MAX_NUM_ORDERS may be lower. */
export const OPEN_ORDERS_MAX = 500;
/** Portfolios of one user: the main one and one per trade room. */
export const PORTFOLIOS_MAX = 64;
/** Largest single deposit or withdrawal and largest balance, in units of the asset. */
export const TRANSFER_MAX = "1000000000";
export const BALANCE_MAX = "1000000000000";
/** Public trades remembered per market until the depth event that contains them; the oldest is forgotten first. */
export const PENDING_TRADES_MAX = 20_000;
/** Longest delay a latency model may ask for. */
export const LATENCY_MS_MAX = 60_000;
/** Levels listed per side for `liquidity:held`, best first. */
export const HELD_LEVELS_MAX = 1_000;
