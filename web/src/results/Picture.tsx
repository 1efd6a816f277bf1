import { useState } from "react";
import { Icon } from "../ui/Icon";

interface PictureProps {
  url: string | null | undefined;
  /** Empty where the words beside it say what it shows. */
  alt?: string;
  className?: string;
  eager?: boolean;
}

/** A product's picture, or a quiet surface where there is none. */
export function Picture({ url, alt = "", className = "", eager = false }: PictureProps) {
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
        <span className="flex flex-col items-center gap-1.5 text-xs text-ink-soft">
          <Icon name="picture" className="size-7 opacity-60" />
          No picture
        </span>
      )}
    </div>
  );
}
