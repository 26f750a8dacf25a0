import type { MarketInfo } from "@mirrorbook/protocol";
import { useMarkets, useReadable } from "@mirrorbook/sdk/react";
import { createContext, useContext } from "react";
import type { Model } from "./model.ts";

export const ModelContext = createContext<Model | null>(null);

export function useModel(): Model {
  const model = useContext(ModelContext);
  if (model === null) throw new Error("useModel needs a ModelContext above it");
  return model;
}

/** The market in view; null until the list is here. The first one when the kept choice does not exist. */
export function useMarket(): MarketInfo | null {
  const symbol = useReadable(useModel().market);
  const { markets } = useMarkets();
  return markets.find((market) => market.symbol === symbol) ?? markets[0] ?? null;
}
