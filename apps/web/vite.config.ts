import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** For `vite` (development) only: a running gateway whose interfaces the page under work uses. */
const GATEWAY = "http://127.0.0.1:3000";

/** The gateway serves `dist` from its own origin under a strict policy: everything is bundled, nothing is inline. */
export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The page without the charts is small; the charts come after it.
    chunkSizeWarningLimit: 400,
  },
  server: { proxy: { "/api": GATEWAY, "/socket.io": { target: GATEWAY, ws: true } } },
});
