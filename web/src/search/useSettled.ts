import { useEffect, useRef, useState } from "react";

const SETTLED_MS = 250;

/** A value that is shown while it moves, and told when it rests. */
export function useSettled(given: number, onSettled: (value: number) => void): [number, (value: number) => void] {
  const [value, setValue] = useState(given);
  const tell = useRef(onSettled);
  useEffect(() => {
    tell.current = onSettled;
  });
  useEffect(() => setValue(given), [given]);
  useEffect(() => {
    if (value === given) return;
    const timer = setTimeout(() => tell.current(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [value, given]);
  return [value, setValue];
}
