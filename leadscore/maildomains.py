"""E-mail domains to their kind: free mail, a company's own, education, government, disposable.

Only the domain is looked at; whatever stands before an ``@`` is cut off first and kept nowhere.
The lists are our own and cannot be complete: a domain that they do not know is a ``company``.
"""

from __future__ import annotations

import re

import pandas as pd

__all__ = ["KINDS", "domain_kind"]

KINDS = ("free", "education", "government", "disposable", "company")

# Providers that have one name under many endings, such as yahoo.fr and yahoo.co.uk.
_FREE_NAMES = (
    "aol fastmail freemail gmail gmx googlemail hotmail hushmail icloud inbox live mail msn"
    " outlook protonmail qq rediffmail rocketmail tutanota yahoo yandex ymail zoho zohomail"
)
_FREE_DOMAINS = (
    # English-speaking countries
    "att.net bellsouth.net bigpond.com bigpond.net.au blueyonder.co.uk btinternet.com"
    " charter.net comcast.net cox.net earthlink.net email.com frontier.com hey.com iinet.net.au"
    " juno.com mac.com me.com mindspring.com netzero.net ntlworld.com optimum.net optonline.net"
    " optusnet.com.au pm.me proton.me roadrunner.com rogers.com sbcglobal.net shaw.ca sky.com"
    " sympatico.ca talk21.com talktalk.net telus.net tiscali.co.uk tuta.com tuta.io verizon.net"
    " virginmedia.com windstream.net xtra.co.nz usa.com"
    # German-speaking countries
    " aon.at arcor.de bluewin.ch chello.at freenet.de hispeed.ch mailbox.org posteo.de"
    " sunrise.ch t-online.de unitybox.de vodafone.de web.de kabelmail.de"
    # French-speaking countries
    " bbox.fr club-internet.fr free.fr laposte.net neuf.fr noos.fr numericable.fr orange.fr"
    " sfr.fr skynet.be voila.fr wanadoo.fr videotron.ca"
    # Italy, Spain, Portugal, Latin America
    " alice.it bol.com.br email.it fastwebnet.it globo.com globomail.com ig.com.br iol.pt"
    " libero.it netcabo.pt r7.com sapo.pt telefonica.net terra.com.br terra.es tim.it tin.it"
    " tiscali.it ono.com uol.com.br virgilio.it prodigy.net.mx fibertel.com.ar speedy.com.ar"
    # Benelux and the Nordic countries
    " chello.nl hetnet.nl home.nl kpnmail.nl online.nl planet.nl proximus.be telenet.be"
    " upcmail.nl xs4all.nl ziggo.nl bredband.net comhem.se elisanet.fi online.no spray.se"
    " telia.com kolumbus.fi mail.dk tele2.se"
    # Eastern Europe
    " abv.bg bk.ru centrum.cz citromail.hu email.cz i.ua interia.pl internet.ru list.ru mail.ru"
    " meta.ua o2.pl onet.eu onet.pl op.pl poczta.onet.pl post.cz rambler.ru seznam.cz tlen.pl"
    " ukr.net vp.pl volny.cz wp.pl azet.sk centrum.sk zoznam.sk"
    # Asia
    " 126.com 139.com 163.com 189.cn aliyun.com daum.net docomo.ne.jp ezweb.ne.jp foxmail.com"
    " hanmail.net i.softbank.jp indiatimes.com kakao.com nate.com naver.com nifty.com ocn.ne.jp"
    " sina.cn sina.com sohu.com softbank.ne.jp tom.com vip.163.com yeah.net so-net.ne.jp"
    " walla.co.il walla.com sify.com pchome.com.tw"
)
_FREE = frozenset(_FREE_DOMAINS.split())
_DISPOSABLE = (
    "10minutemail dispostable discard fakeinbox getnada guerrillamail guerrillamailblock"
    " mailcatch maildrop mailinator mailnesia mintemail mohmal mytemp sharklasers spamgourmet"
    " temp-mail tempail tempmail tempmailo throwawaymail trashmail wegwerfemail yopmail"
    " 20minutemail emailondeck mailnull spam4 trash-mail"
)
_ENDING = r"\.[a-z]{2,3}(?:\.[a-z]{2})?"
_PATTERNS = {
    "disposable": rf"(?:.*\.)?(?:{'|'.join(_DISPOSABLE.split())}){_ENDING}",
    "free": rf"(?:{'|'.join(_FREE_NAMES.split())}){_ENDING}",
    # gov.uk, gob.mx, gouv.fr, go.jp, govt.nz, gv.at; gc.ca, admin.ch, bund.de, europa.eu
    "government": (
        r"(?:.*\.)?(?:gov|mil|gov\.[a-z]{2}|mil\.[a-z]{2}|gob\.[a-z]{2}|gouv\.[a-z]{2}|go\.[a-z]{2}"
        r"|govt\.nz|gv\.at|gc\.ca|admin\.ch|bund\.de|europa\.eu|nhs\.uk|overheid\.nl)"
    ),
    # ac.uk, edu.au, sch.uk, k12.ca.us; then what schools call their own domains
    "education": (
        r"(?:.*\.)?(?:edu|edu\.[a-z]{2}|ac\.[a-z]{2}|sch\.[a-z]{2}|k12\.[a-z]{2}\.us)"
        r"|(?:.*[.-])?(?:uni|univ)[.-].*|.*universi[dt].*|(?:fh|tu|th|ph)-.*\.(?:de|at|ch)"
        r"|.*hochschule.*|(?:.*[.-])?(?:stud|student|students|alumni|campus)\..*"
        r"|(?:.*[.-])?(?:school|schools|schule|college|ecole|lycee|escola|escuela|scuola)[.-].*"
        r"|.*\.(?:school|college|university)"
    ),
}
_DOMAIN = r"^[\w-]+(?:\.[\w-]+)+$"


def domain_kind(domains: pd.Series) -> pd.Series:
    """Return what kind of domain each is.

    Parameters
    ----------
    domains : Series
        Domains, or whole addresses, of which all up to the last ``@`` is ignored.

    Returns
    -------
    Series of str
        One of `KINDS`; index and name as `domains`. Missing where it is missing or no domain.

    Examples
    --------
    >>> domain_kind(pd.Series(["yahoo.co.uk", "phys.ox.ac.uk", "acme.com", None])).tolist()
    ['free', 'education', 'company', nan]
    """
    codes, distinct = pd.factorize(domains)
    names = pd.Series([_domain(str(one)) for one in distinct], dtype="str")
    found = pd.Series("company", index=names.index, dtype="str")
    for kind in reversed(_PATTERNS):
        found = found.mask(names.str.fullmatch(_PATTERNS[kind]), kind)
    found = found.mask(names.isin(_FREE), "free").where(names.str.match(_DOMAIN))
    return pd.Series(found.reindex(codes).array, index=domains.index, name=domains.name)


def _domain(text: str) -> str:
    """Return the domain in small letters; a text too long for one (RFC 1035) is none."""
    name = text.rpartition("@")[2].strip().strip(".>").casefold()
    if len(name) > 253 or not name.isprintable():
        return ""
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", name)
