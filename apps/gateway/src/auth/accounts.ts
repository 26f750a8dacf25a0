import { randomBytes } from "node:crypto";
import { AppError, type Clock } from "@mirrorbook/kernel";
import { type UserKind, userIdOf } from "@mirrorbook/protocol";
import { createCredentials, type RedisClient, readCredentials } from "@mirrorbook/store";
import { z } from "zod";
import { reading } from "../reads/reading.ts";
import type { Role } from "./identity.ts";
import { hashPassword, verifyPassword } from "./passwords.ts";
import type { Tokens } from "./tokens.ts";

/** Letters, digits and `. _ -` inside; "Guest …" is for guests, so that nobody can pose as one or be taken for one. */
export const UserName = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{1,30})[A-Za-z0-9]$/, "3 to 32 letters, digits, . _ -")
  .refine((name) => !/^(?:guest|admin|system|mirrorbook)/i.test(name), "this name is reserved");
/** Length is what counts (NIST SP 800-63B); the upper bound limits the work of hashing. */
export const Password = z.string().min(8).max(128);

export const Registration = z.strictObject({ name: UserName, password: Password });
/** Checked for size only: rules may have been others when the user registered. */
export const Login = z.strictObject({
  name: z.string().min(1).max(64),
  password: z.string().min(1).max(128),
});

export const SessionAnswer = z.object({
  token: z.string(),
  expiresAt: z.iso.datetime({ precision: 3 }),
  user: z.object({ id: z.string(), name: z.string(), roles: z.array(z.string()) }),
});
export type SessionAnswer = z.infer<typeof SessionAnswer>;

interface User {
  readonly userId: string;
  readonly name: string;
  readonly roles: readonly Role[];
}

const ADMIN_NAME = "admin";

/** Opens sessions for new, known and anonymous users. */
export class Accounts {
  readonly #redis: RedisClient;
  readonly #tokens: Tokens;
  readonly #clock: Clock;

  constructor(redis: RedisClient, tokens: Tokens, clock: Clock) {
    this.#redis = redis;
    this.#tokens = tokens;
    this.#clock = clock;
  }

  /** @throws {AppError} NAME_TAKEN, whatever the case of the letters. */
  async register({ name, password }: z.infer<typeof Registration>): Promise<SessionAnswer> {
    this.#checkCanIssue();
    const user = { userId: newUserId("registered"), name, roles: [] };
    if (!(await this.#create(user, password))) {
      throw new AppError("NAME_TAKEN", `The name ${name} is taken.`);
    }
    return this.#open(user);
  }

  /** @throws {AppError} BAD_CREDENTIALS, the same for an unknown name and a wrong password. */
  async login({ name, password }: z.infer<typeof Login>): Promise<SessionAnswer> {
    this.#checkCanIssue();
    const known = await reading(readCredentials(this.#redis, name));
    const right = await verifyPassword(password, known?.passwordHash ?? null);
    if (known === null || !right) {
      throw new AppError("BAD_CREDENTIALS", "The name or the password is wrong.");
    }
    const { userId, roles } = known;
    return this.#open({ userId, name: known.name, roles: roles as readonly Role[] });
  }

  async guest(): Promise<SessionAnswer> {
    const userId = newUserId("guest");
    return this.#open({ userId, name: `Guest ${userId.slice(-4)}`, roles: ["guest"] });
  }

  /** Makes sure that the operator's login exists; an existing one keeps its password. */
  async ensureAdmin(password: string): Promise<void> {
    if ((await readCredentials(this.#redis, ADMIN_NAME)) !== null) return;
    const admin: User = {
      userId: newUserId("admin"),
      name: ADMIN_NAME,
      roles: ["monitor", "admin"],
    };
    await this.#create(admin, password);
  }

  async #create(user: User, password: string): Promise<boolean> {
    const passwordHash = await hashPassword(password);
    const createdAt = new Date(this.#clock.nowMs()).toISOString();
    const creating = createCredentials(this.#redis, { ...user, passwordHash, createdAt });
    const { kind } = await reading(creating);
    return kind === "created";
  }

  async #open(user: User): Promise<SessionAnswer> {
    const { token, expiresAtMs } = await this.#tokens.issue(user);
    const { userId: id, name, roles } = user;
    return {
      token,
      expiresAt: new Date(expiresAtMs).toISOString(),
      user: { id, name, roles: [...roles] },
    };
  }

  #checkCanIssue(): void {
    if (this.#tokens.canIssue) return;
    throw new AppError("FORBIDDEN", "Log in at the identity provider of this exchange.");
  }
}

function newUserId(kind: UserKind): string {
  return userIdOf(kind, randomBytes(10).toString("hex"));
}
