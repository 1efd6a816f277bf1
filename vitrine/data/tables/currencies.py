"""Codes of currencies, by the signs and abbreviations in prices."""

from typing import Final

_SIGNS: Final = """
€=EUR £=GBP ¥=JPY ₹=INR ₽=RUB ₺=TRY ₩=KRW ₪=ILS ₫=VND ₱=PHP ₴=UAH ฿=THB 円=JPY 元=CNY zł=PLN kč=CZK ft=HUF
lei=RON лв=BGN руб=RUB us$=USD a$=AUD au$=AUD c$=CAD ca$=CAD
nz$=NZD r$=BRL hk$=HKD s$=SGD mx$=MXN nt$=TWD fr=CHF sfr=CHF tl=TRY rs=INR
rp=IDR rm=MYR euro=EUR euros=EUR $=$ kr=kr
"""
_CODES: Final = """
AED ALL AMD ARS AUD AZN BAM BDT BGN BHD BOB BRL BYN CAD CHF CLP CNY COP CRC CZK DKK DOP DZD EGP EUR GBP GEL GHS GTQ HKD
HNL HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KRW KWD KZT LBP LKR MAD MDL MKD MMK MUR MXN MYR NGN NIO NOK NPR
NZD OMR PAB PEN PHP PKR PLN PYG QAR RON RSD RUB SAR SEK SGD THB TND TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND XAF XOF
ZAR ZMW
"""

CURRENCIES: Final[dict[str, str]] = {
    **{code.lower(): code for code in _CODES.split()},
    **{sign: code for sign, _, code in (pair.partition("=") for pair in _SIGNS.split())},
}
"""Codes of ISO 4217 by sign, abbreviation or code, in lower case; `$` and `kr`, of several countries, stay."""


def currency_code(text: str) -> str | None:
    """Return the code of the currency that a text names, "" if it is blank, or None if it names none."""
    name = "".join(text.split()).rstrip(".").lower()
    return CURRENCIES.get(name) if name else ""
