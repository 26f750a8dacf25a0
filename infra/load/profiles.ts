/** How much load, and what is promised under it. Artillery's half of both is in artillery.yml, by the same name. */
export interface Profile {
  /** Clients that only listen, each to the books of all symbols. */
  readonly listeners: number;
  readonly deliveriesPerSecondMin: number;
  /** From the leader's publication to a client's socket. */
  readonly delayP99MsMax: number;
}

export const PROFILES = {
  /** For CI: whether it all works together; the times are the machine's. */
  ci: { listeners: 200, deliveriesPerSecondMin: 500, delayP99MsMax: 2_000 },
  full: { listeners: 2_000, deliveriesPerSecondMin: 20_000, delayP99MsMax: 50 },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;

export function isProfileName(name: string): name is ProfileName {
  return Object.hasOwn(PROFILES, name);
}
