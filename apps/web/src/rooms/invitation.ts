/** Links and codes to rooms. Pure. */

/** The code in what a person pastes: the code itself, or a link with it. */
export function codeOf(text: string): string {
  const trimmed = text.trim();
  const [, fromLink] = /#\/join\/([^/?\s]+)/.exec(trimmed) ?? [];
  return fromLink ?? trimmed;
}

/** A code begins with the room it is for: `<room>.<secret>`. */
export function roomOfCode(code: string): string {
  return code.split(".", 1)[0]!;
}

/** Whether a text can be a code at all; the server has the last word. */
export function isCode(text: string): boolean {
  return /^[A-Za-z0-9_~-]+\.[A-Za-z0-9._~-]+$/.test(text);
}

/** @param page address of the page, without what is after `#` */
export function linkTo(page: string, roomId: string, code: string | null): string {
  return `${page}#/${code === null ? `rooms/${roomId}` : `join/${code}`}`;
}
