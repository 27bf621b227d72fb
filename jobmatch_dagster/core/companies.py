"""The name of a company without what hides that it is the same one."""

import re

from jobmatch_dagster.core.html import decode_entities

_FORMS = (
    r"gmbh|ggmbh|mbh|ag|aktiengesellschaft|se|kg|kgaa|ohg|ug|haftungsbeschränkt|gbr|e v|ev|eg|partg|inc|incorporated"
    r"|llc|llp|lp|ltd|limited|plc|corp|corporation|co|company|bv|b v|nv|n v|sa|s a|sas|sarl|srl|s r l|spa|s p a|oy|ab"
    r"|aps|a s|as|sp z o o|kft|pty|gesellschaft mit beschränkter haftung|und|and|&|\+"
)
_AT_END = re.compile(rf"(?:\s(?:{_FORMS}))+$")
_NOT_A_LETTER = re.compile(r"[^\w&+]+")


def company_key(name: str) -> str:
    """A company's name, folded, without entities, punctuation and legal form at its end.

    "Storch GmbH &amp; Co. KG" and "STORCH" have one key. A name that is nothing but a legal form stays.
    """
    words = _NOT_A_LETTER.sub(" ", decode_entities(decode_entities(name)).casefold()).strip()
    return _AT_END.sub("", words) or words
