// @ts-nocheck The gateway serves the client that this page needs; there is no bundler.
import { io } from "/socket.io/socket.io.esm.min.js";

const [price, buy, said] = ["price", "buy", "said"].map((id) => document.getElementById(id));
const headers = { "content-type": "application/json" };
const guest = await fetch("/api/auth/guest", { method: "POST", headers, body: "{}" });
const { token } = await guest.json();
const socket = io({ auth: { token } });

socket.on("connect", () => socket.emit("subscribe", { channel: "ticker", pair: "BTC" }));
socket.on("price:update", ({ last }) => {
  price.textContent = last;
});
socket.on("order:filled", ({ order }) => {
  said.textContent = `Bought ${order.filledQuantity} at ${order.averagePrice}`;
});
buy.onclick = async () => {
  const order = { pair: "BTC", side: "buy", type: "market", quantity: "0.01" };
  const answer = await socket.emitWithAck("order:place", order);
  if (!answer.ok) said.textContent = answer.error.message;
};
