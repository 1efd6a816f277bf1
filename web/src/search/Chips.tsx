import { useEffect } from "react";
import { product } from "../api/search";
import { SquareImage } from "../results/SquareImage";
import type { SearchState } from "../state/searchUrl";
import { useRequest } from "../state/useRequest";
import { useQueryImage } from "../state/useQueryImage";
import { Icon } from "../ui/Icon";

/** The image that is searched with. */
export function ImageChip({ name, onRemove }: { name: string; onRemove: () => void }) {
  const image = useQueryImage(name);
  return <Chip url={image.url} alt="The image searched with" remove="Remove the image" onRemove={onRemove} />;
}

interface LikeChipProps {
  state: SearchState;
  onRemove: () => void;
  /** Told where the product's image is: with words, it is searched by that. */
  onImage: (url: string | null) => void;
}

/** The product whose like is searched. */
export function LikeChip({ state, onRemove, onImage }: LikeChipProps) {
  const key = `product ${state.catalogue} ${state.like}`;
  const { data } = useRequest(key, (signal) => product(state.like, state.catalogue, signal));
  const url = data?.image_url ?? null;
  useEffect(() => {
    onImage(url);
    return () => onImage(null);
  }, [url, onImage]);
  return <Chip url={url} alt={data ? `Like ${data.title}` : ""} remove="Remove the product" onRemove={onRemove} />;
}

function Chip(props: { url: string | null; alt: string; remove: string; onRemove: () => void }) {
  return (
    <span className="group relative block size-9 overflow-hidden rounded-full ring-1 ring-line">
      {props.url ? <SquareImage url={props.url} alt={props.alt} eager small /> : <span className="block size-full bg-sunken" />}
      <button
        type="button"
        onClick={props.onRemove}
        aria-label={props.remove}
        title={props.remove}
        className="absolute inset-0 grid place-items-center rounded-full bg-black/45 text-white opacity-0 transition-opacity hover:opacity-100 focus-visible:opacity-100 pointer-coarse:opacity-100"
      >
        <Icon name="close" className="size-4" />
      </button>
    </span>
  );
}
