import { useReadable } from "@mirrorbook/sdk/react";
import { useEffect } from "react";
import { useMedia } from "../lib/use-media.ts";
import { useModel } from "./context.ts";

/** The theme in force: the visitor's choice, or the system's. */
export function useResolvedTheme(): "dark" | "light" {
  const theme = useReadable(useModel().theme);
  const systemIsLight = useMedia("(prefers-color-scheme: light)");
  if (theme !== "system") return theme;
  return systemIsLight ? "light" : "dark";
}

/** Puts the theme on the document, where the style sheet finds it. */
export function useThemeOnDocument(): void {
  const theme = useResolvedTheme();
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
}
