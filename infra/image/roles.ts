/** What the image can be, and how each role is asked whether it works. */

export interface Role {
  /** Program, below the image's folder. */
  readonly entry: string;
  /** Answers with a success while the process does its work; null for one that ends by itself. */
  healthUrl(environment: NodeJS.ProcessEnv): string | null;
}

export const ROLES: Readonly<Record<string, Role>> = {
  leader: {
    entry: "apps/leader/src/main.ts",
    healthUrl: ({ HEALTH_PORT = "3010" }) => `http://127.0.0.1:${HEALTH_PORT}/healthz`,
  },
  gateway: {
    entry: "apps/gateway/src/main.ts",
    healthUrl: ({ PORT = "3000" }) => `http://127.0.0.1:${PORT}/readyz`,
  },
  worker: {
    entry: "apps/worker/src/main.ts",
    healthUrl: ({ HEALTH_PORT = "3020" }) => `http://127.0.0.1:${HEALTH_PORT}/healthz`,
  },
  "market-sim": {
    entry: "apps/market-sim/src/main.ts",
    healthUrl: ({ PORT = "4010" }) => `http://127.0.0.1:${PORT}/api/v3/ping`,
  },
  audit: { entry: "apps/audit/src/main.ts", healthUrl: () => null },
};

/** @throws {Error} that names the roles there are. */
export function roleOf({ ROLE = "" }: NodeJS.ProcessEnv): Role {
  const role = Object.hasOwn(ROLES, ROLE) ? ROLES[ROLE] : undefined;
  if (role !== undefined) return role;
  throw new Error(`ROLE is "${ROLE}"; give one of ${Object.keys(ROLES).join(", ")}.`);
}
