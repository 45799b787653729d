"""Words that are not said as they are spelled: letters, abbreviations, loan words. Each `written=respelled` in Polish."""

from typing import Final


def _table(entries: str) -> dict[str, str]:
    return dict(entry.split("=") for entry in entries.split())


LETTERS: Final = _table(
    """
    a=a ą=ą b=be c=ce ć=cie d=de e=e ę=ę f=ef g=gie h=ha i=i j=jot k=ka l=el ł=eł m=em n=en ń=eń o=o ó=u
    p=pe q=ku r=er s=es ś=eś t=te u=u v=fau w=wu x=iks y=igrek z=zet ź=ziet ż=żet
    """
)
"""What each letter is called, in a spelling that the rules read rightly."""

LETTER_NAMES: Final = tuple(
    sorted({*LETTERS.values(), "jota", "zed", "ypsylon", "kreskowane", "kropką", "kreską"})
)

WRITTEN_SHORT: Final = _table(
    """
    dr=doktor nr=numer ul=ulica godz=godzina min=minut tel=telefon św=święty tzn=toznaczy np=naprzykład
    itd=itakdalej mgr=magister prof=profesor zł=złotych gr=groszy pn=poniedziałek wt=wtorek śr=środa
    czw=czwartek pt=piątek sob=sobota ndz=niedziela
    """
)
"""Abbreviations said in full."""

SPELLED_OUT: Final = frozenset(("usg", "ekg", "eeg", "emg", "nfz", "ikp", "sms", "rtg", "hpv", "pkp", "pko"))
"""Abbreviations said letter by letter although some hold a vowel; those without one always are."""

LOANS: Final = _table(
    """
    weekend=łikent weekendy=łikendy weekendu=łikendu weekendzie=łikendzie email=imejl emaila=imejla
    emailem=imejlem mail=mejl maila=mejla mailem=mejlem online=onlajn offline=oflajn ok=okej okay=okej
    smsa=esemesa smsem=esemesem smsy=esemesy smsów=esemesuf nfzu=enefzetu facebook=fejsbuk
    facebooku=fejsbuku youtube=jutiup google=gugyl whatsapp=łotsap messenger=mesendżer iphone=ajfon
    wifi=łajfaj hello=helou sorry=sory bye=baj team=tim show=szoł live=lajf design=dizajn new=niu
    york=jork john=dżon george=dżordż michael=majkel kevin=kewin brian=brajan jessica=dżesika
    nicole=nikol chloe=kloe vanessa=wanesa rock=rok jazz=dżes business=biznes the=de and=end you=ju
    food=fut dog=dok jeans=dżins manager=menadżer sinus=synus silikon=sylikon trio=trijo radio=radjo
    studio=studjo audio=ałdjo chopin=szopen chopina=szopena washington=łoszynkton london=londyn
    trump=tramp biden=bajden blue=blu love=law football=futbol baseball=bejsbol rugby=ragby hiv=hif
    covid=kowid covidu=kowidu mammografia=mamografia mammografię=mamografię mammografii=mamografii
    mammograf=mamograf quiz=kłis taxi=taksi dealer=diler skype=skajp zoom=zum barbie=barbi disney=disnej
    jack=dżek harry=hary james=dżejms peter=piter street=strit city=syty house=hałs center=senter
    time=tajm cannabis=kanabis tsunami=cunami sushi=suszi pizza=pica pizzę=picę pizzy=picy hmm=hm yyy=y
    eee=e
    """
) | {word: word for word in ("mhm",)}
"""Loan words and their like."""
