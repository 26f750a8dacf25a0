import { expect, test } from "@jest/globals";
import { eventually } from "@mirrorbook/testkit";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { connect } from "../src/index.ts";
import {
  MirrorbookProvider,
  useBook,
  useConnection,
  useOrders,
  usePortfolio,
} from "../src/react/index.ts";
import { SmallNode, SmallWorld } from "./small-world.ts";

function Summary() {
  const { node } = useConnection();
  const { book } = useBook("BTC");
  const { balances, loaded } = usePortfolio();
  const { open } = useOrders();
  const figures = [node, book?.bids[0]?.join("@"), balances[0]?.total, loaded, open.length];
  return createElement("p", null, figures.join(" "));
}

test("hooks show what the client knows, without a browser too", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  world.tellBalance("70");
  const client = connect({ url: node.url, token: "t" });
  const book = client.book("BTC");
  const stop = book.subscribe(() => {}); // On a server nothing mounts, so somebody has to ask.
  await eventually(() => expect(book.getSnapshot().current).toBe(true));
  await eventually(() => expect(client.balances.getSnapshot().loaded).toBe(true));

  const page = renderToString(
    createElement(MirrorbookProvider, { client }, createElement(Summary)),
  );

  expect(page).toBe("<p>gateway-1 100.00@1.0 70 true 0</p>");
  stop();
  client.close();
});

function OpenIds({ account }: { account?: string }) {
  const { open } = useOrders(undefined, account);
  return createElement("p", null, open.map(({ id }) => id).join(" "));
}

test("orders are those of one account when one is named", async () => {
  const world = new SmallWorld();
  await using node = await SmallNode.start("gateway-1", world);
  const client = connect({ url: node.url, token: "t" });
  await eventually(() => expect(client.orders.getSnapshot().loaded).toBe(true));
  for (const [id, account] of [
    ["o-1", "main"],
    ["o-2", "room-cup"],
  ]) {
    world.tell("order:created", { order: { id, account, symbol: "BTCUSDT", status: "open" } });
  }
  await eventually(() => expect(client.orders.getSnapshot().items).toHaveLength(2));
  const shown = (account?: string) => {
    const ids = createElement(OpenIds, account === undefined ? {} : { account });
    return renderToString(createElement(MirrorbookProvider, { client }, ids));
  };
  expect(shown()).toBe("<p>o-2 o-1</p>");
  expect(shown("room-cup")).toBe("<p>o-2</p>");
  client.close();
});

test("a hook outside a provider says what is missing", () => {
  expect(() => renderToString(createElement(Summary))).toThrow(/MirrorbookProvider/);
});
