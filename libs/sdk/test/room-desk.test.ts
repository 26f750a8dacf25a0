import { expect, test } from "@jest/globals";
import { refusal } from "@mirrorbook/kernel";
import { ApiError, type RestRequest } from "../src/rest.ts";
import { RoomDesk } from "../src/room-desk.ts";

/** A server that fails with each of `failures` in turn, then answers. */
function deskBehind(...failures: readonly ("UNAVAILABLE" | "ROOM_FULL")[]) {
  const sent: [path: string, options: RestRequest | undefined][] = [];
  const left = [...failures];
  const desk = new RoomDesk(async <T>(path: string, options?: RestRequest): Promise<T> => {
    sent.push([path, options]);
    const code = left.shift();
    if (code !== undefined) throw new ApiError(refusal(code, code), 503);
    return { room: { id: "cup" }, membership: "joined" } as T;
  });
  return { desk, sent };
}

test("a command that may not have arrived is sent again as the same command", async () => {
  const { desk, sent } = deskBehind("UNAVAILABLE", "UNAVAILABLE");
  expect(await desk.join("cup", { code: "cup.secret" })).toMatchObject({ membership: "joined" });
  expect(sent.map(([path]) => path)).toEqual(Array(3).fill("rooms/cup/join"));
  expect(sent[0]![1]).toMatchObject({ method: "POST", body: { code: "cup.secret" } });
  const keys = new Set(sent.map(([, options]) => options?.idempotencyKey));
  expect(keys.size).toBe(1);
  await desk.join("cup");
  expect(sent.at(-1)![1]?.idempotencyKey).not.toBe([...keys][0]);
});

test("what the server refuses on its merits is not repeated", async () => {
  const { desk, sent } = deskBehind("ROOM_FULL");
  await expect(desk.joinByCode("cup.secret")).rejects.toMatchObject({ code: "ROOM_FULL" });
  expect(sent).toHaveLength(1);
});
