import { useState } from "react";

interface SquareImageProps {
  url: string | null | undefined;
  /** Empty where the words beside it say what it shows. */
  alt?: string;
  className?: string;
  eager?: boolean;
  /** Too small for words. */
  small?: boolean;
}

/** A product's image, or a quiet surface where there is none. */
export function SquareImage({ url, alt = "", className = "", eager = false, small = false }: SquareImageProps) {
  const [broken, setBroken] = useState("");
  const shown = url && broken !== url;
  return (
    <div className={`relative grid aspect-square place-items-center overflow-hidden bg-sunken ${className}`}>
      {shown ? (
        <img
          src={url}
          alt={alt}
          loading={eager ? "eager" : "lazy"}
          decoding="async"
          onError={() => setBroken(url)}
          className="size-full object-cover"
        />
      ) : (
        <span className="grid size-full place-items-center bg-linear-to-b from-transparent to-line/70">
          <svg viewBox="0 0 48 48" aria-hidden="true" className="size-2/5 fill-none stroke-line-strong/50">
            <path d="M12 40V21a12 12 0 0 1 24 0v19M8 40h32" strokeWidth="1.4" strokeLinecap="round" />
          </svg>
          <span className={small ? "sr-only" : "absolute bottom-3.5 left-4 text-xs text-ink-soft"}>No image</span>
        </span>
      )}
    </div>
  );
}
