/**
 * Tokens: JSON Web Tokens, checked for signature, issuer, audience and expiry.
 *
 * Our own are signed with the shared secret (HS256). With JWKS_URL an outside identity provider signs them with its
 * private key, and the gateway issues none. The two never mix: a public key is never taken for a shared secret.
 */
import { randomUUID } from "node:crypto";
import { AppError, type Clock } from "@mirrorbook/kernel";
import {
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from "jose";
import type { Identity, Role } from "./identity.ts";
import { userIdOfSubject } from "./user-id.ts";

const OWN_ALGORITHMS = ["HS256"];
const OUTSIDE_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"];
/** Clocks of different machines differ a little. */
const CLOCK_TOLERANCE_SECONDS = 5;
const NAME_LENGTH_MAX = 64;
const ROLES: readonly Role[] = ["guest", "monitor", "admin"];

export interface TokenSettings {
  readonly secret: string | undefined;
  readonly jwksUrl: string | undefined;
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeMs: number;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

export class Tokens {
  readonly #settings: TokenSettings;
  readonly #clock: Clock;
  readonly #secret: Uint8Array | null;
  readonly #outsideKeys: JWTVerifyGetKey | null;

  constructor(settings: TokenSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#secret = settings.secret === undefined ? null : new TextEncoder().encode(settings.secret);
    this.#outsideKeys =
      settings.jwksUrl === undefined ? null : createRemoteJWKSet(new URL(settings.jwksUrl));
  }

  /** Whether users can register and log in here. */
  get canIssue(): boolean {
    return this.#secret !== null;
  }

  /** @throws {AppError} FORBIDDEN when tokens come from an outside identity provider. */
  async issue(user: Pick<Identity, "userId" | "name" | "roles">): Promise<IssuedToken> {
    if (this.#secret === null) {
      throw new AppError("FORBIDDEN", "This exchange takes the tokens of its identity provider.");
    }
    const { issuer, audience, lifetimeMs } = this.#settings;
    const nowMs = this.#clock.nowMs();
    const expiresAtMs = nowMs + lifetimeMs;
    const token = await new SignJWT({ name: user.name, roles: [...user.roles] })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(user.userId)
      .setIssuer(issuer)
      .setAudience(audience)
      .setJti(randomUUID())
      // Fractions are legal in JWT dates (RFC 7519, NumericDate) and tell a token from one revoked in the same second.
      .setIssuedAt(nowMs / 1_000)
      .setExpirationTime(expiresAtMs / 1_000)
      .sign(this.#secret);
    return { token, expiresAtMs };
  }

  /** @throws {AppError} UNAUTHORIZED, with a reason that tells nothing about keys. */
  async verify(token: string): Promise<Identity> {
    const { issuer, audience } = this.#settings;
    const rules = {
      issuer,
      audience,
      requiredClaims: ["sub", "exp"],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(this.#clock.nowMs()),
    };
    try {
      const { payload } =
        this.#secret !== null
          ? await jwtVerify(token, this.#secret, { ...rules, algorithms: OWN_ALGORITHMS })
          : await jwtVerify(token, this.#outsideKeys!, {
              ...rules,
              algorithms: OUTSIDE_ALGORITHMS,
            });
      return identityOf(payload);
    } catch (error) {
      throw asAppError(error);
    }
  }
}

function identityOf(claims: JWTPayload): Identity {
  const userId = userIdOfSubject(claims.sub ?? "");
  if (userId === null) throw new AppError("UNAUTHORIZED", "The token's subject is not usable.");
  const name = shownName(claims.name) || userId;
  const claimed = Array.isArray(claims.roles) ? claims.roles : [];
  return {
    userId,
    name,
    roles: ROLES.filter((role) => claimed.includes(role)),
    tokenId: claims.jti ?? null,
    issuedAtMs: Math.round((claims.iat ?? 0) * 1_000),
    expiresAtMs: Math.round(claims.exp! * 1_000),
  };
}

/** Control and format characters, such as those that turn the direction of text around, let a name pass for another. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** A name of the identity provider's, as others may be shown it; empty when there is none. */
function shownName(claim: unknown): string {
  if (typeof claim !== "string") return "";
  const seen = claim.normalize("NFKC").replace(UNSEEN, "").trim();
  return Array.from(seen).slice(0, NAME_LENGTH_MAX).join("");
}

function asAppError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  if (error instanceof errors.JWTExpired) {
    return new AppError("UNAUTHORIZED", "The token has expired.", { cause: error });
  }
  if (error instanceof errors.JWKSTimeout) {
    return new AppError("UNAVAILABLE", "The identity provider does not answer.", { cause: error });
  }
  return new AppError("UNAUTHORIZED", "The token is not valid here.", { cause: error });
}
