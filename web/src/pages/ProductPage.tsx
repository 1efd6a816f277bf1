import { type FormEvent, type ReactNode, useState } from "react";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";
import { product as getProduct, search } from "../api/search";
import type { GroupedProduct, Product, Result } from "../api/client";
import { attribute, capitalised, price, title as titled } from "../format";
import { SquareImage } from "../results/SquareImage";
import { ResultGrid, ResultSkeletons } from "../results/ResultGrid";
import { Swatch } from "../search/Swatch";
import { searchesImages, useModels } from "../state/models";
import { newSearch, productOf, productPath, searchPath, START } from "../state/searchUrl";
import { useRequest } from "../state/useRequest";
import { Button, buttonClass } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { ProblemNotice } from "../ui/ProblemNotice";
import { useTitle } from "../ui/useTitle";

export function ProductPage() {
  const id = productOf(useLocation().pathname);
  const [params] = useSearchParams();
  const catalogue = params.get("catalogue") ?? "";
  const { data, stale, slow, problem, retry } = useRequest(`product ${catalogue} ${id}`, (signal) => getProduct(id, catalogue, signal));
  const product = stale ? null : data;
  useTitle(product?.title ?? "Product");
  return (
    <>
      <h1 className="sr-only">{product?.title || "Product"}</h1>
      {problem ? (
        <ProblemNotice problem={problem} retry={retry} />
      ) : product ? (
        <>
          <Details product={product} />
          {product.variants && <Variants variants={product.variants} of={product} />}
          <Similar key={`${product.catalogue}/${id}`} product={product} />
        </>
      ) : (
        slow && <div className="breathe mt-10 h-96 rounded-3xl bg-sunken" />
      )}
    </>
  );
}

function Details({ product }: { product: Product }) {
  const { title, brand, description, category, color, catalogue, product_id: id } = product;
  const { data: models } = useModels();
  const narrowed = (filters: Partial<typeof START.filters>) =>
    searchPath(newSearch(START, { query: category || brand || title, catalogue, filters: { ...START.filters, ...filters } }));
  return (
    <article className="arrive grid items-start gap-x-14 gap-y-8 pt-8 md:grid-cols-[minmax(0,26rem)_minmax(0,1fr)] lg:pt-12">
      <SquareImage url={product.image_url} alt={title} className="rounded-3xl shadow-rest ring-1 ring-line" eager />
      <div className="max-w-2xl">
        {brand && <p className="text-sm font-medium text-ink-soft">{brand}</p>}
        <p aria-hidden="true" className="mt-1 text-3xl font-semibold leading-tight tracking-[-0.025em] text-balance lg:text-4xl">
          {title || id}
        </p>
        <p className="mt-4 text-2xl tabular-nums">{typeof product.price === "number" ? price(product.price, product.currency) : "No price"}</p>
        {description && <p className="mt-5 leading-relaxed text-pretty text-ink-soft">{description}</p>}
        <dl className="mt-6 grid grid-cols-[max-content_1fr] gap-x-8 gap-y-2.5 border-y border-line py-5 text-sm">
          {category && (
            <Fact name="Category" value={capitalised(category)} to={narrowed({ category: [category] })}>
              {product.category_predicted && <Predicted />}
            </Fact>
          )}
          {brand && <Fact name="Brand" value={brand} to={narrowed({ brand: [brand] })} />}
          {color && <Fact name="Colour" value={capitalised(color)} to={narrowed({ color: [color] })} swatch={color} />}
          {Object.entries(product.attributes ?? {}).map(([name, value]) => (
            <Fact key={name} name={titled(name)} value={attribute(value, product.units?.[name])} />
          ))}
          <Fact name="Catalogue" value={catalogue} />
          <Fact name="Number" value={id} />
        </dl>
        <div className="mt-6 flex flex-wrap items-center gap-3">
          {product.image_url && searchesImages(models, catalogue) && (
            <VariationForm image={product.image_url} catalogue={catalogue} />
          )}
          <Link to={searchPath(newSearch(START, { like: id, catalogue }))} className={buttonClass("soft")}>
            <Icon name="similar" className="size-4" />
            More like this
          </Link>
        </div>
      </div>
    </article>
  );
}

/** The other variants, each by what it has and the product has not. */
function Variants({ variants, of }: { variants: Product[]; of: GroupedProduct }) {
  const differences = (variant: Product) =>
    [
      variant.color !== of.color && capitalised(variant.color),
      ...Object.entries(variant.attributes ?? {}).map(
        ([name, value]) => String(value) !== String(of.attributes?.[name]) && attribute(value, variant.units?.[name]),
      ),
    ].filter(Boolean);
  return (
    <section aria-labelledby="variants" className="mt-10">
      <h2 id="variants" className="mb-4 text-xl font-semibold tracking-tight">
        Variants
      </h2>
      <ul className="flex flex-wrap gap-2.5">
        {variants.map((variant) => (
          <li key={variant.product_id}>
            <Link to={productPath(variant.product_id, variant.catalogue)} className={buttonClass("soft")}>
              {differences(variant).join(", ") || variant.title || variant.product_id}
              {typeof variant.price === "number" && ` · ${price(variant.price, variant.currency)}`}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface FactProps {
  name: string;
  value: string;
  to?: string;
  swatch?: string;
  children?: ReactNode;
}

function Fact({ name, value, to, swatch, children }: FactProps) {
  return (
    <>
      <dt className="text-ink-soft">{name}</dt>
      <dd className="flex items-center gap-2">
        {swatch && <Swatch name={swatch} />}
        {to ? (
          <Link to={to} className="rounded underline decoration-line-strong underline-offset-4 hover:text-accent">
            {value}
          </Link>
        ) : (
          value
        )}
        {children}
      </dd>
    </>
  );
}

/** The mark of a category that is not the catalogue's own. */
function Predicted() {
  return (
    <span
      title="The catalogue has no category for this product: a model predicts this one"
      className="rounded-full bg-sunken px-2 py-0.5 text-xs text-ink-soft"
    >
      predicted
    </span>
  );
}

/** Like this one, with a difference. */
function VariationForm({ image, catalogue }: { image: string; catalogue: string }) {
  const navigate = useNavigate();
  const [words, setWords] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const query = words.trim();
    if (query) void navigate(searchPath(newSearch(START, { query, image, catalogue })));
  };
  return (
    <form onSubmit={submit} className="flex min-w-64 grow items-center gap-2 rounded-full border border-line-strong/60 bg-surface py-1 pl-4 pr-1 focus-within:border-accent">
      <label htmlFor="but" className="shrink-0 text-sm text-ink-soft">
        Like this, but
      </label>
      <input
        id="but"
        value={words}
        onChange={(event) => setWords(event.target.value)}
        placeholder="in blue"
        maxLength={1000}
        autoComplete="off"
        className="min-w-0 grow bg-transparent text-sm outline-none"
      />
      <Button type="submit" look="solid" className="py-1.5">
        Find
      </Button>
    </form>
  );
}

function Similar({ product }: { product: Product }) {
  const navigate = useNavigate();
  const state = newSearch(START, { like: product.product_id, catalogue: product.catalogue, k: 12 });
  const { data, slow, problem, retry } = useRequest(`search ${JSON.stringify(state)}`, (signal) => search(state, null, signal));
  const open = (result: Result) => void navigate(productPath(result.product_id, result.catalogue));
  return (
    <section aria-labelledby="similar" className="mt-16">
      <h2 id="similar" className="mb-6 text-xl font-semibold tracking-tight">
        Similar products
      </h2>
      {problem ? (
        <ProblemNotice problem={problem} retry={retry} />
      ) : data ? (
        <ResultGrid response={data} onSimilar={open} label="Similar products" level={3} />
      ) : (
        slow && <ResultSkeletons number={6} />
      )}
    </section>
  );
}
