"""Internet addresses, v4 and v6 (RFC 4291). Not version numbers, not the machine itself, not masks of networks."""

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from luthier.data.personal.found import Found
from luthier.data.personal.nearby import says, words

_V4 = re.compile(
    r"\d(?<![A-Za-z0-9_.+-].)(?<![^/]/.)(?<![<>=~!]=.)(?:\d{1,2})?(?:\.\d{1,3}){3}(?![A-Za-z0-9_]|[.-][A-Za-z0-9_])"
)
_V6 = re.compile(
    r"(?i)(?<![\w:.])(?:[0-9a-f]{1,4}:|(?=::)):?(?:[0-9a-f]{0,4}:){1,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])"
)
_SAYS = words(
    " ip , ipv4, ipv6,address,host,server,ping,client,login,logged,adresse,dirección,indirizzo,endereço",
    " v , ver , ver.,version,versión,release,build,firmware,driver,kernel,update,upgrade,section,chapter,clause, oid "
    ", macos, ios ,android,windows,chrome,firefox,safari,linux,python,java, node "
    ",netmask,subnet mask,figure,table,abschnitt",
)
NETMASK = "255."


def ips(text: str) -> Iterator[Found]:
    if text.count(".") > 2:
        for match in _V4.finditer(text):
            if _is_v4(match.group(), says(_SAYS, text, match.start())):
                yield Found("ip", match.start(), match.end())
    if text.count(":") > 1:
        for match in _V6.finditer(text):
            if _is_v6(match.group()):
                yield Found("ip", match.start(), match.end())


def _is_v4(written: str, told: str) -> bool:
    """Four single figures are rather a version or a section, unless words say otherwise."""
    try:
        address = IPv4Address(written)
    except AddressValueError:
        return False
    if told == "bad" or written.startswith((NETMASK, "0.")) or address.is_loopback:
        return False
    return told == "good" or len(written) > len("1.2.3.4")


def _is_v6(written: str) -> bool:
    """Shortened ones have to look like one: `[::2]` and `a[100::3]` are slices in Python."""
    try:
        address = IPv6Address(written)
    except AddressValueError:
        return False
    groups = written.split(":")
    whole = len(groups) == 8 and all(groups)
    shortened = max(map(len, groups)) > 2 and re.search("[a-fA-F]", written) and re.search(r"\d", written)
    return not address.is_loopback and bool(whole or shortened)
