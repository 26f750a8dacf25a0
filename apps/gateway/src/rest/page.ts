import { existsSync } from "node:fs";
import { join } from "node:path";
import express, { Router } from "express";

const YEAR_MS = 365 * 24 * 3_600_000;

/** Serves the built page. Its assets carry a hash in their name, so they are kept; every other path is the page itself. */
export function servePage(folder: string): Router {
  const page = join(folder, "index.html");
  const router = Router();
  const fresh = (response: express.Response) => response.set("Cache-Control", "no-cache");
  router.use(
    "/assets",
    express.static(join(folder, "assets"), { immutable: true, maxAge: YEAR_MS, fallthrough: true }),
  );
  router.use(
    express.static(folder, { index: false, setHeaders: (response) => void fresh(response) }),
  );
  router.get(/.*/, (request, response, next) => {
    if (!request.accepts("html") || /\.\w+$/.test(request.path) || !existsSync(page)) return next();
    fresh(response).sendFile(page);
  });
  return router;
}
