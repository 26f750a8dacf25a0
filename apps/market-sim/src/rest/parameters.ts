import { INTERVALS, type Interval } from "../history/interval.ts";
import {
  type BinanceError,
  INVALID_INTERVAL,
  illegalParameter,
  missingParameter,
  tooManyParameters,
  UNKNOWN_SYMBOL,
} from "./binance-error.ts";

/** A request that Binance would refuse; caught once, by the router. */
export class BadParameter extends Error {
  readonly answer: BinanceError;

  constructor(answer: BinanceError) {
    super(answer.msg);
    this.answer = answer;
  }
}

const SYMBOL = /^[A-Z0-9-_.]{1,20}$/;
const WHOLE = /^[0-9]{1,20}$/;

/** Reads query parameters by Binance's rules and words its refusals. */
export class Parameters {
  private readonly query: ReadonlyMap<string, string>;
  private readonly symbols: readonly string[];

  constructor(query: URLSearchParams, symbols: readonly string[], known: readonly string[]) {
    this.query = new Map(query);
    this.symbols = symbols;
    const unknown = [...this.query.keys()].filter((name) => !known.includes(name));
    if (unknown.length > 0) {
      throw new BadParameter(tooManyParameters(known.length + unknown.length, known.length));
    }
  }

  has(name: string): boolean {
    return this.query.has(name);
  }

  text(name: string): string | undefined {
    return this.query.get(name);
  }

  symbol(): string {
    const symbol = this.query.get("symbol");
    if (symbol === undefined || symbol === "") throw new BadParameter(missingParameter("symbol"));
    return this.checkSymbol(symbol);
  }

  /** The symbols of `symbol` or of the JSON list `symbols`; nothing when neither is given. */
  someSymbols(): readonly string[] | undefined {
    if (this.has("symbol")) return [this.symbol()];
    const text = this.query.get("symbols");
    if (text === undefined) return undefined;
    const pattern = /^\[("[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,})?\]$/;
    if (!pattern.test(text)) throw new BadParameter(illegalParameter("symbols", pattern));
    return (JSON.parse(text) as string[]).map((symbol) => this.checkSymbol(symbol));
  }

  /** A limit; larger ones are cut to `max`, as Binance does. */
  limit(fallback: number, max: number): number {
    const limit = this.whole("limit");
    if (limit === 0) throw new BadParameter(illegalParameter("limit", WHOLE));
    return Math.min(limit ?? fallback, max);
  }

  whole(name: string): number | undefined {
    const text = this.query.get(name);
    if (text === undefined) return undefined;
    if (!WHOLE.test(text)) throw new BadParameter(illegalParameter(name, WHOLE));
    return Number(text);
  }

  interval(): Interval {
    const name = this.query.get("interval");
    if (name === undefined || name === "") throw new BadParameter(missingParameter("interval"));
    const interval = INTERVALS.get(name);
    if (interval === undefined) throw new BadParameter(INVALID_INTERVAL);
    return interval;
  }

  private checkSymbol(symbol: string): string {
    if (!SYMBOL.test(symbol)) throw new BadParameter(illegalParameter("symbol", SYMBOL));
    if (!this.symbols.includes(symbol)) throw new BadParameter(UNKNOWN_SYMBOL);
    return symbol;
  }
}
