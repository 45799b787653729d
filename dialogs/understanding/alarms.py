"""What comes before everything else, in every state: danger to life (112) and the news of a death (X6)."""

import re
from dataclasses import dataclass

_EMERGENCY = (
    r"\b(bol\w*|kluje|scisk\w*|gniecie|piecze|pali|ucisk\w*|rozrywa\w*)\b.{0,40}\b(klat\w+|piers(i|iach)\b|mostk\w+|serc(e|u|a)\b)",
    r"\b(klat\w+ piersiow\w+|mostk\w+|w piersiach|serce)\b.{0,25}\b(bol\w*|kluje|scisk\w*|gniecie|piecze|ucisk\w*|boli)",
    (
        r"\bdusz(e|a|ac|y|i)( sie| mnie| go| ja\b)?\b(?! pasterz)|\bduszn\w+|\bnie (moge|moze|mozna|mogla|"
        r"mogl) (juz )?(zlapac|oddychac|oddech\w*|nabrac)"
    ),
    r"\bnie oddycha\b|\bbrak(uje)? (mi |mu |jej )?(tchu|oddechu|powietrza)|\bledwo oddycha\w*|\bsinieje\b|\bsine usta",
    r"\b(mam|ma|mialam|mial|chyba|to|podejrzewam|dostal\w*|przechodze|objawy|teraz) (chyba |teraz |pewnie )?(zawal\w*|udar\w*|wylew\w*)\b",
    r"^(zawal|udar|wylew)\b|\bzawal serca\b.{0,20}\b(teraz|pomocy|ratunku)",
    r"\b(strac\w+|traci|trace|bez) (mi )?przytomnosc\w*|\bnieprzytomn\w+|\b(ze|o|za)mdl(al|ala|eje|eja|alam|alem|eje)\b|\bomdl\w+",
    r"\bmdlej\w+|\bzaslab(l|la|lam|lem)\b|\bnie reaguje\b|\bnie rusza sie\b|\bsie nie rusza\b",
    r"\b(zabic|zabije|powiesze|powiesic|podetne|otruc) sie\b|\bsie (zabic|zabije|powiesic|powiesze|otruc)\b|\bsamobojst\w+|\bsamobojcz\w+",
    (
        r"\bnie chc(e|ialbym|ialabym|e mi sie) (mi )?(juz )?(dluzej )?zyc\b|\bskoncz(yc|e) (ze soba|z soba|z zyciem)|"
        r"\bodebr(ac|ac) sobie zycie|\bodbior(e|ę) sobie zycie"
    ),
    (
        r"\bsobie (cos )?(zrobic|zrobie) (cos )?(zlego|krzywde)|\bzrobie sobie (cos|krzywde)|"
        r"\bnie mam (juz )?po co zyc|\bchc(e|ialbym|ialabym) (juz )?umrzec"
    ),
    r"\bkrwotok\w*|\b(mocno|silnie|bardzo) krwaw\w+|\bkrwaw\w+ i nie|\bnie moge zatamowac|\bleje sie krew|\bkrew sie leje|\bduzo krwi\b",
    (
        r"\b(polknal|polknela|polknelam|polknalem|wzial|wziela|wzielam|wzialem|nalykal\w*|zjadl\w*) .{0,20}(wszystkie|"
        r"cale opakowanie|garsc|duzo) .{0,15}(tablet\w+|lek\w+|prosz\w+)?"
    ),
    (
        r"\bratunku\b|\bumieram\b|\bwezw\w+ (karetk\w+|pogotowie)|\b(karetk\w+|pogotowi\w+) (prosze|potrzebn\w*|"
        r"szybko|natychmiast)|\bprosze o karetke|\bpotrzebuje karetki|\bdzwoncie po (karetke|pogotowie)"
    ),
    r"\b(opadl|opada|wykrzywi\w+|krzywi)\b.{0,15}(kacik\w*|twarz\w*|usta)|\b(wykrzywi\w+|opadajac\w+) (mi |mu |jej )?(twarz|usta|kacik\w*)",
    (
        r"\bdretwie\w+ (mi |mu |jej )?(cala )?(lewa|prawa|polowa)|\b(lewa|prawa) (reka|strona|"
        r"noga)\b.{0,20}\bdretwie\w+|\bnie czuje (lewej|prawej|polowy)"
    ),
    (
        r"\bdrgaw\w+|\bnapad padaczki\b|\bzatrul\w* sie\b|\bporazil\w* .{0,12}prad|\bwstrzas anafilak\w+|\b(puchnie|"
        r"spuchl\w*) mi (gardlo|jezyk|krtan)"
    ),
    (
        r"\b(upadl\w*|przewrocil\w*|lezy) .{0,25}(nie (wstaje|moze wstac|rusza|reaguje)|bez ruchu)|"
        r"\bnie daje znaku zycia|\bnie mozna (go|jej) dobudzic"
    ),
    (
        r"\b(polknal\w*|polknela) .{0,15}(bateri\w*|trucizn\w*|domestos\w*|kreta)|\bpozar\b|\bulatnia sie gaz|"
        r"\bczad\b.{0,20}(zatrul|mieszkan)\w*|\bodeszly (mi )?wody"
    ),
    r"\bsparalizowa\w+|\bnie (moge|moze) (ruszyc|mowic|wydusic)\b.{0,20}(reka|noga|slowa|polowa)?|\bbelkocz\w*|\bbelkot\w*",
    (
        r"\b(mam dosc|nie widze sensu|nie ma sensu) zyc(ia|ie)?\b|\bnie widze sensu zycia|\bskocz(e|yc) z (mostu|okna|"
        r"dachu)|\brzuc(e|ic) sie pod|\bpodciac zyly|\bpodetne (sobie )?zyly|\bnie warto zyc"
    ),
    (
        r"\bdusi (mnie|go|ja|mi)\b|\bnie moge (tchu|oddechu) zlapac|\bslabo mi (bardzo )?(i|w|,).{0,15}(klat|dusz|"
        r"serc|mdlej)\w*|\bserce wali\w*.{0,20}(slabo|duszno|mdleje|klat\w+)|\bsilne bole w piersi"
    ),
    r"\bserce (mi |mu |jej )?(staje|stanelo|przestaje bic)",
    (
        r"\bchest pain\w*|\bpain in (my |the |his |her )?chest|\bchest (hurts|tightness|is tight|pressure)|\b(can not|"
        r"not able to|hardly|struggling to) breathe?\b|\bshort of breath|\bnot breathing\b"
    ),
    (
        r"\b(having|had|has|have) (a |an )?(heart attack|stroke)\b|\bheart attack\b.{0,20}\b(now|help)\b|"
        r"\bkill myself\b|\bsuicid\w+|\bend my life\b|\b(not|no longer) want to live\b|\bwant to die\b"
    ),
    (
        r"\bunconscious\b|\bpassed out\b|\bfaint(ed|ing)\b|\bcollapsed\b|\bbleeding (heavily|badly|a lot|out)|"
        r"\bheavy bleeding|\b(call|need|send) an? ambulance\b|\bdying\b|\boverdose\w*|\bseizure\w*|\bchoking\b|"
        r"\bsuffocat\w+"
    ),
    r"\b(біль|болить|болять|пече|тисне|стискає|давить|болит|боль)\b.{0,25}\b(груд\w+|серц\w+)|\b(груд\w+|серц\w+)\b.{0,20}\b(болить|болять|пече|тисне|давить|болит|біль)",
    (
        r"\bне (можу|може|могу|может) (дихати|дихать|дышать|вдихнути)|\bзадиха\w+|\bзадыха\w+|\bнема чим дихати|"
        r"\bне дихає\b|\bважко дихати|\bнечем дышать"
    ),
    (
        r"\b(інфаркт|инфаркт|інсульт|инсульт)\w*|\bнепритомн\w+|\b(втратив|втратила|втрачаю|втрачає|потерял|"
        r"потеряла) (свідом\w+|сознани\w+)|\bзнепритомн\w+|\bбез (свідомості|сознания)"
    ),
    (
        r"\b(вбити|убити|убить|вб'ю|уб'ю|убью) себе?\b|\bсамогуб\w+|\bсуїцид\w*|\bсамоубий\w+|\bне хочу (більше |"
        r"больше )?(жити|жить)|\bпокінчити з собою|\bхочу (померти|умереть)|\bнакласти на себе руки"
    ),
    (
        r"\bсильн\w+ кровотеч\w+|\bкровотеч\w+|\bшвидк(у|а) (допомог\w+|будь|потрібна)|\bвикличте швидку|\bскорую\b|"
        r"\bпомираю\b|\bумираю\b|\bрятуйте\b|\bсудом\w+|\bсудорог\w+"
    ),
)
_NOT_NOW = re.compile(
    r"\b(rok temu|lat temu|lata temu|miesiac\w* temu|tydzien temu|tygodni\w* temu|w zeszlym (roku|miesiacu)|"
    r"po (przebytym )?(zawale|udarze|wylewie)|przeby\w+ (zawal|udar)|"
    r"od (kilku |paru )?(miesiac\w*|roku|lat|tygodni\w*|dawna)|czasem|czasami|od czasu do czasu|miewam|kiedys|"
    r"w 20\d\d|w dziecinstwie|ago|last year|after (a|my) (heart attack|stroke)|рік тому|років тому|"
    r"після (інфаркту|інсульту))\b"
)
_NO_DANGER = re.compile(
    r"\b(juz (mi |mnie )?nie (boli|kluje|dusi)|nic mnie nie boli|nie boli mnie|nie mam (juz )?(dusznosci|bolu|"
    r"boli)|przestal\w* bolec|nie chce sie zabic|bolu w klatce (juz )?nie|czuje sie dobrze)\b"
)
_DEATH = (
    (
        r"\bnie zyj(e|a)\b|\b(z|u)mar(l|la|li|lo|ly)\b|\bzmarl(ej|ego|emu|a)\b|\bzgon\w*\b|\bsmierc\w* (pacjent\w+|"
        r"mam\w+|mat\w+|ojc\w+|tat\w+|mez\w+|zon\w+|bab\w+|dziad\w+|brat\w+|siostr\w+|syn\w+|cork\w+)"
    ),
    (
        r"\b(mama|mamusia|tata|ojciec|matka|maz|zona|babcia|dziadek|brat|siostra|tesciowa|tesc|pacjent|"
        r"pacjentka) (nam |nas |niestety |juz |od nas |wczoraj )*(odszedl|odeszla|zginal|zginela|spoczywa)"
    ),
    (
        r"\b(odszedl|odeszla|zginal|zginela)\b.{0,25}\b(mama|tata|ojciec|matka|maz|zona|babcia|dziadek|brat|siostra|"
        r"pacjent|pacjentka)\b|\bpochowa(lismy|lam|lem|lysmy)\b|\bnie ma (jej|go) (juz )?(wsrod|z nami)|"
        r"\bswietej pamieci|\bs\.? ?p\. (mama|tata|maz|zona)"
    ),
    (
        r"\b(has |have )?(died|passed away|deceased)\b|\bis (already |now )?dead\b|\b(his|her|my (mother|father|"
        r"husband|wife)'?s?) death\b|\bis no longer (alive|with us)\b"
    ),
    (
        r"\b(помер|померла|померли|умер|умерла|загинув|загинула)\b|\bнемає в живих|\bнет в живых|\bпішов з життя|"
        r"\bпішла з життя|\bсмерт\w+ (пацієнт\w+|чоловік\w+|мам\w+|батьк\w+)|\bпоховали\b"
    ),
)
_NOT_A_PATIENT = re.compile(
    r"\b(pies|kot|psa|kota|chomik|telefon|bateria|dog|cat|phone|собака|кіт|телефон|chyba umre|umre z|dead battery|"
    r"gdybym umarl\w*|jak umre|zanim umre|prawie umarl\w*|o malo nie umarl\w*|nie umarl\w*|jeszcze nie umarl\w*|"
    r"jeszcze zyj\w+|nikt nie umarl|not dead|ще не помер)\b"
)
_BEREAVED = re.compile(
    r"\b(pogrzeb\w*|funeral|похорон\w*|umarl\w* mi|zmarl\w* mi|mi umarl\w*|mi zmarl\w*|(zmarl\w*|"
    r"umarl\w*) (\w+ )?(sasiad\w*|znajom\w+|kolega|kolezank\w+|przyjaci\w*|kuzyn\w*)|(sasiad\w*|znajom\w+|kolega|"
    r"kolezank\w+|"
    r"przyjaci\w*|kuzyn\w*) (\w+ )?(zmarl\w*|umarl\w*)|(friend|neighbo\w+) (died|passed)|сусід\w* помер\w*)\b"
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An emergency or a reported death; `sure` false when it may be about somebody or something else."""

    intent: str
    sure: bool
    why: str


_EMERGENCIES = re.compile("|".join(f"(?:{pattern})" for pattern in _EMERGENCY))
_DEATHS = re.compile("|".join(f"(?:{pattern})" for pattern in _DEATH))


def alarm(text: str) -> Alarm | None:
    """The alarm in folded text, or None."""
    danger = _EMERGENCIES.search(text)
    if danger and not _NO_DANGER.search(text):
        past = _NOT_NOW.search(text)
        if past is None:
            return Alarm("emergency", True, f"danger to life ({danger[0]})")
    dead = _DEATHS.search(text)
    if dead and not _NOT_A_PATIENT.search(text):
        unsure = _BEREAVED.search(text)
        return Alarm("report_death", unsure is None, f"a death ({dead[0]})")
    return None
