import type { MarketInfo, RoomView } from "@mirrorbook/protocol";
import { createStore, type Readable, type RoomSnapshot } from "@mirrorbook/sdk";
import { useMarkets, useMirrorbook, useReadable } from "@mirrorbook/sdk/react";
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

/** The portfolio that is shown and traded with. */
export function useAccount(): string {
  return useReadable(useModel().account);
}

export function useMyRooms() {
  return useReadable(useReadable(useModel().myRooms).state);
}

const NO_ROOM: Readable<RoomSnapshot | null> = createStore(null);

/** The trade room of the account in use, followed live; null for the main portfolio. */
export function useAccountRoom(): (RoomSnapshot & { readonly room: RoomView }) | null {
  const client = useMirrorbook();
  const account = useAccount();
  const known = useMyRooms().items.find(({ room }) => room.account === account)?.room;
  const live = useReadable<RoomSnapshot | null>(known ? client.room(known.id) : NO_ROOM);
  if (known === undefined || live === null) return null;
  return { ...live, room: live.room ?? known };
}
