"""Polish ways of giving a visit up, and of coming after all, that name neither: brought to the words that the grammar knows.

A negation, a condition or a question around them stays where it is, so that the grammar doubts them as it doubts those words.
"""

_OURS = r"(?:termin\w*|miejsc\w*|numer\w*k\w*|godzin\w*|wizyt\w*|slot\w*|okienk\w*|rezerwacj\w*|kolej)"
_DAY = r"(?:jutro|pojutrze|dzis\w*|poniedzialek|wtorek|sroda|czwartek|piatek|sobota|termin|wizyta|dzien)"
_SOMEBODY_ELSE = r"(?:kom[us]\w*|kogo\w*|potrzebujac\w+|mlodsz\w+|innej osobie|innym|innemu|nastepn\w+|dalej)"
_NO_MORE = (
    r"(?:trafi(?:e|my)|pofatyguj(?:e|emy)|fatyguje|wpada(?:m|my)|melduj(?:e|emy)|doczekacie|dojd(?:zie|a)|wykuruje|wyrw(?:e|iemy)|"
    r"zwlok(?:e|iemy)|dolec(?:e|imy)|zjad(?:e|ziemy)|dokustyka(?:m|my)|doczlapi(?:e|emy)|dojedziem|nawiedze|zaszczyce|"
    r"zagoszcz(?:e|ymy)|zagosci(?:my)?|uczestnicz(?:e|ymy)|zobaczycie|zastaniecie|ujrzycie|uswiadczycie|dotelepi(?:e|emy))"
)
_LOOK_OUT = r"(?:wygladaj|czekaj|oczekuj|spodziewaj|rachuj|licz|szukaj|planuj|uwzgledniaj|wpisuj)(?:cie|ta|a)?"
_ABOUT_ME = r"(?:mnie|mie|nas)"
_AT_HOME = r"(?:w domu|w chalupie|w robocie|w pracy|w szpitalu|w lozku)"
_BROUGHT = r"(?:przywioz(?:e|a)|przywieziemy|dowioz(?:e|a)|dowieziemy|zwioz(?:e|a)|zwieziemy|przyprowadz(?:e|a|imy)|doprowadz(?:e|a|imy))"
_LOST = r"(?:kicha|lipa|klapa|klops|nici|kanal)"
_AS_ALWAYS = (
    r"(?:trzeba(?! bedzie| by)|zawsze|zwykle|w zegarku|talala|drut|w banku|nalezy|(?:bylo |to )?(?:ustalone|ustalono|umowione|zapisane))"
)
_LIKE = (
    r"(?:rydz|bania|kret|pies|kon|kamien|smok|wieloryb|ryba|dab|balon|slon|trup|zombie|dzwon|szmata|rzep|osa|mops|suselek|betka|kloda|"
    r"scierka|cholera|diabli|licho)"
)

SHORTENED: tuple[tuple[str, str], ...] = (
    (r"\bwiz\b\.?", "wizyte"),
    (r"\brez(?:yg\w{0,2})?\. z\b", "rezygnuje z"),
    (r"\bodw(?:ol)?\. ?", "odwoluje "),
    (r"\bpotw\b\.?", "potwierdzam"),
    (r"\b(godz|dr|prof|nr|tel|ul|p|bm|br|ur|dot|lek|med|dn|pn|wt|sr|czw|pt)\. ?", r"\1 "),
    (rf"\bjak {_LIKE}\b", ""),
    (r"\b(?:szczerze|krotko|prawde|ogolnie) mowiac\b", ""),
)
"""Abbreviations whose dot ends no sentence, and comparisons whose "jak" is no condition."""

GIVING_UP: tuple[tuple[str, str], ...] = (
    *SHORTENED,
    (r"\b(?:bede|bedziemy|bedzie) nieobecn\w+|\bnieobecn\w+ (?:bede|bedziemy|bedzie)\b", "nie przyjde"),
    (r"\bbo (?:\w+ ){0,2}(?:mi|nam) sie (?:\w+ )?nie chce\b", "bo"),
    (r"\b(?:mi|nam) sie (?:\w+ )?nie chce\b", "chyba"),
    (rf"\b(?:na )?{_ABOUT_ME}(?: \w+){{0,2}} nie {_LOOK_OUT}\b|\bnie {_LOOK_OUT}(?: \w+)? (?:na )?{_ABOUT_ME}\b", "nie przyjde"),
    (r"\bnie pokaz(?:e|emy) sie\b|\bsie (?:\w+ )?nie pokaz(?:e|emy)\b|\bwizyty nie odbed(?:e|ziemy)\b", "nie przyjde"),
    (r"\b(?:sobie (?:daruj|odpuszcz)(?:e|emy)|(?:daruj|odpuszcz)(?:e|emy) sobie|olewa(?:m|my))\b", "rezygnuje z"),
    (r"\bwylacz(?:cie)? mnie z (?=jutr|dzis|zapis|list|grafik)", "skreslcie mnie z "),
    (r"\b(?:odwolan|anulowan|skasowan)\w+ (?=(?:z (?:mojej|naszej) strony|przeze mnie|przez nas)\b)", "odwoluje "),
    (r"\bz (?:mojej|naszej) strony (?:odwolan|anulowan|skasowan)\w+", "odwoluje"),
    (r"\b(?:jest|sa) do (?:odwolania|skasowania|anulowania|wykreslenia|oddania)\b", "odwoluje"),
    (r"\bnie bede mia(?:l|la) jak\b", "nie dam rady"),
    (rf"\b({_AT_HOME}) (?:\w+ )?zostaj(?:e|emy)\b", r"\1 siedze"),
    (r"(?<!wizyta )(?<!termin )(?<!ona )(?<!moja )\bzostaj(?:e|emy) (?=(?:\w+ )?(?:u|przy|w islandii|w niemczech) )", "siedze "),
    (r"\bzostaj(?:e|emy) (?=(?:\w+ )?(?:w domu|w lozku|w robocie|w pracy|z nim|z nia|z wnuk|z dzie|z mal|na magazynie|do \d))", "siedze "),
    (r"\bnie (?:zwalnia|zwalniaja|puszcza|puszczaja|puscil\w*|zwolnil\w*)\b", "trzyma"),
    (r"\bodwolan[aey] przeze mnie\b|\bodwolan[aey] z mojej strony\b", "odwoluje"),
    (r"\bpotraktowac jako (?:odwolan|niebyl|nieaktualn|woln|anulowan)\w+", "odwolac"),
    (r"\bodmowic (?=(?:\w+ )?(?:wizyt[eay]|termin)\b)", "odwolac "),
    (r"\bodmawiam (?:przyjscia|udzialu|stawienia sie|stawiennictwa|przyjazdu)\b", "rezygnuje"),
    (r"\bnie (?:wezme|wezmiemy) udzialu\b", "nie skorzystam"),
    (r"\bnie zostanie (?:dowiezion|przywiezion|doprowadzon)\w+", "nie przyjdzie"),
    (r"\b(?:mnie|nas) (?:\w+ ){0,2}nie (?:zobaczy\w*|liczyc|liczcie)\b", "nie przyjde"),
    (r"^\W*(?:no |niestety )?nie da rady\b(?! (?:na|pan|pani|lekarz|syn|corka|maz|zona))", "nie dam rady"),
    (r"\bnieobecnosc zglasza(?:m|my)\b", "odwoluje"),
    (r"\bniemgoe\b|\bnie mo(?:gr|gw|ghe|eg)\b", "nie moge"),
    (rf"\bnie (?:sie )?{_NO_MORE}(?: sie)?\b", "nie przyjde"),
    (rf"\b(?:go|jej|ich|mamy|taty|babci|dziadka|ojca|matki|syna|corki|meza|zony) (?:\w+ ){{0,2}}nie {_BROUGHT}\b", "nie przyjdziemy"),
    (rf"\bnie {_BROUGHT} (?=(?:go|jej|ich|mamy|taty|babci|dziadka|ojca|matki|syna|corki|meza|zony)\b)", "nie przyjdziemy z "),
    (r"\bnie (?:sie )?zglosi(?: sie)?\b", "nie przyjdzie"),
    (r"\bnie (?:wykorzystam|podejmuje|podejme)\b", "nie skorzystam"),
    (r"\bnie (?:wyjde|wychodze|wyjdziemy) (?:\w+ )?(?:z domu|do lekarza|do doktora|z lozka)", "nie przyjde"),
    (
        r"\bnie (?:podniose|rusze|zwloke) sie(?: \w+)? z (?:domu|lozka)|\b(?:sie )?(?:\w+ )?z lozka nie (?:podniose|wstane|zwloke|rusze)\b",
        "nie przyjde",
    ),
    (r"\bnie bede (?:juz )?(?:sie )?(?:badac|badala|badal|leczyc|leczyla|leczyl)(?: sie)?\b", "nie skorzystam"),
    (r"\b(?:moja )?noga (?:\w+ ){0,5}nie postanie\b", "nie przyjde"),
    (r"\bnie (?:zobaczymy|widzimy) sie\b|\bsie nie (?:zobaczymy|widzimy)\b", "nie przyjde"),
    (r"\b(?:mnie|nas) (?:\w+ ){0,4}nie (?:spodziewa\w*|oczekuj\w*|wypatruj\w*)(?: sie)?\b", "nie przyjde"),
    (r"\bnie spodziewa\w+ sie (?:\w+ )?(?:mnie|nas)\b|\bna (?:mnie|nas) (?:\w+ )?nie czeka\w*\b", "nie przyjde"),
    (r"^(?!.*\bnie\b)(.*)\bbe?ze? (?:mnie|nas)\b", r"\1nie przyjde"),
    (r"^\W*(?:\w+ ){0,2}(?:tym razem )?pass?\W*$", "rezygnuje"),
    (r"\b(?:daruje|darujemy|odpuszcze|odpuscimy) sobie\b", "rezygnuje z"),
    (r"\bodstep(?:uje|ujemy) (?:od )?(?=(?:\w+ )?(?:wizyt|badan|termin|konsultacj|zabieg|miejsc|kolej))", "rezygnuje z "),
    (r"\bodstapic od\b", "zrezygnowac z"),
    (rf"\bzwraca(?:m|my) (?=(?:\w+ )?{_OURS})", "oddaje "),
    (rf"\b({_OURS}) (?:\w+ )?zwraca(?:m|my)\b", r"oddaje \1"),
    (rf"\b({_OURS}) ((?:\w+ )?)(?:puscic|odpuscic)\b", r"\2odwolac \1"),
    (rf"\b(?:puscic|odpuscic) (?=(?:\w+ )?{_OURS})", "odwolac "),
    (rf"\b({_OURS}) (?:prosze )?(?:puscie|pusccie|puszczam\w*)\b", r"oddaje \1"),
    (rf"\b(?:puscie|pusccie|puszczam\w*) (?=(?:\w+ )?{_OURS})", "oddaje "),
    (r"\bdo (?:kosza|skreslenia|wyrzucenia|wziecia|likwidacji|anulowania|wycofania|usuniecia)\b", "do odwolania"),
    (
        r"\buznac (?:moja |te |ta |moj |ten )?(wizyt\w+|termin|rezerwacj\w+) za (?:niebyl|nieaktualn|anulowan|odwolan|niewazn|woln)\w+",
        r"odwolac \1",
    ),
    (r"\bodmowic (?:przyjscia|udzialu|przyjazdu|stawienia sie|wizyty|badania)\b", "zrezygnowac z wizyty"),
    (
        r"\b(?:odnotowac|zapisac|przyjac|zglosic|wpisac|zanotowac) (?:moja |swoja |jego |jej )?(?:nieobecnosc|absencj[ea]|rezygnacj[ea])\b",
        "odwolac wizyte",
    ),
    (r"\b(?:skladam|przesylam|wnosze o|zglaszam) (?:\w+ )?(?:rezygnacj[ea]|nieobecnosc|absencj[ea])\b", "rezygnuje"),
    (r"\binformuje o (?:\w+ )?rezygnacji\b", "rezygnuje"),
    (rf"\bmoj[ae]? ({_OURS}) (?:jest |sa |sie )?(?:woln[aey]|zwalnia)\b", r"odwoluje \1"),
    (
        rf"^((?=.*\b{_OURS}\b)(?=.*\b{_SOMEBODY_ELSE}\b)(?:(?!\bnie\b).)*?)\b(?:przekazac|oddac|dac|odstapic)\b",
        r"\1odwolac",
    ),
    (
        rf"^((?=.*\b{_OURS}\b)(?=.*\b{_SOMEBODY_ELSE}\b)(?:(?!\bnie\b).)*?)\b(?:przekazcie|oddajcie|dajcie|oddaj|zapiszcie|wezcie)\b",
        r"\1odwolajcie",
    ),
    (
        (
            r"\bniech (?:\w+ ){0,3}(?:ktos|kto|inny|inni|mlodsi|mlodzi|nastepny|potrzebujacy|skorzysta) (?:\w+ ){0,2}"
            r"(?:wejdzie|korzysta\w*|idzie|ida|zajmie|wezmie|pojdzie|zajma|wskoczy|przyjdzie za mnie|kto)\b"
        ),
        "rezygnuje",
    ),
    (r"^\W*(?:no |to |oj )?(?:bez szans|zadnych szans|nie ma szans|nie da rady|nie pyklo)\W*$", "nie przyjde"),
    (r"\bnic z tego nie bedzie\b|\bnic z tego[,.!]* (?=\w+ )", "nie przyjde, "),
    (rf"\b{_LOST} z (?:\w+ )?wizyt\w*|\bz (?:\w+ )?wizyt\w* (?:\w+ )?{_LOST}\b", "nie przyjde"),
    (r"\b(?:termin|wizyta)(?: \w+){0,2} nie wypali\b", "nie przyjde"),
    (r"\bwizyt[ae] (?:mi |nam )?(?:przepada|przepadnie)\b", "odwoluje wizyte"),
    (rf"\b({_DAY})((?: \w+)?) (?:mi |nam )?odpada\b", r"rezygnuje \1\2"),
    (r"^\W*odpada\b", "rezygnuje"),
    (r"\bnie tym razem\b", "nie przyjde"),
    (r"\btak,? ze (?=nie )", "wiec "),
    (
        r"\b(?:prosze )?(?:przyjac do wiadomosci|odnotowac|zanotowac|zapisac|zrob\w* (?:pani )?(?:adnotacje|notatke)),? (?:ze|iz)\b",
        "informuje ze",
    ),
    (r"\bnie jestem (?:juz )?zainteresowan[ay] (?:\w+ )?(?:wizyt|badani|konsultacj)\w+", "rezygnuje z wizyty"),
)

COMING_ALL_THE_SAME: tuple[tuple[str, str], ...] = (
    (r"\bmozecie (?:\w+ )?na (?:mnie|nas) (?:liczyc|czekac)\b", "przyjde"),
    (r"\b(?:prosze|prosimy) (?:\w+ )?trzymac (?=(?:\w+ )?(?:miejsc|termin|wizyt))", "potwierdzam "),
    (r"(?<!nie )\bpisz(?:e|emy) sie na (?=wizyt|badan|termin)|(?<=na wizyte )sie pisz(?:e|emy)\b", "potwierdzam "),
    (r"\bnie przyjdzie (\w+),? tylko (?=ja przyjde)", ""),
    (r"(?<!nie )\b(?:spozni(?:e|my) sie|sie spozni(?:e|my))\b", "przyjde"),
    (r"\bodpisuje tak\b", "potwierdzam"),
    (r"\bnie moge (?:tego |jej |go |tej wizyty )?(?:przegapic|opuscic|odpuscic|przepuscic)\b", "przyjde"),
    (
        r"\b(?:nic|nikt) (?:mnie|nas) nie (?:zatrzyma|powstrzyma)\b|\bnie ma (?:takiej )?sily,? ktora (?:by )?mnie (?:za|po|po?w)\w+",
        "przyjde",
    ),
    (r"\bnie moge (?:juz |sie )*(?:doczekac|usiedziec)(?: sie)?\b|\b(?:doczekac|usiedziec) sie nie moge\b", "przyjde"),
    (
        (
            r"\bnie (przyjde|przyjade|przyjedziemy|bede|ide|jade) (?:sam|sama|samochodem|autem|autobusem|z domu|pieszo|rowerem),? "
            r"(?=tylko|ale|lecz)"
        ),
        r"\1 ",
    ),
    (rf"(?<=[a-z] )jak {_AS_ALWAYS}\b(?!,? to\b)", ""),
    (r"\b(?:jezeli|jesli) (?:o mnie chodzi|chodzi o mnie)\b|\bco do mnie\b", ""),
    (r"\bmelduj(?:e|emy) sie\b", "przyjde"),
    (
        (
            r"\b(?:anulowac|anulujcie|uniewaznic|uniewaznijcie|skasowac|cofnac) (?:prosze )?"
            r"(?:jego|jej|tamta|tamten|poprzedni\w*|moj\w*|ta|te|to) "
            r"(?:wiadomosc|sms\w*|odpowiedz|odwolanie|rezygnacje)\b"
        ),
        "cofnac odwolanie",
    ),
)
