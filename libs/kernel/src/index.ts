export { type Clock, systemClock } from "./clock.ts";
export { crc32 } from "./crc32.ts";
export { Amount, DECIMAL_TEXT, decimalsOf, formatUnits, parseUnits } from "./decimal.ts";
export {
  AppError,
  ERRORS,
  type ErrorCode,
  InvariantError,
  invariant,
  type Refusal,
  refusal,
} from "./errors.ts";
export { type Lots, opposite, type Side, type Ticks } from "./units.ts";
