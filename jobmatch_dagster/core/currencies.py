"""Currencies by the symbols and names that people write."""

# Symbols and names that mean one currency alone; a bare dollar is the American one.
_CODES = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "us$": "USD", "us dollar": "USD", "dollar": "USD",
    "£": "GBP", "pound": "GBP", "sfr": "CHF", "sfr.": "CHF", "fr.": "CHF", "franken": "CHF", "zł": "PLN",
    "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "₹": "INR", "¥": "JPY",
}  # fmt: skip
_CODE_LETTERS = 3


def currency_code(text: str) -> str:
    """The ISO code of a currency; a text that is no known symbol, name or code stays as it is."""
    word = text.strip()
    return _CODES.get(word.casefold(), word.upper() if len(word) == _CODE_LETTERS else word)
