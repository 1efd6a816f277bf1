import { useEffect } from "react";
import { keep, recall } from "./stored";

const KEY = "vitrine.shortcuts";

/** Keys of one character can be turned off: people who speak to their computer press them by accident. */
export function shortcutsOn(): boolean {
  return recall(() => localStorage, KEY) !== "off";
}

export function setShortcuts(on: boolean): void {
  keep(() => localStorage, KEY, on ? null : "off");
}

/** Whether a key is a shortcut, and not a letter someone types. */
export function isShortcut(event: KeyboardEvent | React.KeyboardEvent): boolean {
  const target = event.target as HTMLElement;
  const types = target.closest("input:not([type=checkbox], [type=range]), textarea, select, [contenteditable]");
  return !types && !event.ctrlKey && !event.metaKey && !event.altKey && shortcutsOn();
}

/** `/` goes to the search field, wherever one is. */
export function useSlash(): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key !== "/" || !isShortcut(event) || document.querySelector("dialog[open]")) return;
      const field = document.querySelector<HTMLInputElement>("search input[name=q]");
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, []);
}
