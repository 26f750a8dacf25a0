/** A bot: buys a little Bitcoin, protects it with an OCO, and reports what happens until it is sold. */
import { connect, signInAsGuest } from "@mirrorbook/sdk";

const url = process.argv[2] ?? "http://localhost:3000";
const { token } = await signInAsGuest(url);
const bot = connect({ url, token });

bot.on("order:filled", async ({ order }) => {
  console.log(`${order.side} ${order.filledQuantity} filled at ${order.averagePrice}`);
  if (order.side === "sell") return bot.close();
  const at = (ratio: number) => (Number(order.averagePrice) * ratio).toFixed(2);
  const legs = { price: at(1.002), stopPrice: at(0.998) };
  const oco = await bot.placeOco({ pair: "BTC", side: "sell", quantity: "0.0099", ...legs });
  console.log(oco.ok ? `protected between ${legs.stopPrice} and ${legs.price}` : oco.error.message);
});

const bought = await bot.placeOrder({ pair: "BTC", side: "buy", type: "market", quantity: "0.01" });
if (!bought.ok) throw new Error(bought.error.message);
