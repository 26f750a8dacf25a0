import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, jest, test } from "@jest/globals";
import { type Clock, systemClock } from "@mirrorbook/kernel";
import type { RedisClient } from "@mirrorbook/store";
import fc from "fast-check";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Authenticator } from "../../src/auth/authenticator.ts";
import { withoutClaimedUser } from "../../src/auth/claimed-user.ts";
import type { Identity } from "../../src/auth/identity.ts";
import { hashPassword, verifyPassword } from "../../src/auth/passwords.ts";
import { RecentRevocations } from "../../src/auth/recent-revocations.ts";
import { type SessionEnd, Sessions } from "../../src/auth/sessions.ts";
import { Tokens } from "../../src/auth/tokens.ts";
import { userIdOfSubject } from "../../src/auth/user-id.ts";

const SECRET = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const SETTINGS = {
  secret: SECRET,
  jwksUrl: undefined,
  issuer: "mirrorbook",
  audience: "mirrorbook",
  lifetimeMs: 60_000,
};
const ALICE = { userId: "u-alice", name: "alice", roles: ["monitor"] as const };

function clockAt(nowMs: number): Clock {
  return { nowMs: () => nowMs, monotonicMs: () => nowMs };
}

test("a password is known again by its hash, another is not, and nobody's is always wrong", async () => {
  const hash = await hashPassword("correct horse");
  expect(hash).toMatch(/^scrypt\$16384\$8\$5\$/);
  expect(hash).not.toBe(await hashPassword("correct horse"));
  expect(await verifyPassword("correct horse", hash)).toBe(true);
  expect(await verifyPassword("correct horses", hash)).toBe(false);
  expect(await verifyPassword("correct horse", null)).toBe(false);
});

test("a token says who its user is, until it expires", async () => {
  const issuedAtMs = 1_700_000_000_123;
  const tokens = new Tokens(SETTINGS, clockAt(issuedAtMs));
  const { token, expiresAtMs } = await tokens.issue(ALICE);
  expect(expiresAtMs).toBe(issuedAtMs + 60_000);
  expect(await tokens.verify(token)).toMatchObject({ ...ALICE, issuedAtMs, expiresAtMs });
  const later = new Tokens(SETTINGS, clockAt(issuedAtMs + 70_000));
  await expect(later.verify(token)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});

test("tokens of another secret, issuer or audience, unsigned ones and those without an end are refused", async () => {
  const tokens = new Tokens(SETTINGS, systemClock);
  const others = [
    { ...SETTINGS, secret: SECRET.toUpperCase() },
    { ...SETTINGS, issuer: "elsewhere" },
    { ...SETTINGS, audience: "something-else" },
  ];
  const wrong = await Promise.all(
    others.map(async (s) => (await new Tokens(s, systemClock).issue(ALICE)).token),
  );
  const { token } = await tokens.issue(ALICE);
  const payload = token.split(".")[1]!;
  const header = (alg: string) => Buffer.from(JSON.stringify({ alg })).toString("base64url");
  const endless = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("u-alice")
    .setIssuer("mirrorbook")
    .setAudience("mirrorbook")
    .sign(new TextEncoder().encode(SECRET));
  wrong.push(`${header("none")}.${payload}.`, `${token}x`, "", "a.b.c", endless);
  for (const forged of wrong) {
    await expect(tokens.verify(forged)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  }
});

test("with outside keys their tokens are taken, and none signed with a key as if it were a secret", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const provider = createServer((_request, response) =>
    response.end(JSON.stringify({ keys: [jwk] })),
  );
  provider.listen(0, "127.0.0.1");
  await once(provider, "listening");
  try {
    const { port } = provider.address() as AddressInfo;
    const settings = { ...SETTINGS, secret: undefined, jwksUrl: `http://127.0.0.1:${port}/keys` };
    const tokens = new Tokens(settings, systemClock);
    const claims = (sub: string) =>
      new SignJWT({ roles: ["admin", "emperor"] })
        .setSubject(sub)
        .setIssuer("mirrorbook")
        .setAudience("mirrorbook")
        .setExpirationTime("1h");
    const token = await claims("auth0|4711")
      .setProtectedHeader({ alg: "ES256", kid: "k1" })
      .sign(privateKey);
    expect(await tokens.verify(token)).toMatchObject({ userId: "auth0~7c4711", roles: ["admin"] });
    const confused = await claims("u-alice")
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(new TextEncoder().encode(JSON.stringify(jwk)));
    await expect(tokens.verify(confused)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    await expect(tokens.issue(ALICE)).rejects.toMatchObject({ code: "FORBIDDEN" });
  } finally {
    provider.close();
    provider.closeAllConnections();
  }
});

test("property: two subjects never share a user id, and an id is safe in keys and rooms", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.string({ unit: "binary", maxLength: 12 }),
      (a, b) => {
        const [idA, idB] = [userIdOfSubject(a), userIdOfSubject(b)];
        if (idA !== null) expect(idA).toMatch(/^[A-Za-z0-9._~-]{1,64}$/);
        if (a.isWellFormed() && b.isWellFormed() && a !== b && idA !== null)
          expect(idA).not.toBe(idB);
      },
    ),
  );
  expect(userIdOfSubject("")).toBeNull();
  expect(userIdOfSubject("x".repeat(65))).toBeNull();
  expect(userIdOfSubject("u-0123456789abcdef")).toBe("u-0123456789abcdef");
});

const identity = (change: Partial<Identity> = {}): Identity => ({
  userId: "u-alice",
  name: "alice",
  roles: [],
  tokenId: "t1",
  issuedAtMs: 1_000,
  expiresAtMs: 2_000,
  ...change,
});

test("a user id in a message is taken out when it is one's own, and refused when it is another's", () => {
  const alice = identity();
  expect(withoutClaimedUser({ userId: "u-alice", a: 1 }, alice)).toEqual({ a: 1 });
  expect(withoutClaimedUser({ user_id: "u-alice" }, alice)).toEqual({});
  expect(() => withoutClaimedUser({ userId: "u-bob" }, alice)).toThrow(/not the one/);
  expect(() => withoutClaimedUser({ userId: "u-alice" }, null)).toThrow(/not the one/);
  expect(() => withoutClaimedUser({ userId: "u-alice", user_id: "u-bob" }, alice)).toThrow();
  expect(withoutClaimedUser([1], alice)).toEqual([1]);
});

test("sessions end when their token expires or is revoked, and others of the user go on", () => {
  jest.useFakeTimers();
  try {
    let nowMs = 1_500;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
    const sessions = new Sessions(clock, new RecentRevocations(clock));
    const ended: [string, SessionEnd][] = [];
    const open = (name: string, change: Partial<Identity>) =>
      sessions.add({ identity: identity(change), end: (reason) => ended.push([name, reason]) });
    open("one", { tokenId: "t1" });
    open("two", { tokenId: "t2" });
    const left = open("left", { tokenId: "t2" });
    open("new", { tokenId: "t3", issuedAtMs: 1_400, expiresAtMs: 9_000 });
    open("bob", { userId: "u-bob", tokenId: "t1" });
    left();
    sessions.revoke({ userId: "u-alice", sessionId: "t1", reason: "test" });
    expect(ended.splice(0)).toEqual([["one", "revoked"]]);
    sessions.revoke({ userId: "u-alice", issuedBeforeMs: 1_300, reason: "test" });
    expect(ended.splice(0)).toEqual([
      ["one", "revoked"],
      ["two", "revoked"],
    ]);
    nowMs = 2_500;
    jest.advanceTimersByTime(1_000);
    expect(ended.map(([name, reason]) => `${name} ${reason}`).sort()).toEqual([
      "bob expired",
      "one expired",
      "two expired",
    ]);
    sessions.close();
  } finally {
    jest.useRealTimers();
  }
});

/** A revocation that came after Redis had said no, and before the answer was used, let the session in. */
test("a session revoked while its token is being looked at is not let in, nor is one on its way to its place", async () => {
  const recent = new RecentRevocations(systemClock);
  const tokens = new Tokens(SETTINGS, systemClock);
  const { token } = await tokens.issue(ALICE);
  const verified = await tokens.verify(token);
  let comesMeanwhile = () => {};
  const redis = {
    get: async () => null,
    exists: async () => {
      comesMeanwhile();
      return 0;
    },
  } as unknown as RedisClient;
  const authenticator = new Authenticator(tokens, redis, systemClock, recent);
  expect(await authenticator.identify(token)).toMatchObject(ALICE);

  const revocation = { userId: ALICE.userId, sessionId: verified.tokenId!, reason: "test" };
  recent.note(revocation);
  await expect(authenticator.identify(token)).rejects.toMatchObject({ code: "SESSION_REVOKED" });
  const { token: second } = await tokens.issue(ALICE);
  const { tokenId } = await tokens.verify(second);
  comesMeanwhile = () => recent.note({ ...revocation, sessionId: tokenId! });
  await expect(authenticator.identify(second)).rejects.toMatchObject({ code: "SESSION_REVOKED" });
  const { token: third } = await tokens.issue(ALICE);
  comesMeanwhile = () => {};
  expect(await authenticator.identify(third)).toMatchObject(ALICE);

  const sessions = new Sessions(systemClock, recent);
  const ended: SessionEnd[] = [];
  sessions.add({ identity: verified, end: (reason) => ended.push(reason) });
  sessions.close();
  expect(ended).toEqual(["revoked"]);
});

test("revocations heard of are forgotten after a minute, and there are never more than so many", () => {
  let nowMs = 0;
  const recent = new RecentRevocations({ nowMs: () => nowMs, monotonicMs: () => nowMs });
  const revoke = (userId: string) => recent.note({ userId, issuedBeforeMs: 2_000, reason: "test" });
  const covered = (userId: string) => recent.covers(identity({ userId }));
  revoke("u-alice");
  expect(covered("u-alice")).toBe(true);
  expect(recent.covers(identity({ issuedAtMs: 2_000 }))).toBe(false);
  expect(covered("u-bob")).toBe(false);
  nowMs = 61_000;
  revoke("u-bob");
  expect([covered("u-alice"), covered("u-bob")]).toEqual([false, true]);
  for (let i = 0; i < 10_000; i++) revoke(`u-${i}`);
  expect([covered("u-bob"), covered("u-9999")]).toEqual([false, true]);
});

test.each([
  ["Zoë 💶", "Zoë 💶"],
  ["ad\u202Enim", "adnim"],
  ["\u0000\u200B ", "u-alice"],
  ["x".repeat(100), "x".repeat(64)],
  [["admin"], "u-alice"],
])("a name an identity provider gives, %j, is shown as %s", async (name, shown) => {
  const token = await new SignJWT({ name })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("u-alice")
    .setIssuer("mirrorbook")
    .setAudience("mirrorbook")
    .setExpirationTime("1m")
    .sign(new TextEncoder().encode(SECRET));
  expect((await new Tokens(SETTINGS, systemClock).verify(token)).name).toBe(shown);
});
