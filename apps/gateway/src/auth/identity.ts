/** `guest`: no password, so the account is lost with the token. `monitor`: sees everyone's events. `admin`: operates. */
export type Role = "guest" | "monitor" | "admin";

/** Who a verified token says the caller is. Nothing a client writes elsewhere adds to it. */
export interface Identity {
  readonly userId: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** The token's own id, by which it alone can be revoked. */
  readonly tokenId: string | null;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}
