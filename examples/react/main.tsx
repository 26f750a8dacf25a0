import { connect, signInAsGuest } from "@mirrorbook/sdk";
import { MirrorbookProvider } from "@mirrorbook/sdk/react";
import { createRoot } from "react-dom/client";
import { BestPrices } from "./best-prices.tsx";

const url = location.origin;
const client = connect({ url, token: (await signInAsGuest(url)).token });
const order = { pair: "SIM_BTC/SIM_USD", side: "buy", type: "market", quantity: "0.01" } as const;

createRoot(document.getElementById("root")!).render(
  <MirrorbookProvider client={client}>
    <BestPrices pair={order.pair} />
    <button type="button" onClick={() => client.placeOrder(order)}>
      Buy {order.quantity}
    </button>
  </MirrorbookProvider>,
);
