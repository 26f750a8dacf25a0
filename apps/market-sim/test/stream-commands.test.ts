import { expect, test } from "@jest/globals";
import { answerCommand, type StreamClient } from "../src/stream/stream-commands.ts";

function client(streamsMax = 3): StreamClient {
  const streams = new Set<string>();
  return {
    combined: false,
    streams,
    subscribe: (names) => {
      if (streams.size + names.length > streamsMax) return false;
      for (const name of names) streams.add(name);
      return true;
    },
    unsubscribe: (names) => {
      for (const name of names) streams.delete(name);
    },
  };
}

test("a session of subscribing, listing, unsubscribing and properties is answered as Binance does", () => {
  const me = client();
  const ask = (command: object) => answerCommand(me, JSON.stringify(command));
  expect(ask({ method: "SUBSCRIBE", params: ["a@trade", "b@depth"], id: 1 })).toBe(
    '{"result":null,"id":1}',
  );
  expect(ask({ method: "LIST_SUBSCRIPTIONS", id: "x-3" })).toBe(
    '{"result":["a@trade","b@depth"],"id":"x-3"}',
  );
  expect(ask({ method: "UNSUBSCRIBE", params: ["a@trade"], id: 2 })).toBe('{"result":null,"id":2}');
  expect(ask({ method: "LIST_SUBSCRIPTIONS", id: null })).toBe('{"result":["b@depth"],"id":null}');
  expect(ask({ method: "GET_PROPERTY", params: ["combined"], id: 5 })).toBe(
    '{"result":false,"id":5}',
  );
  expect(ask({ method: "SET_PROPERTY", params: ["combined", true], id: 6 })).toBe(
    '{"result":null,"id":6}',
  );
  expect(me.combined).toBe(true);
});

test.each([
  ["nonsense", 3, "Invalid JSON"],
  ["[]", 2, "missing field `method`"],
  ['{"id":1}', 2, "missing field `method`"],
  ['{"method":"SUBSCRIBE","params":["a"],"id":{}}', 2, "request ID must be"],
  ['{"method":"SUB","id":1}', 2, "unknown variant `SUB`"],
  ['{"method":"SUBSCRIBE","id":1}', 2, "params must be"],
  ['{"method":"SUBSCRIBE","params":[],"id":1}', 2, "params must be"],
  ['{"method":"SUBSCRIBE","params":["a","b","c","d"],"id":1}', 2, "too many parameters"],
  ['{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}', 1, "expected Boolean"],
  ['{"method":"SET_PROPERTY","params":["other",true],"id":1}', 0, "Unknown property"],
  ['{"method":"GET_PROPERTY","id":1}', 2, "property name must be a string"],
])("%s is refused with code %i and changes nothing", (text, code, part) => {
  const me = client();
  const answer = JSON.parse(answerCommand(me, text));
  expect(answer.code).toBe(code);
  expect(answer.msg).toContain(part);
  expect([me.streams.size, me.combined]).toEqual([0, false]);
});
