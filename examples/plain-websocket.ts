/** No library at all: the WebSocket and fetch that Node and browsers bring, and the `streams` dialect. */
const url = process.argv[2] ?? "http://localhost:3000";
const request = { method: "POST", headers: { "content-type": "application/json" } };
const { token } = await (await fetch(`${url}/api/auth/guest`, { ...request, body: "{}" })).json();

const socket = new WebSocket(`${url.replace("http", "ws")}/ws?token=${token}`);
const say = (message: object) => socket.send(JSON.stringify(message));

socket.onopen = () => {
  say({ action: "subscribe", stream: "orderbook", symbol: "ETHUSDT" });
  say({ action: "subscribe", stream: "orders" });
};
socket.onmessage = async ({ data }) => {
  const message = JSON.parse(data);
  console.log(data);
  if (!message.subscriptions?.includes("trading")) return; // Not yet told of our own orders.
  const body = JSON.stringify({ pair: "ETH", side: "buy", type: "market", quantity: "0.05" });
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  await fetch(`${url}/api/orders`, { ...request, headers, body });
};
