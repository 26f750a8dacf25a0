/** Draws a statement up from a journal, posting by posting: pure, and small however long the journal is. */
import { Amount } from "@mirrorbook/kernel";
import type {
  PendingStatement,
  Posting,
  ReadyStatement,
  StatementLine,
} from "@mirrorbook/protocol";

interface Movement {
  received: Amount;
  paid: Amount;
}

interface Asset {
  opening: Amount;
  closing: Amount;
  readonly movements: Map<string, Movement>;
}

const ZERO = new Amount(0);

export class StatementDraft {
  readonly #asked: PendingStatement;
  /** Ledger accounts of the portfolio begin with this. */
  readonly #prefix: string;
  readonly #assets = new Map<string, Asset>();
  #postings = 0;

  constructor(userId: string, asked: PendingStatement) {
    this.#asked = asked;
    this.#prefix = `user/${userId}/${asked.account}/`;
  }

  /** Takes the next posting, oldest first. */
  add(posting: Posting): void {
    const { from, to, account } = this.#asked;
    if (posting.account !== account || posting.at >= to) return;
    const isWithin = from === null || posting.at >= from;
    if (isWithin) this.#postings += 1;
    const received = posting.credit.startsWith(this.#prefix);
    const paid = posting.debit.startsWith(this.#prefix);
    if (received === paid) return; // From one pocket to the other: reserved, or released.
    const asset = this.#asset(posting.asset);
    const amount = new Amount(posting.amount);
    asset.closing = asset.closing.add(received ? amount : amount.neg());
    if (!isWithin) asset.opening = asset.closing;
    else note(asset, posting.reason, received ? "received" : "paid", amount);
  }

  finish(complete: boolean): ReadyStatement {
    const lines = [...this.#assets]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([asset, figures]) => lineOf(asset, figures));
    return { ...this.#asked, status: "ready", postings: this.#postings, complete, lines };
  }

  #asset(name: string): Asset {
    const known = this.#assets.get(name);
    if (known !== undefined) return known;
    const asset = { opening: ZERO, closing: ZERO, movements: new Map<string, Movement>() };
    this.#assets.set(name, asset);
    return asset;
  }
}

function note({ movements }: Asset, reason: string, way: keyof Movement, amount: Amount): void {
  const movement = movements.get(reason) ?? { received: ZERO, paid: ZERO };
  movement[way] = movement[way].add(amount);
  movements.set(reason, movement);
}

function lineOf(asset: string, { opening, closing, movements }: Asset): StatementLine {
  const told = Array.from(movements, ([reason, { received, paid }]) => {
    return { reason, received: received.toString(), paid: paid.toString() };
  });
  return { asset, opening: opening.toString(), movements: told, closing: closing.toString() };
}
