"""The explanation of one result: the words of the query, and the parts of the images, that spoke for it."""

from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.catalogue.version import CatalogueVersion
from vitrine.gateway.explaining.images import explains_images, relevance_of
from vitrine.gateway.explaining.words import word_shares
from vitrine.gateway.schemas.explanations import Explanation
from vitrine.gateway.search.embedding import embed
from vitrine.gateway.search.query import RankingQuery


async def explain(
    catalogue: Catalogue,
    version: CatalogueVersion,
    product_id: str,
    query: str,
    asked: bytes | None,
    image: bytes | None,
    cache: Cache,
) -> Explanation:
    """Explain a product for the words `query`, "" without any, and the decoded image `asked`.

    `image` is the product's decoded image. Where there are words and an image, the product's map is that for the image.

    Raises:
        ApiError: The model fails, or cannot be reached.
    """
    words = (await word_shares(catalogue, version, query, [product_id]))[0] if query else []
    of_product = of_query = None
    if image is not None and explains_images(version):
        if asked is None:
            vectors = await embed(catalogue, version, RankingQuery("text", text=query), cache)
        else:
            vectors = await embed(catalogue, version, RankingQuery("image", image=asked), cache)
            own = await embed(catalogue, version, RankingQuery("image", image=image), cache)
            of_query = await relevance_of(catalogue, version, asked, own[0])
        of_product = await relevance_of(catalogue, version, image, vectors[0])
    return Explanation(
        catalogue=catalogue.name, product_id=product_id, words=words, product_image=of_product, query_image=of_query
    )
