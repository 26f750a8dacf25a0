import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { eventually, startTcpProxy } from "@mirrorbook/testkit";

/** A server that sends back what it gets. */
async function startEcho() {
  const server = createServer((socket) => socket.on("error", () => {}).pipe(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

function connectTo(port: number) {
  const socket = connect(port, "127.0.0.1");
  const seen = { text: "", closed: false };
  socket.on("data", (chunk) => {
    seen.text += chunk.toString();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    seen.closed = true;
  });
  return { socket, seen };
}

test("bytes pass both ways; frozen ones arrive in order after restore", async () => {
  await using echo = await startEcho();
  await using proxy = await startTcpProxy(echo.port);
  const { socket, seen } = connectTo(proxy.port);
  socket.write("one");
  await eventually(() => expect(seen.text).toBe("one"));

  proxy.freeze();
  socket.write("two");
  await eventually(() => expect(socket.bytesWritten).toBe(6));
  socket.write("three");
  expect(seen).toEqual({ text: "one", closed: false });
  proxy.restore();
  await eventually(() => expect(seen.text).toBe("onetwothree"));
});

test("a cut closes connections and refuses new ones until restore; a drop does not refuse", async () => {
  await using echo = await startEcho();
  await using proxy = await startTcpProxy(echo.port);
  const first = connectTo(proxy.port);
  first.socket.write("x");
  await eventually(() => expect(first.seen.text).toBe("x"));
  proxy.cut();
  await eventually(() => expect(first.seen.closed).toBe(true));
  const second = connectTo(proxy.port);
  await eventually(() => expect(second.seen.closed).toBe(true));

  proxy.restore();
  const third = connectTo(proxy.port);
  third.socket.write("y");
  await eventually(() => expect(third.seen.text).toBe("y"));
  proxy.drop();
  await eventually(() => expect(third.seen.closed).toBe(true));
  const fourth = connectTo(proxy.port);
  fourth.socket.write("z");
  await eventually(() => expect(fourth.seen.text).toBe("z"));
});
