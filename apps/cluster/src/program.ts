/** What the runner needs to know of a process it looks after. */
export interface Program {
  /** Names it on screen and its log file. */
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Node programs get a channel by which they notice the runner's death. */
  readonly isNode: boolean;
  /** Where it listens, for the summary. */
  readonly port?: number;
  /** Answers with null when the program is ready to be used, else with what is missing. */
  readonly check: () => Promise<string | null>;
}

const CHECK_WITHIN_MS = 2_000;

/** A check over HTTP: any success will do; a problem's own words are passed on. */
export async function httpCheck(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(CHECK_WITHIN_MS) });
    const text = await response.text();
    return response.ok ? null : `${url} answers ${response.status} ${text.slice(0, 200)}`;
  } catch {
    return `${url} does not answer yet`;
  }
}
