import type { UserCommit } from "@mirrorbook/protocol";
import { UserChanges } from "./changes.ts";
import type { ExchangeState } from "./state.ts";
import { timeText } from "./time-text.ts";
import type { TapeEntry } from "./types.ts";
import type { User } from "./user.ts";

/** One input being applied: the time it carries, and all that it changes. */
export class Turn {
  readonly state: ExchangeState;
  readonly atMs: number;
  readonly tape: TapeEntry[] = [];
  readonly #changes = new Map<string, UserChanges>();
  #at: string | null = null;

  constructor(state: ExchangeState, atMs: number) {
    this.state = state;
    this.atMs = atMs;
  }

  /** The input's time as text. */
  get at(): string {
    this.#at ??= timeText(this.atMs);
    return this.#at;
  }

  of(user: User): UserChanges {
    let changes = this.#changes.get(user.id);
    if (changes === undefined) {
      changes = new UserChanges(this.state, user, this.at);
      this.#changes.set(user.id, changes);
    }
    return changes;
  }

  /** Ends the turn: one commit per user that changed, in the order they were first touched. */
  finish(): UserCommit[] {
    const commits: UserCommit[] = [];
    for (const changes of this.#changes.values()) {
      const commit = changes.finish();
      if (commit !== null) commits.push(commit);
    }
    return commits;
  }
}
