import { Link } from "react-router";
import { clicked } from "../api/feedback";
import type { Result } from "../api/client";
import { price } from "../format";
import { productPath } from "../state/searchUrl";
import { Icon, type IconName } from "../ui/Icon";
import { EsciBadge } from "./EsciBadge";
import { SquareImage } from "./SquareImage";
import { ScoreMeter } from "./ScoreMeter";

interface ResultCardProps {
  result: Result;
  requestId: string;
  /** Whether the catalogue is worth saying. */
  named: boolean;
  /** The level of its heading, which is one below that of what it stands under. */
  level: 2 | 3;
  onWhy: () => void;
  onSimilar: () => void;
}

export function ResultCard({ result, requestId, named, level, onWhy, onSimilar }: ResultCardProps) {
  const Heading = level === 2 ? "h2" : "h3";
  const variants = result.variant_count ?? 1;
  const tell = () => clicked(requestId, result.product_id, result.rank);
  return (
    // With a mouse, the buttons lie on the image while one is near; a finger has them below, off the image.
    <article className="group relative grid h-full grid-cols-1 grid-rows-[auto_1fr_auto]">
      <div className="relative col-start-1 row-start-1 overflow-hidden rounded-2xl shadow-rest ring-1 ring-line transition-shadow duration-200 group-focus-within:shadow-lift group-hover:shadow-lift">
        <SquareImage url={result.image_url} className="transition-transform duration-300 motion-safe:group-hover:scale-[1.025]" />
        {result.placed === "pinned" && (
          <span className="absolute left-2.5 top-2.5 rounded-full bg-raised/90 px-2.5 py-1 text-xs font-medium text-ink-soft shadow-rest">
            Chosen by the shop
          </span>
        )}
      </div>
      <div className="flex flex-col px-1 pt-3">
        <p className="flex items-baseline justify-between gap-3 text-xs text-ink-soft">
          <span className="truncate">{[result.brand, named && result.catalogue, variants > 1 && `${variants} variants`].filter(Boolean).join(" · ")}</span>
          {result.badge && <EsciBadge label={result.badge} />}
        </p>
        <Heading className="mt-1 text-[0.95rem] font-medium leading-snug text-pretty">
          <Link
            to={productPath(result.product_id, result.catalogue)}
            onClick={tell}
            onAuxClick={(event) => event.button === 1 && tell()}
            data-result={result.rank}
            className="line-clamp-2 rounded-sm after:absolute after:inset-0 after:rounded-2xl group-hover:text-accent focus-visible:outline-none focus-visible:after:outline-[2.5px] focus-visible:after:outline-offset-4 focus-visible:after:outline-accent"
          >
            {result.title || result.product_id}
          </Link>
        </Heading>
        <p className="mt-auto flex items-center justify-between gap-3 pt-2">
          {typeof result.price === "number" ? (
            <span className="font-semibold tabular-nums">{price(result.price, result.currency)}</span>
          ) : (
            <span className="text-xs text-ink-soft">No price</span>
          )}
          <ScoreMeter score={result.score} />
        </p>
      </div>
      <div className="z-10 col-start-1 row-start-3 mt-1 flex gap-1.5 pointer-fine:row-start-1 pointer-fine:m-2.5 pointer-fine:self-end pointer-fine:justify-self-end">
        <CardButton icon="similar" label="More like this" about={`: ${result.title}`} onClick={onSimilar} />
        <CardButton icon="why" label="Why this?" about={` ${result.title}`} onClick={onWhy} />
      </div>
    </article>
  );
}

interface CardButtonProps {
  icon: IconName;
  label: string;
  about: string;
  onClick: () => void;
}

function CardButton({ icon, label, about, onClick }: CardButtonProps) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label + about}
      onClick={onClick}
      className="grid size-11 place-items-center rounded-full text-ink-soft transition hover:text-accent focus-visible:opacity-100 group-focus-within:opacity-100 group-hover:opacity-100 pointer-fine:size-9 pointer-fine:bg-raised/90 pointer-fine:opacity-0 pointer-fine:shadow-rest pointer-fine:backdrop-blur pointer-fine:hover:bg-raised"
    >
      <Icon name={icon} className="size-[1.15rem]" />
    </button>
  );
}
