import { refusal } from "@mirrorbook/kernel";
import type { Answer, Command, NewOrder, OrderPreview } from "@mirrorbook/protocol";
import { admit, checkMarketState } from "../admission.ts";
import { costOf } from "../cost.ts";
import { feeOf, moneyText, ZERO } from "../money.ts";
import { feeRateOf } from "../portfolio.ts";
import { Turn } from "../turn.ts";
import type { User } from "../user.ts";
import { accountFor } from "./accounts.ts";

/** What `order:place` would do now, from the same code; refused as it would be. Nothing changes. */
export function previewOrder(
  turn: Turn,
  user: User,
  command: Command,
  request: NewOrder,
): Answer<OrderPreview> {
  const market = turn.state.markets.get(request.symbol);
  if (market === undefined) {
    return { ok: false, error: refusal("UNKNOWN_MARKET", `No market ${request.symbol}.`) };
  }
  const notNow = checkMarketState(market, request);
  if (notNow !== null) return { ok: false, error: notNow };
  // A main portfolio that does not exist yet is opened for a copy of the user, which is thrown away.
  const owner: User = { ...user, portfolios: new Map(user.portfolios) };
  const portfolio = accountFor(new Turn(turn.state, turn.atMs), owner, request.account, command.id);
  if (portfolio === undefined) {
    return { ok: false, error: refusal("UNKNOWN_ACCOUNT", `No portfolio ${request.account}.`) };
  }
  const admitted = admit(turn, owner, request, market, portfolio);
  if (!admitted.ok) return admitted;

  const { walk, draft } = admitted.admission;
  const fills = walk === null || isKilled(request, walk.exhausted) ? [] : walk.fills;
  const filled = fills.reduce((sum, fill) => sum + fill.size, 0);
  const cost = fills.length === 0 ? null : costOf(market, request.side, fills);
  const isBuy = request.side === "buy";
  const feeBase = isBuy ? market.size(filled) : (cost?.value ?? ZERO);
  const fee = feeOf(feeBase, feeRateOf(turn.state, portfolio, "taker"));
  return {
    ok: true,
    value: {
      averagePrice: cost?.averagePrice ?? null,
      worstPrice: cost?.worstPrice ?? null,
      slippageBps: cost?.slippageBps ?? "0.00",
      filledQuantity: market.sizeText(filled),
      value: moneyText(cost?.value ?? ZERO),
      fee: moneyText(fee),
      feeAsset: isBuy ? market.spec.base : market.spec.quote,
      levels: fills.length,
      remainingQuantity: market.sizeText(draft.quantity === null ? 0 : draft.quantity - filled),
      bookUpdateId: market.book.lastUpdateId,
    },
  };
}

function isKilled({ timeInForce }: NewOrder, isExhausted: boolean): boolean {
  return timeInForce === "FOK" && isExhausted;
}
