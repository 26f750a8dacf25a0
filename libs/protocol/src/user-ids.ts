/**
 * Ids of users made here: a letter that tells the kind, then 80 random bits. Never 15 characters long, see `rooms` on
 * names of 20.
 */
export type UserKind = "registered" | "guest" | "admin";

const LETTERS = { registered: "u", guest: "g", admin: "a" } as const satisfies Record<
  UserKind,
  string
>;
const GUEST = /^g-[0-9a-f]{20}$/;

/** `random`: 20 hexadecimal digits. */
export function userIdOf(kind: UserKind, random: string): string {
  return `${LETTERS[kind]}-${random}`;
}

/** A guest has no password: once its token has expired nobody can ever act for it again. */
export function isGuestId(userId: string): boolean {
  return GUEST.test(userId);
}
