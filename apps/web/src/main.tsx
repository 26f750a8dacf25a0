import { MirrorbookProvider, useReadable } from "@mirrorbook/sdk/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { ModelContext } from "./model/context.ts";
import { Model } from "./model/model.ts";
import { listenForShortcuts } from "./model/shortcuts.ts";

const model = new Model(location.origin);
listenForShortcuts(model);

function Root() {
  const client = useReadable(model.client);
  return (
    <ModelContext value={model}>
      <MirrorbookProvider client={client}>
        <App />
      </MirrorbookProvider>
    </ModelContext>
  );
}

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
