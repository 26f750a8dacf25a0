const USER_ID_LENGTH_MAX = 64;

/**
 * Makes a token's subject a user id that is safe in keys, rooms and logs; `null` when it is empty or too long.
 *
 * Characters that mean something there (`auth0|4711`) become `~` and their code in hex, and so does `~` itself: no two
 * subjects share an id, and our own subjects stay as they are.
 */
export function userIdOfSubject(subject: string): string | null {
  const id = Array.from(new TextEncoder().encode(subject), safeByte).join("");
  return id.length === 0 || id.length > USER_ID_LENGTH_MAX ? null : id;
}

function safeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (/[A-Za-z0-9._-]/.test(character)) return character;
  return `~${byte.toString(16).padStart(2, "0")}`;
}
