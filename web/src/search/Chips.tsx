import { useEffect } from "react";
import { product } from "../api/search";
import { Picture } from "../results/Picture";
import type { SearchState } from "../state/searchUrl";
import { useAsk } from "../state/useAsk";
import { usePicture } from "../state/usePicture";
import { Icon } from "../ui/Icon";

/** The picture that is searched with. */
export function PictureChip({ name, onRemove }: { name: string; onRemove: () => void }) {
  const picture = usePicture(name);
  return <Chip url={picture.url} alt="The image searched with" remove="Remove the image" onRemove={onRemove} />;
}

interface LikeChipProps {
  state: SearchState;
  onRemove: () => void;
  /** Told where the product's picture is: with words, it is searched by that. */
  onImage: (url: string | null) => void;
}

/** The product whose like is searched. */
export function LikeChip({ state, onRemove, onImage }: LikeChipProps) {
  const key = `product ${state.catalogue} ${state.like}`;
  const { data } = useAsk(key, (signal) => product(state.like, state.catalogue, signal));
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
      {props.url ? <Picture url={props.url} alt={props.alt} eager small /> : <span className="block size-full bg-sunken" />}
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
