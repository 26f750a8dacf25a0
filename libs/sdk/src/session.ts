import { requestJson } from "./rest.ts";

export interface Session {
  readonly token: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly user: {
    readonly id: string;
    readonly name: string;
    readonly roles: readonly string[];
  };
}

export interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** Makes a user without a name or password. @throws {ApiError} */
export function signInAsGuest(url: string): Promise<Session> {
  return requestJson(url, "auth/guest", { method: "POST", body: {} });
}

/** @throws {ApiError} `NAME_TAKEN`, `BAD_REQUEST` when name or password break the rules. */
export function register(url: string, credentials: Credentials): Promise<Session> {
  return requestJson(url, "auth/register", { method: "POST", body: credentials });
}

/** @throws {ApiError} `BAD_CREDENTIALS`. */
export function signIn(url: string, credentials: Credentials): Promise<Session> {
  return requestJson(url, "auth/login", { method: "POST", body: credentials });
}
